// One command to one server over a connection of its own: for tools that ask now and then.
#pragma once

#include <larder/error.hpp>

#include <string>
#include <vector>

#include "redis/client.hpp"

namespace larder::redis {

/// The text of the reply; empty where it has none. Waits up to `at_most` for the connection, and as long again for the
/// reply. Errors: `unreachable`, `unauthorized`, `timeout`, …; `server_error` with the server's words.
Result<std::string> ask_once(const ClientOptions& options, const std::vector<std::string>& words,
                             base::Millis at_most);

}  // namespace larder::redis
