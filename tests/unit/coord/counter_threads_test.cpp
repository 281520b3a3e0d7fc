// Counters and ids from many threads: no addition is lost, none is doubled, nobody waits beyond his time.
#include <larder/counter.hpp>
#include <larder/ids.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <stop_token>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "support/failing_driver.hpp"

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

/// Ids of a store on which a first caller's fetch hangs until it is let go.
class WaitingIds : public testing::Test {
 protected:
  WaitingIds() {
    driver->on_way = [this] {
      if (once.exchange(false)) arrived.set_value();
      go_on.wait();
    };
    first = std::jthread([this] { answer = ids.next(); });
    arrived.get_future().wait();
  }
  void TearDown() override { let_go(); }
  void let_go() {
    if (!first.joinable()) return;
    go.set_value();
    first.join();
  }

  std::shared_ptr<test::FailingDriver> driver =
      std::make_shared<test::FailingDriver>(Store::open("memory:").value().driver());
  const Ids ids{Store{driver}, "user", {.block = 2}};
  std::atomic<bool> once = true;
  std::promise<void> arrived, go;
  std::shared_future<void> go_on{go.get_future()};
  Result<std::uint64_t> answer{0u};
  std::jthread first;
};

TEST_F(WaitingIds, NobodyWaitsForAnothersBlockLongerThanHeMay) {
  const auto late = ids.next({.deadline = std::chrono::milliseconds{5}});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(late.error().effect, Effect::not_sent);
  std::stop_source source;
  source.request_stop();
  const std::stop_token stop = source.get_token();
  EXPECT_EQ(ids.next({.stop = &stop}).error().code, Errc::cancelled);
  let_go();
  EXPECT_EQ(answer.value(), 1u);
  EXPECT_EQ(ids.next({.deadline = std::chrono::milliseconds{5}}).value(), 2u);
}

TEST_F(WaitingIds, WhoWaitsGetsTheNextOfTheBlock) {
  std::jthread second(
      [this] { EXPECT_EQ(ids.next({.deadline = std::chrono::hours{1}}).value(), 2u); });
  let_go();
  second.join();
  EXPECT_EQ(answer.value(), 1u);
}

TEST_F(WaitingIds, WhereTheStoreIsAwayAllWhoWaitAreToldAtOnce) {
  boost::asio::io_context context;
  int told = 0;
  for (int i = 0; i < 50; ++i) {
    boost::asio::co_spawn(
        context,
        [&]() -> Task<void> { told += (co_await ids.async_next()).error().code == Errc::timeout; },
        boost::asio::detached);
  }
  context.poll();
  driver->error = Error{Errc::timeout, Effect::maybe_executed, "away"};
  let_go();
  context.run();
  EXPECT_EQ(told, 50);
  EXPECT_EQ(driver->calls, 1) << "nobody tried once more";
  driver->error = std::nullopt;
  EXPECT_EQ(ids.next().value(), 3u) << "and whoever comes next asks anew";
}

}  // namespace
}  // namespace larder
