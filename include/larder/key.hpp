// Key: what a recipe is asked for, a string or an integer, and how it becomes the store's
// `space:key`.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
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

namespace detail {

/// `space:key`, or the key alone where the space is empty. Short names live on the stack.
class FullKey {
 public:
  FullKey(std::string_view space, std::string_view key) {
    size_ = space.empty() ? key.size() : space.size() + 1 + key.size();
    char* to = inline_;
    if (size_ > sizeof inline_) {
      heap_ = std::make_unique_for_overwrite<char[]>(size_);
      to = heap_.get();
    }
    if (!space.empty()) {
      std::memcpy(to, space.data(), space.size());
      to[space.size()] = ':';
      to += space.size() + 1;
    }
    if (!key.empty()) std::memcpy(to, key.data(), key.size());
  }
  FullKey(const FullKey&) = delete;
  FullKey& operator=(const FullKey&) = delete;

  std::string_view view() const noexcept { return {heap_ ? heap_.get() : inline_, size_}; }
  operator std::string_view() const noexcept { return view(); }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> heap_;
  char inline_[160];
};

}  // namespace detail
}  // namespace larder
