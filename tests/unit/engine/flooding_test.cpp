// Hash flooding: keys that all have one std::hash (libstdc++'s MurmurHash64A, whatever its seed) cost no more here than
// any others, because what a client names is hashed with a secret.
#include <set>

#include "base/random.hpp"
#include "support/colliding_keys.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

using larder::test::colliding_keys;

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
  const std::vector<std::string> flood = colliding_keys(15);
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
