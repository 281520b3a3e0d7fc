// Values that tell whether they belong to their key and are whole: the key, then one digit over and over, in whatever length.
#pragma once

#include <string>
#include <string_view>

namespace larder::node::test {

inline std::string value_for(std::string_view key, std::size_t bytes) {
  return std::string(key) + "|" + std::string(bytes, static_cast<char>('0' + bytes % 10));
}

inline bool fits(std::string_view key, std::string_view value) {
  if (value.substr(0, key.size()) != key || value.substr(key.size(), 1) != "|") return false;
  const std::string_view tail = value.substr(key.size() + 1);
  const char digit = static_cast<char>('0' + tail.size() % 10);
  return tail.find_first_not_of(digit) == std::string_view::npos;
}

}  // namespace larder::node::test
