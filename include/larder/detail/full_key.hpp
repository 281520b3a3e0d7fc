// FullKey: `space:key`, or the key alone where the space is empty, one or many of them.
//
// A store hashes a name the moment it was put together, in words of eight bytes. A processor hands a
// word just stored straight to a load of it, but a load that takes its bytes from two stores waits
// until both have reached the cache. So names are put together in whole words, each stored once:
//
//   space user, key 12345678901    | u s e r : 1 2 3 | 4 5 6 7 8 9 0 1 |
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::detail {

/// Appends pieces of text to memory in whole words, little-endian: the first character is the lowest byte.
class WordWriter {
 public:
  static constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  /// What `bytes` of text take in memory.
  static constexpr std::size_t room(std::size_t bytes) noexcept {
    return (bytes + kWordBytes - 1) / kWordBytes * kWordBytes;
  }

  /// Goes on after a word of which `filled` bytes, below 8, are known.
  WordWriter(char* to, std::uint64_t begun, std::size_t filled) noexcept
      : to_(to), begun_(begun), filled_(filled) {}

  void append(std::string_view piece) noexcept {
    if (piece.size() < kWordBytes) {
      append_word(short_word(piece), piece.size());
      return;
    }
    // The word begun takes what it lacks; whole words follow; the next begins with what is left.
    const char* from = piece.data();
    const char* const end = from + piece.size();
    store(begun_ | word_at(from) << 8 * filled_);
    from += kWordBytes - filled_;
    for (; end - from >= std::ptrdiff_t{kWordBytes}; from += kWordBytes) store(word_at(from));
    filled_ = static_cast<std::size_t>(end - from);
    begun_ = filled_ == 0 ? 0 : word_at(end - kWordBytes) >> 8 * (kWordBytes - filled_);
  }

  void finish() noexcept {
    if (filled_ > 0) store(begun_);
  }

  /// Fewer than 8 bytes; the rest is 0.
  static std::uint64_t short_word(std::string_view text) noexcept {
    // Never beyond the text, and without a loop: loads that may overlap.
    const auto byte = [&](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
    };
    const std::size_t size = text.size();
    if (size >= 4) return half_at(text.data()) | half_at(text.data() + size - 4) << 8 * (size - 4);
    return size == 0 ? 0 : byte(0) | byte(size / 2) | byte(size - 1);
  }

 private:
  /// `bytes` below 8; the rest of `word` is 0.
  void append_word(std::uint64_t word, std::size_t bytes) noexcept {
    const std::size_t lacks = kWordBytes - filled_;
    begun_ |= word << 8 * filled_;
    filled_ += bytes;
    if (filled_ < kWordBytes) return;
    store(begun_);
    filled_ -= kWordBytes;
    begun_ = filled_ == 0 ? 0 : word >> 8 * lacks;
  }

  void store(std::uint64_t word) noexcept {
    word = little_endian(word);
    std::memcpy(to_, &word, sizeof word);
    to_ += sizeof word;
  }
  static std::uint64_t little_endian(std::uint64_t word) noexcept {
    return std::endian::native == std::endian::big ? __builtin_bswap64(word) : word;
  }
  static std::uint64_t word_at(const char* from) noexcept {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return little_endian(word);
  }
  static std::uint64_t half_at(const char* from) noexcept {
    std::uint32_t half;
    std::memcpy(&half, from, sizeof half);
    return std::endian::native == std::endian::big ? __builtin_bswap32(half) : half;
  }

  char* to_;
  std::uint64_t begun_;  ///< The word that is not yet stored.
  std::size_t filled_;   ///< Its bytes so far, below 8.
};

/// The part of a name before its key, `space:` or nothing, in the form that names begin with: its
/// whole words, and the word that the key goes on with.
class Space {
 public:
  explicit Space(std::string_view name) : name_bytes_(name.size()), prefix_(name) {
    if (!name.empty()) prefix_ += ':';
    whole_bytes_ = prefix_.size() - prefix_.size() % WordWriter::kWordBytes;
    tail_ = WordWriter::short_word(std::string_view(prefix_).substr(whole_bytes_));
  }

  std::string_view name() const noexcept { return {prefix_.data(), name_bytes_}; }
  std::size_t name_bytes(std::string_view key) const noexcept {
    return prefix_.size() + key.size();
  }
  /// `to` has room for WordWriter::room(name_bytes(key)).
  void write_name(char* to, std::string_view key) const noexcept {
    if (whole_bytes_ > 0) std::memcpy(to, prefix_.data(), whole_bytes_);
    WordWriter writer(to + whole_bytes_, tail_, prefix_.size() - whole_bytes_);
    writer.append(key);
    writer.finish();
  }

 private:
  std::size_t name_bytes_;
  std::string prefix_;
  std::size_t whole_bytes_ = 0;
  std::uint64_t tail_ = 0;
};

/// One name. A short one lives on the stack.
class FullKey {
 public:
  FullKey(const Space& space, std::string_view key) : size_(space.name_bytes(key)) {
    char* to = inline_;
    if (size_ > sizeof inline_) {
      heap_ = std::make_unique_for_overwrite<char[]>(WordWriter::room(size_));
      to = heap_.get();
    }
    space.write_name(to, key);
  }
  FullKey(const FullKey&) = delete;
  FullKey& operator=(const FullKey&) = delete;

  std::string_view view() const noexcept { return {heap_ ? heap_.get() : inline_, size_}; }
  operator std::string_view() const noexcept { return view(); }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> heap_;
  alignas(std::uint64_t) char inline_[160];
};

/// Many names of one space, in order, in one piece of memory. Moved, they stay where they are.
class FullKeys {
 public:
  FullKeys() = default;
  /// Room for `count` names of usual length at once.
  explicit FullKeys(std::size_t count) {
    constexpr std::size_t kUsualBytes = 32;
    views_.reserve(count);
    grow(count * kUsualBytes);
  }

  void add(const Space& space, std::string_view key) {
    const std::size_t size = space.name_bytes(key), room = WordWriter::room(size);
    if (room > bytes_max_ - bytes_) grow(bytes_max_ + std::max(bytes_max_, room));
    char* const to = text_.get() + bytes_;
    space.write_name(to, key);
    views_.emplace_back(to, size);
    bytes_ += room;
  }

  const std::vector<std::string_view>& views() const noexcept { return views_; }

 private:
  void grow(std::size_t bytes_max) {
    auto larger = std::make_unique_for_overwrite<char[]>(bytes_max);
    if (bytes_ > 0) std::memcpy(larger.get(), text_.get(), bytes_);
    for (auto& view : views_) view = {larger.get() + (view.data() - text_.get()), view.size()};
    text_ = std::move(larger);
    bytes_max_ = bytes_max;
  }

  std::vector<std::string_view> views_;
  std::unique_ptr<char[]> text_;
  std::size_t bytes_ = 0;
  std::size_t bytes_max_ = 0;
};

}  // namespace larder::detail
