// What larder serve does with a command, as Lua for a server that has none of its own.
//
// Every script answers as the native command does. Its keys are those of one slot: a name and its side key. All of it is
// one atomic step, by the server's clock.
#pragma once

#include "redis/script.hpp"

namespace larder::store {

const redis::Script& compare_and_set_script();  ///< key; expected, value, words of SET
const redis::Script& lease_script();            ///< key, lease; ttl
const redis::Script& fill_script();             ///< key, lease; token, value, words of SET
const redis::Script& lock_script();             ///< key, fence; owner, ttl, life of the fence
const redis::Script& extend_script();           ///< key; owner, ttl
const redis::Script& unlock_script();           ///< key; owner
const redis::Script&
fenced_set_script();                  ///< key, fence; token, value, life of the fence, words of SET
const redis::Script& limit_script();  ///< key; max, window, count, 1 to take
const redis::Script& generations_script();  ///< side keys; life
const redis::Script& bump_script();         ///< side key; life

}  // namespace larder::store
