// Numbers as the wire has them: most significant byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::dns {

inline std::uint16_t load16(const char* at) noexcept {
  const auto* b = reinterpret_cast<const unsigned char*>(at);
  return static_cast<std::uint16_t>(b[0] << 8 | b[1]);
}
inline std::uint32_t load32(const char* at) noexcept {
  return std::uint32_t{load16(at)} << 16 | load16(at + 2);
}
inline void store16(char* at, std::uint16_t value) noexcept {
  at[0] = static_cast<char>(value >> 8);
  at[1] = static_cast<char>(value);
}
inline void store32(char* at, std::uint32_t value) noexcept {
  store16(at, static_cast<std::uint16_t>(value >> 16));
  store16(at + 2, static_cast<std::uint16_t>(value));
}
inline void append16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}
inline void append32(std::string& out, std::uint32_t value) {
  append16(out, static_cast<std::uint16_t>(value >> 16));
  append16(out, static_cast<std::uint16_t>(value));
}

}  // namespace larder::dns
