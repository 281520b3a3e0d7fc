// Hash flooding: keys that all have one std::hash (libstdc++'s MurmurHash64A, whatever its seed) cost no more here than
// any others, because what a client names is hashed with a secret.
#include <set>

#include "base/random.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;

// MurmurHash64A mixes each 8-byte block on its own, by steps that can be undone, and then does h = (h ^ block) * m. A
// flip of the top bit survives the multiplication as a flip of the top bit, and the next block can flip it back.
std::uint64_t unmixed(std::uint64_t mixed) {
  std::uint64_t inverse = kMultiplier;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kMultiplier * inverse;  // Newton, modulo 2^64.
  mixed *= inverse;
  mixed ^= mixed >> 47;
  return mixed * inverse;
}

/// 2^bits keys of 16 bytes for each bit, one hash for all of them.
std::vector<std::string> colliding(unsigned bits) {
  std::vector<std::string> keys;
  for (std::uint64_t choice = 0; choice < std::uint64_t{1} << bits; ++choice) {
    std::string key;
    for (unsigned bit = 0; bit < bits; ++bit) {
      const std::uint64_t flip = (choice >> bit & 1) << 63;
      for (const std::uint64_t block : {unmixed(2 * bit + 1 + flip), unmixed(2 * bit + 2 + flip)}) {
        key.append(reinterpret_cast<const char*>(&block), sizeof block);
      }
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string> ordinary(std::size_t count, std::size_t bytes) {
  base::Random random{seed()};
  std::vector<std::string> keys(count, std::string(bytes, '\0'));
  for (std::string& key : keys) {
    for (char& c : key) c = static_cast<char>(random());
  }
  return keys;
}

std::uint64_t slots_to_write_and_read(const std::vector<std::string>& keys) {
  base::ManualClock clock;
  Budget budget;
  Table table{{.hash_key = {11, 12}}, budget, clock};
  for (const std::string& key : keys)
    EXPECT_TRUE(table.visit(0, key, Mode::write).assign("v", Deadline::none()));
  for (const std::string& key : keys) EXPECT_TRUE(table.visit(0, key, Mode::read).exists());
  return table.slots_touched();
}

TEST(FloodingTest, KeysWithOneStandardHashCostWhatOthersCost) {
  const std::vector<std::string> flood = colliding(15);
  std::set<std::size_t> hashes;
  for (const std::string& key : flood) hashes.insert(std::hash<std::string>{}(key));
  ASSERT_EQ(flood.size(), 32'768u);
#ifdef __GLIBCXX__
  ASSERT_EQ(hashes.size(), 1u) << "the attack itself must work";
#endif
  const std::uint64_t usual = slots_to_write_and_read(ordinary(flood.size(), flood[0].size()));
  EXPECT_LT(slots_to_write_and_read(flood), usual * 11 / 10);
}

}  // namespace
}  // namespace larder::engine::test
