// FullKey: `space:key`, or the key alone where the space is empty, one or many of them.
//
// A store hashes a name the moment it was put together, in blocks of up to sixteen bytes. A processor
// hands what it has just stored straight to a load that lies within one store; a load that takes its
// bytes from two waits until both have reached the cache, longer than the hash takes. So names are
// put together in registers and stored in blocks, each once:
//
//   space user, key 12345678901    | u s e r : 1 2 3 4 5 6 7 8 9 0 1 |
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

/// Appends pieces of text to memory, a block at a time. A value: a copy goes on from the same text.
class BlockWriter {
 public:
  static constexpr std::size_t kBlockBytes = 16;
  /// What `bytes` of text take in memory.
  static constexpr std::size_t room(std::size_t bytes) noexcept {
    return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  }

  explicit BlockWriter(char* to) noexcept : to_(to) {}
  /// The same, with the block that was begun to be stored at `to`.
  BlockWriter at(char* to) const noexcept {
    BlockWriter moved = *this;
    moved.to_ = to;
    return moved;
  }

  void append(std::string_view piece) noexcept {
    if (piece.size() < kWordBytes) {
      append_word(short_word(piece), piece.size());
      return;
    }
    // The word begun takes what it lacks; whole words follow; the next begins with what is left.
    const char* from = piece.data();
    const char* const end = from + piece.size();
    add(begun_ | word_at(from) << 8 * filled_);
    from += kWordBytes - filled_;
    for (; end - from >= std::ptrdiff_t{kWordBytes}; from += kWordBytes) add(word_at(from));
    filled_ = static_cast<std::size_t>(end - from);
    begun_ = filled_ == 0 ? 0 : word_at(end - kWordBytes) >> 8 * (kWordBytes - filled_);
  }

  void finish() noexcept {
    if (filled_ > 0) add(begun_);
    if (half_) store(low_, 0);
  }

 private:
  static constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

  /// `bytes` below 8; the rest of `word` is 0.
  void append_word(std::uint64_t word, std::size_t bytes) noexcept {
    const std::size_t lacks = kWordBytes - filled_;
    begun_ |= word << 8 * filled_;
    filled_ += bytes;
    if (filled_ < kWordBytes) return;
    add(begun_);
    filled_ -= kWordBytes;
    begun_ = filled_ == 0 ? 0 : word >> 8 * lacks;
  }

  void add(std::uint64_t word) noexcept {
    if (half_) store(low_, word);
    low_ = word;
    half_ = !half_;
  }
  void store(std::uint64_t low, std::uint64_t high) noexcept {
    // As one vector: the compiler would make two stores of a struct.
    using Block = std::uint64_t __attribute__((vector_size(kBlockBytes)));
    const Block block{little_endian(low), little_endian(high)};
    std::memcpy(to_, &block, sizeof block);
    to_ += sizeof block;
  }

  // Words are little-endian here: the first character is the lowest byte.
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
  /// Fewer than 8 bytes; the rest is 0. Never reads beyond them: loads overlap instead.
  static std::uint64_t short_word(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
    };
    const std::size_t size = text.size();
    if (size >= 4) return half_at(text.data()) | half_at(text.data() + size - 4) << 8 * (size - 4);
    return size == 0 ? 0 : byte(0) | byte(size / 2) | byte(size - 1);
  }

  char* to_;
  std::uint64_t low_ = 0;    ///< The first word of a block, where `half_`.
  std::uint64_t begun_ = 0;  ///< The word that is not yet whole.
  std::size_t filled_ = 0;   ///< Its bytes so far, below 8.
  bool half_ = false;
};

/// The part of a name before its key, `space:` or nothing, in the form that names begin with: its
/// whole blocks, and the block that the key goes on with.
class Space {
 public:
  explicit Space(std::string_view name)
      : name_(name), prefix_bytes_(name.empty() ? 0 : name.size() + 1) {
    blocks_.resize(BlockWriter::room(prefix_bytes_));
    BlockWriter writer(blocks_.data());
    writer.append(name);
    if (!name.empty()) writer.append(":");
    begun_ = writer.at(nullptr);
    blocks_.resize(prefix_bytes_ / BlockWriter::kBlockBytes * BlockWriter::kBlockBytes);
  }

  std::string_view name() const noexcept { return name_; }
  std::size_t name_bytes(std::string_view key) const noexcept { return prefix_bytes_ + key.size(); }
  /// `to` has room for BlockWriter::room(name_bytes(key)).
  void write_name(char* to, std::string_view key) const noexcept {
    if (!blocks_.empty()) std::memcpy(to, blocks_.data(), blocks_.size());
    BlockWriter writer = begun_.at(to + blocks_.size());
    writer.append(key);
    writer.finish();
  }

 private:
  std::string name_;
  std::size_t prefix_bytes_;
  std::string blocks_;
  BlockWriter begun_{nullptr};
};

/// One name. A short one lives on the stack.
class FullKey {
 public:
  FullKey(const Space& space, std::string_view key) : size_(space.name_bytes(key)) {
    char* to = inline_;
    if (size_ > sizeof inline_) {
      heap_ = std::make_unique_for_overwrite<char[]>(BlockWriter::room(size_));
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
  alignas(BlockWriter::kBlockBytes) char inline_[160];
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
    const std::size_t size = space.name_bytes(key), room = BlockWriter::room(size);
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
