// An index over records that are nothing but their hashes.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "engine/slot_index.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {

/// Hands out addresses, and knows each one's hash as a log would.
class Hashes final : public Residents {
 public:
  std::uint64_t hash_at(Address address) const noexcept override { return hashes_[address]; }
  void prefetch(Address address) const noexcept override { __builtin_prefetch(&hashes_[address]); }

  Address add(std::uint64_t hash) {
    hashes_.push_back(hash);
    return static_cast<Address>(hashes_.size() - 1);
  }
  Address end() const { return static_cast<Address>(hashes_.size()); }

 private:
  std::vector<std::uint64_t> hashes_{0};  // Address 0 is nobody's.
};

class SlotIndexTest : public ::testing::Test {
 protected:
  SlotIndexTest() : SlotIndexTest(SlotIndex::Reserve{}) {}
  explicit SlotIndexTest(const SlotIndex::Reserve& reserve)
      : trace(__FILE__, __LINE__, "LARDER_SEED=" + std::to_string(seed())),
        index(hashes, reserve) {}

  /// A new entry; its address.
  Address insert(std::uint64_t hash, unsigned use = 0) {
    const Address address = hashes.add(hash);
    const SlotIndex::Slot slot = index.insert(hash, address, use);
    EXPECT_EQ(slot.address(), address);
    return address;
  }
  Address insert_random() { return insert(random()); }
  void insert_up_to(std::size_t size) {
    while (index.size() < size) insert_random();
  }
  SlotIndex::Slot find(Address address) {
    return index.find_address(hashes.hash_at(address), address);
  }
  void erase(Address address) { index.erase(hashes.hash_at(address), find(address)); }

  double bytes_per_entry() const {
    return static_cast<double>(index.memory_bytes()) / static_cast<double>(index.size());
  }

  ::testing::ScopedTrace trace;
  base::Random random{seed()};
  Hashes hashes;
  SlotIndex index;
};

}  // namespace larder::engine::test
