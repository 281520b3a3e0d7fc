// From a reply as the reader has it, views into the bytes received, to one that lives on.
#pragma once

#include <larder/redis_reply.hpp>

#include "resp/reply.hpp"

namespace larder::store {

Reply reply_from(const resp::Value& value);

}  // namespace larder::store
