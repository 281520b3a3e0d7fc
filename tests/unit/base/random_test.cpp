// The seeded generator: its published sequence, its bounds.
#include "base/random.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <thread>

namespace larder::base {
namespace {

TEST(Random, TheSameSeedGivesTheSameLuck) {
  Random a(42), b(42), c(43);
  const std::uint64_t first = a();
  EXPECT_EQ(first, b());
  EXPECT_NE(first, c());
}

TEST(Random, BelowStaysBelowAndReachesEveryNumber) {
  Random random(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 60'000; ++i) ++seen.at(random.below(6));
  for (const int n : seen) EXPECT_NEAR(n, 10'000, 500);
}

TEST(Random, BelowIsUnbiasedForABoundThatDoesNotDivideTheRange) {
  Random random(7);
  const std::uint64_t bound =
      3ULL << 62;  // A plain multiply-shift would favour a third of the answers here.
  int low = 0;
  for (int i = 0; i < 30'000; ++i) low += random.below(bound) < bound / 3;
  EXPECT_NEAR(low, 10'000, 400);
}

TEST(Random, UnitIsInTheHalfOpenInterval) {
  Random random(7);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double u = random.unit();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(SystemEntropy, DiffersFromCallToCall) { EXPECT_NE(system_entropy(), system_entropy()); }

TEST(ThreadEntropy, DiffersFromCallToCallFromThreadToThreadAndOverAFork) {
  std::set<std::uint64_t> seen{thread_entropy(), thread_entropy()};
  std::thread{[&] { seen.insert(thread_entropy()); }}.join();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::uint64_t value = thread_entropy();
    ::_exit(::write(ends[1], &value, sizeof value) == sizeof value ? 0 : 1);
  }
  std::uint64_t childs = 0;
  ASSERT_EQ(::read(ends[0], &childs, sizeof childs), static_cast<ssize_t>(sizeof childs));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ends[0]);
  ::close(ends[1]);
  seen.insert(childs);
  seen.insert(thread_entropy());
  EXPECT_EQ(seen.size(), 5u);
}

TEST(RandomHashKey, DiffersFromCallToCall) {
  EXPECT_NE(random_hash_key().k0, random_hash_key().k0);
}

}  // namespace
}  // namespace larder::base
