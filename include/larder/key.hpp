// Key: what a recipe is asked for, a string or an integer.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace larder {

template <class N>
concept KeyNumber = std::integral<N> && !std::same_as<N, bool> && !std::same_as<N, char> &&
                    !std::same_as<N, wchar_t> && !std::same_as<N, char8_t> &&
                    !std::same_as<N, char16_t> && !std::same_as<N, char32_t>;

/// A string or an integer. An integer is its decimal text: 1 and "1" are the same key.
///
/// Lifetime  A view of the string it was made from: a parameter type, not one to keep.
class Key {
 public:
  Key(std::string_view text) noexcept : text_(text.data()), size_(text.size()) {}
  Key(const std::string& text) noexcept : Key(std::string_view(text)) {}
  Key(const char* text) noexcept : Key(std::string_view(text)) {}
  Key(KeyNumber auto number) noexcept
      : size_(std::size_t(std::to_chars(digits_, digits_ + sizeof digits_, number).ptr - digits_)),
        numeric_(true) {}

  std::string_view text() const noexcept { return {numeric_ ? digits_ : text_, size_}; }

 private:
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  bool numeric_ = false;
  char digits_[21];  // "-9223372036854775808" and one to spare; filled only when numeric_
};

}  // namespace larder
