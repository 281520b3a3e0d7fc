// A scan of the index misses nothing that stays, whatever comes and goes meanwhile.
#include <set>

#include "unit/engine/slot_index_fixture.hpp"

namespace larder::engine::test {
namespace {

TEST_F(SlotIndexTest, AScanAtRestSeesEachEntryOnce) {
  insert_up_to(3'000);
  std::vector<Address> seen;
  std::uint64_t position = 0;
  do {
    position = index.scan(position, [&](Address address) { seen.push_back(address); });
  } while (position != 0);
  EXPECT_EQ(seen.size(), 3'000u);
  EXPECT_EQ(std::set<Address>(seen.begin(), seen.end()).size(), 3'000u);
}

/// One scan from start to end, with the index growing and shrinking at random between its steps.
class SlotIndexScanTest : public SlotIndexTest, public ::testing::WithParamInterface<int> {
 protected:
  SlotIndexScanTest() { random = base::Random{seed() + static_cast<std::uint64_t>(GetParam())}; }

  // Up to three times what stays, and down again: through joins as well as splits.
  void grow_or_shrink() {
    const std::size_t to = random.below(20'000);
    while (passing.size() < to && random.below(1'000) != 0) passing.push_back(insert_random());
    while (passing.size() > to && random.below(1'000) != 0) {
      std::swap(passing[random.below(passing.size())], passing.back());
      erase(passing.back());
      passing.pop_back();
    }
  }

  std::vector<Address> passing;
};

TEST_P(SlotIndexScanTest, AnEntryThatStaysIsSeenWhateverElseComesAndGoes) {
  insert_up_to(500);
  std::set<Address> seen;
  std::size_t fewest = index.buckets();
  std::size_t most = fewest;
  std::uint64_t position = 0;
  do {
    grow_or_shrink();
    fewest = std::min(fewest, index.buckets());
    most = std::max(most, index.buckets());
    position = index.scan(position, [&](Address address) { seen.insert(address); });
  } while (position != 0);
  for (Address address = 1; address <= 500; ++address) ASSERT_TRUE(seen.contains(address));
  EXPECT_GT(most, 2 * fewest) << "it did grow or shrink";
}

INSTANTIATE_TEST_SUITE_P(Seeds, SlotIndexScanTest, ::testing::Range(0, 10));

}  // namespace
}  // namespace larder::engine::test
