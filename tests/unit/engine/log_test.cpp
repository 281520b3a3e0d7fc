// The log alone: its queues' order, what is dead in it, and when segments are free again.
#include "engine/log.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace larder::engine {
namespace {

class LogTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kSegment = 4'096;
  static constexpr Shape kShape{.key_bytes = 10, .value_bytes = 87};  // 100 bytes: 40 a segment.

  Address add(Queue queue = Queue::main) {
    const Address address = log.append(queue, kShape.bytes(), 0);
    Record::write(log.at(address), kShape);
    log.begin(address, false, kNever);
    return address;
  }
  std::vector<Address> add_many(std::size_t count, Queue queue = Queue::main) {
    std::vector<Address> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(add(queue));
    return all;
  }
  void end(Address address) { log.end(address, kShape.bytes(), false); }
  bool record_at_front(SegmentNumber number) {
    std::size_t most = 1'000;
    return log.skip_dead(number, most);
  }

  Log log{kSegment};
};

TEST_F(LogTest, RecordsAreConsumedInTheOrderOfTheirArrival) {
  const auto addresses = add_many(200, Queue::small);
  for (const Address address : addresses) {
    const SegmentNumber number = log.oldest(Queue::small);
    ASSERT_TRUE(record_at_front(number));
    ASSERT_EQ(log.next_of(number), address);
    end(address);
    log.consume(number, kShape.bytes());
  }
  EXPECT_EQ(log.bytes_held(), 0u);
  EXPECT_EQ(log.bytes_dead(), 0u);
}

TEST_F(LogTest, QueuesDoNotMix) {
  const Address small = add(Queue::small);
  const Address main = add(Queue::main);
  EXPECT_EQ(log.queue_of(small), Queue::small);
  EXPECT_EQ(log.queue_of(main), Queue::main);
  EXPECT_EQ(log.next_of(log.oldest(Queue::small)), small);
  EXPECT_EQ(log.next_of(log.oldest(Queue::main)), main);
}

TEST_F(LogTest, ASegmentWithoutLivingRecordsIsFreeAtOnce) {
  const auto addresses = add_many(80);
  const std::size_t in_use = log.segments_in_use();
  for (std::size_t i = 0; i < 40; ++i) end(addresses[i]);
  EXPECT_EQ(log.segments_in_use(), in_use - 1);
  EXPECT_EQ(log.bytes_dead(), 0u);
  EXPECT_EQ(log.bytes_held(), 40 * kShape.bytes());
}

TEST_F(LogTest, WhatIsMovedBesideASegmentTakesItsPlaceInTheQueue) {
  const auto addresses = add_many(120);
  const SegmentNumber middle = log.segment_of(addresses[50]);
  const Address moved = log.append_beside(middle, kShape.bytes());
  Record::write(log.at(moved), kShape);
  log.begin(moved, false, kNever);
  EXPECT_EQ(log.segment(log.segment_of(moved)).older, middle);
  EXPECT_EQ(log.segment(log.segment_of(moved)).newer, log.segment_of(addresses[100]));
}

TEST_F(LogTest, WhatWasMovedBesideAndHasGoneDoesNotHideWhatIsNewer) {
  const auto addresses = add_many(60);
  const Address moved = log.append_beside(log.segment_of(addresses[0]), kShape.bytes());
  Record::write(log.at(moved), kShape);
  log.begin(moved, false, kNever);
  for (std::size_t i = 0; i < 40; ++i) end(addresses[i]);
  ASSERT_EQ(log.oldest(Queue::main), log.segment_of(moved));

  end(moved);
  EXPECT_EQ(log.oldest(Queue::main), log.segment_of(addresses[40]));
  EXPECT_EQ(log.segments_in_use(), 1u);
}

TEST_F(LogTest, TheDirtiestSegmentIsFoundAmongManyAndOnlyIfItIsWorthIt) {
  const auto addresses = add_many(400);
  EXPECT_EQ(log.dirtiest(), kNoSegment);
  end(addresses[0]);
  EXPECT_EQ(log.dirtiest(), kNoSegment) << "one in forty is not worth it";
  for (std::size_t i = 120; i < 140; ++i) end(addresses[i]);
  for (std::size_t i = 240; i < 250; ++i) end(addresses[i]);
  EXPECT_EQ(log.dirtiest(), log.segment_of(addresses[120]));
}

TEST_F(LogTest, ARecordThatEndsTheOpenSegmentCanGrow) {
  const Address first = add();
  const Address last = add();
  EXPECT_FALSE(log.extend(first, kShape.bytes(), kShape.bytes() + 10));
  EXPECT_TRUE(log.extend(last, kShape.bytes(), kShape.bytes() + 10));
  EXPECT_FALSE(log.extend(last, kShape.bytes() + 10, kSegment));
  EXPECT_EQ(log.bytes_held(), 2 * kShape.bytes() + 10);
}

TEST_F(LogTest, FreeSegmentsAreUsedAgainAndFewKeepTheirMemory) {
  const auto addresses = add_many(4'000);
  const std::size_t segments = log.segments();
  for (const Address address : addresses) end(address);
  EXPECT_LT(log.bytes_resident(), 6 * kSegment);
  add_many(4'000);
  EXPECT_LE(log.segments(), segments + 1);
}

TEST_F(LogTest, SegmentsOfTheOtherFormAreNamedUntilNoneIsLeft) {
  add_many(80);
  EXPECT_EQ(log.misfit(), kNoSegment);
  log.set_used_fields(true);
  EXPECT_NE(log.misfit(), kNoSegment);
}

}  // namespace
}  // namespace larder::engine
