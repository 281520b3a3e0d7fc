// ShardSet: some of a node's shards, in ascending order whatever the order in which they were added.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace larder::node {

/// A node has at most so many.
constexpr std::size_t kShardsMax = 4096;

/// A bit for each shard. Only the words that the node's shards need are ever touched.
class ShardSet {
 public:
  explicit ShardSet(std::size_t shards) noexcept : count_((shards + 63) / 64) {
    std::fill_n(words_.begin(), count_, 0);
  }
  ShardSet(const ShardSet& other) noexcept : count_(other.count_) {
    std::copy_n(other.words_.begin(), count_, words_.begin());
  }
  ShardSet& operator=(const ShardSet&) = delete;

  void add(std::uint32_t shard) noexcept { words_[shard / 64] |= std::uint64_t{1} << shard % 64; }
  bool contains(std::uint32_t shard) const noexcept {
    return (words_[shard / 64] >> shard % 64 & 1) != 0;
  }
  std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i)
      sum += static_cast<std::size_t>(std::popcount(words_[i]));
    return sum;
  }
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (std::uint32_t i = 0; i < count_; ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1)
        fn(i * 64 + static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  }

 private:
  std::size_t count_;
  std::array<std::uint64_t, kShardsMax / 64> words_;
};

}  // namespace larder::node
