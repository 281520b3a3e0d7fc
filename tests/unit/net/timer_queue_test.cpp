#include "net/timer_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace larder::net {
namespace {

using namespace std::chrono_literals;

class TimerQueueTest : public testing::Test {
 protected:
  base::Instant at(base::Millis t) const { return base::Instant{t}; }
  auto note(char c) {
    return [this, c] { ran += c; };
  }
  TimerQueue queue;
  std::string ran;
};

TEST_F(TimerQueueTest, RunsWhatIsDueInOrderOfTime) {
  queue.add(at(30ms), note('c'));
  queue.add(at(10ms), note('a'));
  queue.add(at(20ms), note('b'));

  EXPECT_EQ(queue.run_due(at(20ms)), 2U);
  EXPECT_EQ(ran, "ab");
  EXPECT_EQ(queue.next(), at(30ms));
}

TEST_F(TimerQueueTest, OfEqualsTheOlderRunsFirst) {
  queue.add(at(5ms), note('a'));
  queue.add(at(5ms), note('b'));
  queue.run_due(at(5ms));
  EXPECT_EQ(ran, "ab");
}

TEST_F(TimerQueueTest, ACancelledTimerNeverRunsAndIsNotWaitedFor) {
  const TimerId first = queue.add(at(5ms), note('a'));
  queue.add(at(9ms), note('b'));
  EXPECT_TRUE(queue.cancel(first));
  EXPECT_FALSE(queue.cancel(first));
  EXPECT_EQ(queue.next(), at(9ms));
  queue.run_due(at(9ms));
  EXPECT_EQ(ran, "b");
}

TEST_F(TimerQueueTest, ATimerAddedByATimerWaitsForTheNextTurn) {
  queue.add(at(5ms), [this] { queue.add(at(0ms), note('x')); });
  EXPECT_EQ(queue.run_due(at(5ms)), 1U);
  EXPECT_EQ(ran, "");
  EXPECT_EQ(queue.run_due(at(5ms)), 1U);
  EXPECT_EQ(ran, "x");
}

TEST_F(TimerQueueTest, AnEmptyQueueWaitsForNothing) {
  EXPECT_EQ(queue.next(), std::nullopt);
  EXPECT_EQ(queue.run_due(at(1ms)), 0U);
}

}  // namespace
}  // namespace larder::net
