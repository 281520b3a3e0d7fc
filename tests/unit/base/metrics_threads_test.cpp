#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "base/metrics.hpp"

namespace larder::base {
namespace {

using namespace std::chrono_literals;

TEST(MetricsThreads, NoIncrementIsLostAndTheTextCanBeMadeMeanwhile) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 10'000; ++i) {
        metrics.counter("c_total", "", {{"a", std::to_string(i % 3)}}).add();
        metrics.timing("t_seconds", "").observe(1us);
      }
    });
  }
  const std::string meanwhile = metrics.text();
  EXPECT_EQ(meanwhile.empty() || meanwhile.back() == '\n', true);
  for (auto& thread : threads) thread.join();
  std::uint64_t sum = 0;
  for (const char* label : {"0", "1", "2"})
    sum += metrics.counter("c_total", "", {{"a", label}}).value();
  EXPECT_EQ(sum, 40'000U);
  EXPECT_EQ(metrics.timing("t_seconds", "").count(), 40'000U);
  EXPECT_EQ(metrics.timing("t_seconds", "").sum(), 40ms);
}

// More at once than there are cells with one owner: the others share, and are counted all the same.
TEST(MetricsThreads, AnyNumberOfThreadsCountsExactly) {
  constexpr int kThreads = 3 * detail::kOwnSlots;
  Counter counter;
  std::barrier all_there(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      counter.add();
      all_there.arrive_and_wait();
      for (int i = 0; i < 1'000; ++i) counter.add(2);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), kThreads * 2'001U);
}

TEST(MetricsThreads, AThreadGoesOnWhereTheLastOwnerOfItsCellEnded) {
  Counter counter;
  std::atomic<int> ended{0};
  const auto short_lived = [&] {
    counter.add();
    ++ended;
  };
  for (int t = 0; t < 200; ++t) std::thread(short_lived).detach();
  while (ended < 200) std::this_thread::yield();
  EXPECT_EQ(counter.value(), 200U);
}

struct CountsAtTheEnd {
  Counter& counter;
  ~CountsAtTheEnd() { counter.add(); }
};

TEST(MetricsThreads, AThreadsLastDestructorsAreCounted) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 50; ++t) {
    threads.emplace_back([&counter] {
      thread_local CountsAtTheEnd before{counter};  // Outlives the thread's hold on its cell.
      counter.add();
      thread_local CountsAtTheEnd after{counter};
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 150U);
}

}  // namespace
}  // namespace larder::base
