// Counters from many threads: no addition is lost, none is doubled.
#include <larder/counter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace larder {
namespace {

constexpr int kThreads = 8, kEach = 5'000;

template <class Work>
void on_all_threads(Work work) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back(work, t);
}

TEST(CounterThreadsTest, EightThreadsCountExactly) {
  const Counter visits(Store::open("memory:").value(), "visits");
  on_all_threads([&](int) {
    for (int i = 0; i < kEach; ++i) visits.incr("home").value();
  });
  EXPECT_EQ(visits.get("home").value(), kThreads * kEach);
}

TEST(CounterThreadsTest, EachSumIsGivenOutOnce) {
  const Counter ids(Store::open("memory:").value(), "ids");
  std::vector<std::int64_t> seen(kThreads * kEach);
  on_all_threads([&](int t) {
    for (int i = 0; i < kEach; ++i) seen[std::size_t(t * kEach + i)] = ids.incr("user").value();
  });
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], std::int64_t(i + 1));
}

TEST(CounterThreadsTest, UpAndDownInHalvesEndsAtZero) {
  const DoubleCounter weight(Store::open("memory:").value(), "weight");
  on_all_threads([&](int t) {
    for (int i = 0; i < kEach; ++i) weight.add("a", t % 2 == 0 ? 0.5 : -0.5).value();
  });
  EXPECT_EQ(weight.get("a").value(), 0.0);
}

}  // namespace
}  // namespace larder
