// Raw bytes as a type of their own, so that Cache<Bytes> stores them untouched where Cache<std::string> stores JSON.
#pragma once

#include <string>
#include <string_view>

namespace larder {

/// An owned run of bytes. Reads as a std::string (it is one) but never converts from one in silence.
class Bytes : public std::string {
 public:
  Bytes() = default;
  explicit Bytes(std::string text) noexcept : std::string(std::move(text)) {}
  explicit Bytes(std::string_view text) : std::string(text) {}
  explicit Bytes(const char* text) : std::string(text) {}
  Bytes(const char* data, std::size_t size) : std::string(data, size) {}
};

}  // namespace larder
