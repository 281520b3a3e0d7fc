// All of Larder's public headers but the coroutine machinery, which is Boost.Asio's.
#pragma once

#include <larder/bytes.hpp>
#include <larder/cache.hpp>
#include <larder/codec.hpp>
#include <larder/copy.hpp>
#include <larder/counter.hpp>
#include <larder/error.hpp>
#include <larder/ids.hpp>
#include <larder/key.hpp>
#include <larder/keys.hpp>
#include <larder/limiter.hpp>
#include <larder/lock.hpp>
#include <larder/redis.hpp>
#include <larder/shares.hpp>
#include <larder/store.hpp>
