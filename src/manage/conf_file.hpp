// Configuration files for the servers that we start: redis.conf and sentinel.conf, as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "manage/plan.hpp"

namespace larder::manage {

/// What differs from node to node.
struct ConfPlace {
  std::string folder;  ///< The node's own.
  std::uint16_t port = 0;
  std::uint16_t primary_port = 0;  ///< A replica's primary, a sentinel's charge; 0: none.
  std::string password = {};
};

/// A file for `node`. A file of the user's is included behind our defaults and before what must be as it is, so that it
/// can change all but port, folder, address and login.
std::string conf_text(const Setup& setup, const Node& node, const ConfPlace& place);

/// The same file with one setting changed, or added; every other line as it is: the server keeps notes there, too.
std::string with_setting(std::string_view conf, std::string_view name, std::string_view value);

std::string without_setting(std::string_view conf, std::string_view name);

/// In double quotes, with escapes for what would end them, as redis.conf reads it.
std::string conf_quoted(std::string_view text);

}  // namespace larder::manage
