// The life of a load as a state machine: who leads, who waits, what an erase voids, who takes over.
#include "cache/flight_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cache/words.hpp"

namespace larder::cache {
namespace {

using Role = Joined::Role;
using What = Wake::What;

Outcome value(std::string bytes) {
  return outcome_of(std::optional<std::string>(std::move(bytes)));
}

class FlightTableTest : public testing::Test {
 protected:
  FlightTable table{{1, 2}, 3};
  Wakes wakes;
};

TEST_F(FlightTableTest, TheFirstLeadsAndTheOthersWait) {
  EXPECT_EQ(table.join("k", 0).role, Role::lead);
  EXPECT_EQ(table.join("k", 0).role, Role::wait);
  EXPECT_EQ(table.join("other", 0).role, Role::lead);
  EXPECT_EQ(table.flights(), 2u);
}

TEST_F(FlightTableTest, ALandedLoadWakesAllWhoWaitWithOneOutcome) {
  const Joined leader = table.join("k", 0);
  const Joined first = table.join("k", 0);
  const Joined second = table.join("k", 0);

  const Outcome outcome = value("v");
  EXPECT_TRUE(table.landed(leader.ticket, outcome, true, wakes));

  ASSERT_EQ(wakes.size(), 2u);
  EXPECT_EQ(wakes[0].who, first.ticket);
  EXPECT_EQ(wakes[1].who, second.ticket);
  EXPECT_EQ(wakes[1].what, What::landed);
  EXPECT_EQ(wakes[1].outcome.get(), outcome.get());
}

TEST_F(FlightTableTest, WhoComesWhileTheValueIsOnItsWayToTheStoreIsServedAtOnce) {
  const Joined leader = table.join("k", 0);
  table.landed(leader.ticket, value("v"), true, wakes);

  const Joined late = table.join("k", 0);

  EXPECT_EQ(late.role, Role::landed);
  EXPECT_EQ(***late.outcome, "v");
}

TEST_F(FlightTableTest, AfterTheFillTheNextMissStartsAnew) {
  const Joined leader = table.join("k", 0);
  table.landed(leader.ticket, value("v"), true, wakes);
  table.stored(leader.ticket, wakes);

  EXPECT_EQ(table.flights(), 0u);
  EXPECT_EQ(table.join("k", 0).role, Role::lead);
}

TEST_F(FlightTableTest, ALoadWithNothingToStoreEndsAsItLands) {
  const Joined leader = table.join("k", 0);
  EXPECT_FALSE(table.landed(leader.ticket, value("v"), false, wakes));
  EXPECT_EQ(table.flights(), 0u);
}

TEST_F(FlightTableTest, AnEraseDuringALoadKeepsItsValueFromTheStore) {
  const Joined leader = table.join("k", 0);
  const Joined before = table.join("k", 0);

  EXPECT_EQ(table.invalidate("k"), std::nullopt);

  EXPECT_FALSE(table.landed(leader.ticket, value("old"), true, wakes));
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0].who, before.ticket);
}

TEST_F(FlightTableTest, WhoComesAfterTheEraseStartsALoadOfItsOwn) {
  const Joined old_leader = table.join("k", 0);
  table.invalidate("k");

  const Joined new_leader = table.join("k", 0);
  EXPECT_EQ(new_leader.role, Role::lead);

  EXPECT_FALSE(table.landed(old_leader.ticket, value("old"), true, wakes));
  EXPECT_TRUE(table.landed(new_leader.ticket, value("new"), true, wakes));
  table.stored(new_leader.ticket, wakes);
  EXPECT_EQ(table.flights(), 0u);
}

TEST_F(FlightTableTest, AnEraseDuringTheFillWaitsUntilItHasEnded) {
  const Joined leader = table.join("k", 0);
  table.landed(leader.ticket, value("v"), true, wakes);

  const auto writer = table.invalidate("k");
  ASSERT_TRUE(writer);
  EXPECT_TRUE(wakes.empty());

  table.stored(leader.ticket, wakes);
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0].who, *writer);
  EXPECT_EQ(wakes[0].what, What::stored);
}

TEST_F(FlightTableTest, AWriterThatLeavesIsNotWoken) {
  const Joined leader = table.join("k", 0);
  table.landed(leader.ticket, value("v"), true, wakes);
  table.left(*table.invalidate("k"));

  table.stored(leader.ticket, wakes);

  EXPECT_TRUE(wakes.empty());
}

TEST_F(FlightTableTest, ALeaderThatGoesAwayHandsTheLoadToTheNextWhoStillWaits) {
  const Joined leader = table.join("k", 0);
  const Joined gone = table.join("k", 0);
  const Joined next = table.join("k", 0);
  table.left(gone.ticket);

  table.abandoned(leader.ticket, wakes);

  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0].who, next.ticket);
  EXPECT_EQ(wakes[0].what, What::lead);
  EXPECT_TRUE(table.landed(next.ticket, value("v"), true, wakes));
}

TEST_F(FlightTableTest, ALeaderThatGoesAwayAloneLeavesNothingBehind) {
  table.abandoned(table.join("k", 0).ticket, wakes);
  EXPECT_EQ(table.flights(), 0u);
  EXPECT_TRUE(wakes.empty());
}

TEST_F(FlightTableTest, AHandedOnLoadThatWasVoidedStaysVoid) {
  const Joined leader = table.join("k", 0);
  const Joined next = table.join("k", 0);
  table.invalidate("k");

  table.abandoned(leader.ticket, wakes);

  EXPECT_FALSE(table.landed(next.ticket, value("old"), true, wakes));
}

TEST_F(FlightTableTest, OnlySoManyMayWait) {
  table.join("k", 0);
  const Joined first = table.join("k", 0);
  table.join("k", 0);
  table.join("k", 0);
  EXPECT_EQ(table.join("k", 0).role, Role::full);

  table.left(first.ticket);
  EXPECT_EQ(table.join("k", 0).role, Role::wait);
}

// --- circles ---

constexpr Caller kAnna = 1, kBert = 2, kCleo = 3;

TEST_F(FlightTableTest, ALoaderThatLoadsItsOwnKeyIsRefused) {
  table.join("k", kAnna);
  EXPECT_EQ(table.join("k", kAnna).role, Role::would_deadlock);
}

TEST_F(FlightTableTest, ALoaderMayLoadOtherKeys) {
  table.join("k", kAnna);
  EXPECT_EQ(table.join("other", kAnna).role, Role::lead);
}

TEST_F(FlightTableTest, ACircleOfThreeIsRefusedAtItsLastLink) {
  table.join("a", kAnna);
  table.join("b", kBert);
  table.join("c", kCleo);
  EXPECT_EQ(table.join("b", kAnna).role, Role::wait);
  EXPECT_EQ(table.join("c", kBert).role, Role::wait);
  EXPECT_EQ(table.join("a", kCleo).role, Role::would_deadlock);
}

TEST_F(FlightTableTest, AChainThatEndsIsNoCircle) {
  table.join("a", kAnna);
  table.join("b", kBert);
  table.join("b", kAnna);
  EXPECT_EQ(table.join("a", kCleo).role, Role::wait);
}

TEST_F(FlightTableTest, WhoWasHandedTheLoadWaitsForNobody) {
  table.join("a", kAnna);
  const Joined leader = table.join("b", 0);
  const Joined next = table.join("b", kAnna);
  table.abandoned(leader.ticket, wakes);
  ASSERT_EQ(wakes.at(0).who, next.ticket);

  EXPECT_EQ(table.join("b", kAnna).role, Role::would_deadlock);
  EXPECT_EQ(table.join("a", kBert).role, Role::wait);
}

TEST_F(FlightTableTest, ACoroutineIsNobodyUntilItsPlainLoaderRuns) {
  const Joined leader = table.join("k", 0);
  EXPECT_EQ(table.join("k", kAnna).role, Role::wait);
  table.lead_on(leader.ticket, kBert);
  EXPECT_EQ(table.join("k", kBert).role, Role::would_deadlock);
}

}  // namespace
}  // namespace larder::cache
