// Floor: the least that a read from key to copied value can cost in memory: hash the 16-byte key, look
// into one 64-byte bucket, go to one item of a log, compare, copy. No lock, no expiry, no eviction, no
// growth; what a real store costs beyond it is its own doing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "keys.hpp"

namespace larder::bench {

__extension__ using Wide = unsigned __int128;

enum class HugePages : bool { no, yes };

class Floor {
 public:
  static constexpr std::size_t kBatch = 16;

  /// Room for `entries` of `value_bytes` each.
  Floor(std::uint64_t entries, std::size_t value_bytes, HugePages huge);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void insert(const Key16& key, std::string_view value);
  /// Copies the value to `to` and returns its size; 0: no such key.
  std::size_t get(const Key16& key, char* to) const;
  /// The same for kBatch keys: all buckets are fetched together, then all items. Returns how many were found.
  std::size_t get_batch(const Key16* keys, char (*to)[64]) const;

 private:
  static constexpr unsigned kSlots = 8;
  struct alignas(64) Bucket {
    std::uint16_t tags[kSlots];   ///< 0: free.
    std::uint32_t items[kSlots];  ///< In units of 8 bytes.
  };
  struct Item {
    std::uint16_t key_bytes;
    std::uint16_t value_bytes;
    char text[4];  ///< Key and value, from here on.
  };

  const Bucket& bucket_of(std::uint64_t hash) const noexcept {
    return buckets_[static_cast<std::uint64_t>(static_cast<Wide>(hash) * bucket_count_ >> 64)];
  }
  const Item& item(std::uint32_t at) const noexcept {
    return *reinterpret_cast<const Item*>(log_ + std::size_t{8} * at);
  }
  const Item* find(const Key16& key, std::uint64_t hash) const noexcept;

  std::size_t bucket_count_;
  std::size_t log_bytes_max_;
  Bucket* buckets_;
  char* log_;
  std::size_t log_bytes_ = 8;
};

}  // namespace larder::bench
