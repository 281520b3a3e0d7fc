// Numbers in files: little-endian words and varints, written to strings and read from views.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::engine {

template <std::unsigned_integral T>
void put_word(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (char& byte : bytes) {
    byte = static_cast<char>(value & 0xff);
    value = static_cast<T>(std::uint64_t{value} >> 8);
  }
  out.append(bytes, sizeof bytes);
}

/// Requires sizeof(T) bytes at `at`.
template <std::unsigned_integral T>
T get_word(const char* at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  }
  return static_cast<T>(value);
}

/// Cuts a word off the front. False: `in` is too short.
template <std::unsigned_integral T>
bool take_word(std::string_view& in, T& value) noexcept {
  if (in.size() < sizeof(T)) return false;
  value = get_word<T>(in.data());
  in.remove_prefix(sizeof(T));
  return true;
}

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

/// Cuts a varint off the front. False: `in` is too short, or it is none.
inline bool take_varint(std::string_view& in, std::uint64_t& value) noexcept {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

inline void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

/// Cuts a length and so many bytes off the front. False: `in` is too short.
inline bool take_bytes(std::string_view& in, std::string_view& bytes) noexcept {
  std::uint64_t size = 0;
  if (!take_varint(in, size) || size > in.size()) return false;
  bytes = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

}  // namespace larder::engine
