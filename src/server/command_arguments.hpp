// What a command takes, as COMMAND DOCS tells it and redis-cli hints it.
#pragma once

#include <string_view>
#include <vector>

namespace larder::server {

struct Argument {
  std::string_view name;
  std::string_view type;   ///< In Redis' words: "key", "integer", "oneof", "block", "pure-token".
  std::string_view token;  ///< The word in front of it; empty: none.
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::vector<Argument> parts = {};
};

/// Of a command, or a subcommand as "client|kill"; nothing for one that takes none.
std::vector<Argument> arguments_of(std::string_view command);

}  // namespace larder::server
