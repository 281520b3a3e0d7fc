// What a server's error reply means to a caller: one table from its first words to an Errc.
#pragma once

#include <larder/error.hpp>

#include <string_view>

namespace larder::redis {

/// `words` as the server sent them, without the leading '-'. The effect is always `refused`: a
/// server that answers with an error has not done the command.
Error error_from(std::string_view words);

/// True for "ERR unknown command …": an older server, or one of another make.
bool is_unknown_command(std::string_view words) noexcept;

}  // namespace larder::redis
