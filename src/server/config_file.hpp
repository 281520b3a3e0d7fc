// The file of settings: one a line, as redis.conf writes them. Text in, text out; who reads and writes files is elsewhere.
//
//   # a comment
//   maxmemory 512mb
//   client-output-buffer-limit normal 64mb 8mb 10
//   requirepass "with \"quotes\", \x20 and spaces"
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace larder::server {

/// A line that sets something.
struct ConfigLine {
  std::size_t number;  ///< From 1.
  std::string name;    ///< In lower case.
  std::string value;   ///< Several words are joined by a space.
};

/// All lines that set something. Errors: `bad_argument`, naming the line.
Result<std::vector<ConfigLine>> read_config(std::string_view text);

/// The text with new values for these settings, by name in lower case: in place of the last line that set one, the
/// others of that name gone, or at the end. Every other line stays as it is, comments too.
std::string rewrite_config(std::string_view text, const std::map<std::string, std::string>& values);

/// A value as a line writes it: in quotes where it would not be read as one word.
std::string quoted_value(std::string_view value);

/// Bytes of a file of settings: more is not one.
inline constexpr std::size_t kConfigBytesMax = 1024 * 1024;

}  // namespace larder::server
