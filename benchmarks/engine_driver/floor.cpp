#include "floor.hpp"

#include <sys/mman.h>

#include <bit>
#include <cstring>
#include <new>
#include <stdexcept>

namespace larder::bench {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t rounded(std::size_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

/// Zeroed, and aligned so that huge pages fit. The slack before it is never touched nor unmapped:
/// the process ends soon.
char* mapped(std::size_t bytes, HugePages huge) {
  void* const raw = mmap(nullptr, rounded(bytes) + kHugePage, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  char* const at = reinterpret_cast<char*>(rounded(reinterpret_cast<std::size_t>(raw)));
  madvise(at, rounded(bytes), huge == HugePages::yes ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return at;
}

// Two multiplications whose halves are folded: as fast as a hash of 16 bytes gets that still spreads
// digits.
std::uint64_t hash_of(const Key16& key) noexcept {
  std::uint64_t a = 0, b = 0;
  std::memcpy(&a, key.text, 8);
  std::memcpy(&b, key.text + 8, 8);
  auto fold = [](std::uint64_t x, std::uint64_t y) {
    const auto product = static_cast<Wide>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  return fold(fold(a ^ 0xa0761d6478bd642f, b ^ 0xe7037ed1a0b428db), 0x8ebc6af09c88c6e3);
}

std::uint16_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint16_t>(hash | 1); }

}  // namespace

Floor::Floor(std::uint64_t entries, std::size_t value_bytes, HugePages huge)
    : bucket_count_(entries * 10 / (kSlots * 6) +
                    1),  // Filled to 60 %: few entries stand elsewhere.
      log_bytes_max_((entries + 1) * ((sizeof(Item) + sizeof(Key16) + value_bytes + 7) / 8 * 8)),
      buckets_(reinterpret_cast<Bucket*>(mapped(bucket_count_ * sizeof(Bucket), huge))),
      log_(mapped(log_bytes_max_, huge)) {}

Floor::~Floor() {
  munmap(buckets_, rounded(bucket_count_ * sizeof(Bucket)));
  munmap(log_, rounded(log_bytes_max_));
}

void Floor::insert(const Key16& key, std::string_view value) {
  const std::size_t bytes = (offsetof(Item, text) + sizeof key + value.size() + 7) / 8 * 8;
  if (log_bytes_ + bytes > log_bytes_max_) throw std::runtime_error("the floor's log is full");
  char* const to = log_ + log_bytes_;
  const auto value_bytes = static_cast<std::uint16_t>(value.size());
  constexpr std::uint16_t kKeyBytes = sizeof key;
  std::memcpy(to, &kKeyBytes, 2);
  std::memcpy(to + 2, &value_bytes, 2);
  std::memcpy(to + offsetof(Item, text), key.text, sizeof key);
  std::memcpy(to + offsetof(Item, text) + sizeof key, value.data(), value.size());

  const std::uint64_t hash = hash_of(key);
  auto* bucket = const_cast<Bucket*>(&bucket_of(hash));
  for (;; bucket = bucket + 1 == buckets_ + bucket_count_ ? buckets_ : bucket + 1) {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (bucket->tags[slot] != 0) continue;
      bucket->tags[slot] = tag_of(hash);
      bucket->items[slot] = static_cast<std::uint32_t>(log_bytes_ / 8);
      log_bytes_ += bytes;
      return;
    }
  }
}

const Floor::Item* Floor::find(const Key16& key, std::uint64_t hash) const noexcept {
  const Bucket* bucket = &bucket_of(hash);
  const std::uint16_t tag = tag_of(hash);
  for (;; bucket = bucket + 1 == buckets_ + bucket_count_ ? buckets_ : bucket + 1) {
    unsigned alike = 0;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      alike |= static_cast<unsigned>(bucket->tags[slot] == tag) << slot;
    }
    for (; alike != 0; alike &= alike - 1) {
      const Item& found = item(bucket->items[std::countr_zero(alike)]);
      if (found.key_bytes == sizeof key && std::memcmp(found.text, key.text, sizeof key) == 0) {
        return &found;
      }
    }
    if (bucket->tags[kSlots - 1] == 0) return nullptr;
  }
}

std::size_t Floor::get(const Key16& key, char* to) const {
  const Item* const found = find(key, hash_of(key));
  if (found == nullptr) return 0;
  std::memcpy(to, found->text + found->key_bytes, found->value_bytes);
  return found->value_bytes;
}

std::size_t Floor::get_batch(const Key16* keys, char (*to)[64]) const {
  std::uint64_t hashes[kBatch];
  for (std::size_t i = 0; i < kBatch; ++i) {
    hashes[i] = hash_of(keys[i]);
    __builtin_prefetch(&bucket_of(hashes[i]));
  }
  for (const std::uint64_t hash : hashes) {
    const Bucket& bucket = bucket_of(hash);
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (bucket.tags[slot] != tag_of(hash)) continue;
      const char* const at = reinterpret_cast<const char*>(&item(bucket.items[slot]));
      __builtin_prefetch(at);
      __builtin_prefetch(at + 64);  // An item of 84 bytes lies on two lines, mostly.
    }
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i < kBatch; ++i) {
    const Item* const item = find(keys[i], hashes[i]);
    if (item == nullptr) continue;
    std::memcpy(to[i], item->text + item->key_bytes, item->value_bytes);
    ++found;
  }
  return found;
}

}  // namespace larder::bench
