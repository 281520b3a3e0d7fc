// One command of any name to a server, for what a Store has no operation for.
#pragma once

#include <larder/error.hpp>

#include <string>
#include <vector>

#include "apps/connect.hpp"

namespace larder::apps {

/// The text of the reply; empty where it has none. Errors: `server_error` with the server's words, and Store's.
Result<std::string> ask(const Target& target, const std::vector<std::string>& words);

}  // namespace larder::apps
