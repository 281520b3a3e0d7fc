// The index alone: what it finds, what it costs, and that it never does much at once.
#include "engine/slot_index.hpp"

#include <unordered_map>

#include "unit/engine/slot_index_fixture.hpp"

namespace larder::engine::test {
namespace {

TEST_F(SlotIndexTest, AnEntryIsFoundByItsHashAndWhatItsRecordSays) {
  const Address mine = insert(42);
  const Address other = insert(42);  // Another key of the same hash.
  EXPECT_EQ(index.find(42, [&](Address a) { return a == mine; }).address(), mine);
  EXPECT_EQ(index.find(42, [&](Address a) { return a == other; }).address(), other);
  EXPECT_FALSE(index.find(42, [](Address) { return false; }));
}

TEST_F(SlotIndexTest, NobodyIsAskedAboutAnEntryWhoseTagDoesNotFit) {
  insert(std::uint64_t{1} << 36);
  const bool found{index.find(std::uint64_t{2} << 36, [](Address) { return true; })};
  EXPECT_FALSE(found);
  EXPECT_FALSE(index.find(0, [](Address) { return true; })) << "nor about empty slots";
}

TEST_F(SlotIndexTest, ASlotCanBeGivenAnotherAddressAndUse) {
  const Address before = insert(7, 3);
  const Address after = hashes.add(7);
  SlotIndex::Slot slot = find(before);
  slot.set_address(after);
  slot.set_use(1);
  EXPECT_FALSE(find(before));
  EXPECT_EQ(find(after).use(), 1u);
}

TEST_F(SlotIndexTest, TheLikelySlotIsTheFirstWhoseTagFits) {
  insert(5);
  const Address wanted = insert(std::uint64_t{9} << 36);
  EXPECT_EQ(index.likely(std::uint64_t{9} << 36).racy_address(), wanted);
  EXPECT_FALSE(index.likely(std::uint64_t{8} << 36));
}

TEST_F(SlotIndexTest, WhatABucketHasNoRoomForIsLikelyInItsChain) {
  std::vector<Address> all;
  for (std::uint64_t tag = 1; tag <= 12; ++tag) all.push_back(insert(tag << 36));
  bool chained = false;
  for (std::uint64_t tag = 1; tag <= 12; ++tag) {
    SlotIndex::Slot slot = index.likely(tag << 36);
    if (!slot) {
      slot = index.likely_in_chain(tag << 36);
      chained = true;
    }
    ASSERT_TRUE(slot);
    EXPECT_EQ(slot.racy_address(), all[tag - 1]);
  }
  EXPECT_TRUE(chained);
  EXPECT_FALSE(index.likely_in_chain(std::uint64_t{13} << 36));
}

TEST_F(SlotIndexTest, AGlanceFindsWhatFindDoes) {
  std::vector<Address> all;
  for (std::uint64_t tag = 1; tag <= 25; ++tag) all.push_back(insert(tag % 5 << 36));
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    const auto is = [&](Address address) { return address == all[i]; };
    ASSERT_TRUE(index.glance((i + 1) % 5 << 36, is));
    EXPECT_EQ(index.glance((i + 1) % 5 << 36, is).racy_address(), all[i]);
    EXPECT_FALSE(index.glance(std::uint64_t{6} << 36, is));
  }
}

TEST_F(SlotIndexTest, UseIsRaisedUpToTheMostFromBesideTheLock) {
  const Address address = insert(7, 1);
  for (const unsigned use : {2U, 3U, 3U}) {
    find(address).use_racily(3);
    EXPECT_EQ(find(address).use(), use);
  }
}

/// The index beside a map from addresses to bits of use, under random insertions and erasures. Few
/// different hashes: tags and buckets collide all the time.
class SlotIndexModelTest : public SlotIndexTest, public ::testing::WithParamInterface<int> {
 protected:
  SlotIndexModelTest() { random = base::Random{seed() + static_cast<std::uint64_t>(GetParam())}; }

  std::uint64_t some_hash() {
    const std::uint64_t hash = random();
    return GetParam() % 2 == 0 ? hash : hash & 0x0003'0000'000f'00ff;
  }
  void insert_one() {
    const auto use = static_cast<unsigned>(random.below(4));
    model[insert(some_hash(), use)] = use;
  }
  void erase_one() {
    const Address from = static_cast<Address>(random.below(hashes.end()));
    for (Address address = from; address < hashes.end() && address < from + 50; ++address) {
      if (model.erase(address) == 0) continue;
      erase(address);
      EXPECT_FALSE(find(address));
      return;
    }
  }
  void use_one() {
    const auto address = static_cast<Address>(random.below(hashes.end()));
    if (!model.contains(address)) return;
    model[address] = static_cast<unsigned>(random.below(4));
    find(address).set_use(model[address]);
  }
  void expect_the_same() {
    ASSERT_EQ(index.size(), model.size());
    for (const auto& [address, use] : model) {
      const SlotIndex::Slot slot = find(address);
      ASSERT_TRUE(slot) << address;
      ASSERT_EQ(slot.use(), use) << address;
    }
    std::size_t seen = 0;
    for (std::size_t i = 0; i < index.buckets(); ++i) {
      index.for_bucket(i, [&](SlotIndex::Slot slot) { seen += model.count(slot.address()); });
    }
    ASSERT_EQ(seen, model.size());
  }

  std::unordered_map<Address, unsigned> model;
};

TEST_P(SlotIndexModelTest, HoldsWhatWasInsertedAndNotErasedWithItsBitsOfUse) {
  for (int phase = 0; phase < 16; ++phase) {
    const std::uint64_t growth = 10 + random.below(80);
    for (int i = 0; i < 2'000; ++i) {
      random.below(100) < growth ? insert_one() : erase_one();
      use_one();
    }
    ASSERT_NO_FATAL_FAILURE(expect_the_same());
  }
  while (!model.empty()) {
    erase(model.begin()->first);
    model.erase(model.begin());
    if (model.size() % 2'000 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_the_same());
    }
  }
  EXPECT_EQ(index.buckets(), 1u);
  EXPECT_EQ(index.memory_bytes(), 64u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SlotIndexModelTest, ::testing::Range(0, 8));

TEST_F(SlotIndexTest, NoInsertionAndNoErasureTouchesMoreThanAFewBuckets) {
  std::uint64_t worst = 0;
  const auto measure = [&](auto&& work) {
    const std::uint64_t before = index.slots_touched();
    work();
    worst = std::max(worst, index.slots_touched() - before);
  };
  for (int i = 0; i < 200'000; ++i) measure([&] { insert_random(); });
  EXPECT_LT(worst, 600u) << "slots an insertion";
  worst = 0;
  for (Address address = 1; address < hashes.end(); ++address) measure([&] { erase(address); });
  EXPECT_LT(worst, 600u) << "slots an erasure";
  EXPECT_EQ(index.size(), 0u);
}

TEST_F(SlotIndexTest, EntriesCostNoMoreThanTheirPriceAtAnySizeWhileItGrows) {
  insert_up_to(10'000);
  while (index.size() < 200'000) {
    insert_random();
    ASSERT_LE(bytes_per_entry(), 8.7) << index.size();
  }
  EXPECT_GE(bytes_per_entry(), 8.5) << "or hits read more than they need to";
}

TEST_F(SlotIndexTest, EntriesCostNoMoreThanTheirPriceAfterAllHaveBeenReplacedManyTimes) {
  insert_up_to(50'000);
  std::vector<Address> present;
  for (Address address = 1; address < hashes.end(); ++address) present.push_back(address);
  for (int i = 0; i < 500'000; ++i) {
    Address& leaving = present[random.below(present.size())];
    erase(leaving);
    leaving = insert_random();
  }
  EXPECT_LE(bytes_per_entry(), 8.7);
}

TEST_F(SlotIndexTest, WhereItStopsGrowingItDoesNotShrinkForAnErasureOrTwo) {
  insert_up_to(10'000);
  const std::size_t buckets = index.buckets();
  for (Address address = 1; address <= 5'000; ++address) erase(address);
  EXPECT_EQ(index.buckets(), buckets);
  for (Address address = 5'001; address <= 9'000; ++address) erase(address);
  EXPECT_LT(index.buckets(), buckets / 2);
}

TEST_F(SlotIndexTest, TenThousandKeysOfOneHashAreAllKept) {
  const std::uint64_t hash = random();
  for (int i = 0; i < 10'000; ++i) insert(hash);
  for (Address address = 1; address < hashes.end(); address += 97) ASSERT_TRUE(find(address));
  for (Address address = 1; address < hashes.end(); address += 2) erase(address);
  for (Address address = 2; address < hashes.end(); address += 202) ASSERT_TRUE(find(address));
  for (Address address = 2; address < hashes.end(); address += 2) erase(address);
  EXPECT_EQ(index.memory_bytes(), 64u);
}

TEST_F(SlotIndexTest, DrainingHandsOutEveryAddressOnceBucketByBucket) {
  insert_up_to(3'000);
  std::vector<Address> seen;
  while (index.buckets() > 0) {
    const std::size_t before = seen.size();
    index.drain_bucket([&](Address address) { seen.push_back(address); });
    ASSERT_LT(seen.size() - before, 60u);
  }
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), 3'000u);
  for (Address address = 1; address < hashes.end(); ++address)
    ASSERT_EQ(seen[address - 1], address);
  EXPECT_EQ(index.memory_bytes(), 0u);
}

/// With address space for 16,384 buckets and 32,768 cells.
class SlotIndexSmallTest : public SlotIndexTest {
 protected:
  static constexpr std::size_t kMiB = std::size_t{1} << 20;
  SlotIndexSmallTest() : SlotIndexTest({.bucket_bytes = kMiB, .cell_bytes = kMiB}) {}

  void fill_up() {
    try {
      for (;;) insert_random();
    } catch (const std::bad_alloc&) {
    }
  }
};

TEST_F(SlotIndexSmallTest, WithoutMemoryForABucketItGoesOnTakingIn) {
  insert_up_to(200'000);
  EXPECT_EQ(index.buckets(), 16'384u);
  for (Address address = 1; address < hashes.end(); ++address) ASSERT_TRUE(find(address));
}

TEST_F(SlotIndexSmallTest, AnInsertionThatFindsNoMemoryChangesNothing) {
  fill_up();
  const std::size_t size = index.size();
  const std::size_t bytes = index.memory_bytes();
  EXPECT_GT(size, 200'000u);
  EXPECT_EQ(hashes.end() - 1, size + 1) << "one address was handed out and not taken in";
  EXPECT_FALSE(find(hashes.end() - 1));
  for (Address address = 1; address <= size; ++address) ASSERT_TRUE(find(address));

  EXPECT_THROW(index.insert(hashes.hash_at(hashes.end() - 1), hashes.end() - 1), std::bad_alloc);
  EXPECT_EQ(index.size(), size);
  EXPECT_EQ(index.memory_bytes(), bytes);
}

TEST_F(SlotIndexSmallTest, WhenItIsFullErasingMakesRoomAgain) {
  fill_up();
  const auto last = static_cast<Address>(index.size());
  for (Address address = 1; address <= last; ++address) erase(address);
  EXPECT_EQ(index.memory_bytes(), 64u);
  insert_up_to(200'000);
}

}  // namespace
}  // namespace larder::engine::test
