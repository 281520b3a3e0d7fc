// Small helpers over bytes that are mostly ASCII: case, and a form that a terminal and a log can
// show.
#pragma once

#include <string>
#include <string_view>

namespace larder::base {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
std::string lower(std::string_view text);
std::string upper(std::string_view text);

/// Equal but for ASCII case: command names, option words, header names.
constexpr bool same_word(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// In double quotes, with `\"`, `\\`, `\n`, `\r`, `\t` and `\xhh` for what cannot be shown, as
/// redis-cli prints. Bytes from 0x80 on are escaped too: a key is not promised to be UTF-8. Cut
/// after `bytes_max` with "...".
std::string quoted(std::string_view text, std::size_t bytes_max = 256);

/// Compares in time that depends on the lengths only: passwords.
bool same_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace larder::base
