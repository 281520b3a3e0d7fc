#include <gtest/gtest.h>

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

}  // namespace
}  // namespace larder::base
