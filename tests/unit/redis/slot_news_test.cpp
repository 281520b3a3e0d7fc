// Which of two words on a slot is the newer one: by hand, and against a cluster whose servers learn late.
#include "redis/slot_news.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "support/seed.hpp"

namespace larder::redis {
namespace {

class SlotNewsTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kSlot = 7;
  static constexpr std::size_t kServers = 3;

  bool answer(SlotNews::Order asked, bool as_known, std::uint64_t epoch) {
    news->begin_answer(asked, kServers);
    const bool believed = news->believes(kSlot, as_known, epoch);
    news->end_answer();
    return believed;
  }

  std::unique_ptr<SlotNews> news = std::make_unique<SlotNews>();
};

TEST_F(SlotNewsTest, ALesserEpochIsOld) {
  EXPECT_TRUE(answer(news->ask(), false, 4));
  EXPECT_FALSE(answer(news->ask(), false, 3));
  EXPECT_TRUE(answer(news->ask(), false, 5));
  EXPECT_FALSE(answer(news->ask(), false, 4)) << "what was believed once is old by now";
}

TEST_F(SlotNewsTest, WhatWasAskedBeforeMovedIsOldWhateverItSays) {
  answer(news->ask(), false, 4);
  const auto before = news->ask();
  news->moved(kSlot);
  EXPECT_FALSE(answer(before, false, 9));
  EXPECT_TRUE(answer(news->ask(), false, 9));
}

TEST_F(SlotNewsTest, MovedRefutesTheOwnerThatItMovedFrom) {
  answer(news->ask(), false, 4);
  news->moved(kSlot);
  EXPECT_FALSE(answer(news->ask(), false, 4)) << "a server that has not heard of it yet";
  EXPECT_TRUE(answer(news->ask(), true, 5)) << "the one that MOVED named";
  EXPECT_FALSE(answer(news->ask(), false, 4));
}

TEST_F(SlotNewsTest, WithoutEpochsTheOrderDecides) {
  EXPECT_TRUE(answer(news->ask(), false, 0));
  const auto before = news->ask();
  news->moved(kSlot);
  EXPECT_FALSE(answer(before, false, 0));
  EXPECT_TRUE(answer(news->ask(), false, 0));
}

TEST_F(SlotNewsTest, WhatAllServersSayInTheEndIsBelieved) {
  answer(news->ask(), false, 40);
  // A cluster that was made anew counts from the beginning.
  for (std::size_t i = 0; i < kServers; ++i) EXPECT_FALSE(answer(news->ask(), false, 1));
  EXPECT_TRUE(answer(news->ask(), false, 1));
}

/// A cluster of one slot, whose servers know of its owners up to a point in its history each.
struct SlotHistory {
  struct Reign {
    std::size_t owner;
    std::uint64_t epoch;
  };
  std::vector<Reign> reigns{{0, 1}};
  std::vector<std::size_t> known;  ///< By server: the last reign it has heard of.

  explicit SlotHistory(std::size_t servers) : known(servers, 0) {}
  void moves_to(std::size_t owner) {
    if (owner == reigns.back().owner) return;
    reigns.push_back({owner, reigns.back().epoch + 1});
    known[owner] = reigns.size() - 1;
  }
  void tell(std::size_t server) { known[server] = reigns.size() - 1; }
};

// Whatever the order of moves, gossip, questions, answers and redirections: an answer never brings an older owner back
// than the last answer that was believed named, nor one that MOVED refuted.
TEST(SlotNewsModelTest, NoAnswerBringsAnOlderOwnerBack) {
  constexpr std::size_t kServers = 5;
  constexpr std::uint32_t kSlot = 12'000;
  auto chance = test::seeded_random();
  for (int run = 0; run < 200; ++run) {
    SlotHistory slot{kServers};
    const auto news = std::make_unique<SlotNews>();
    news->begin_answer(news->ask(), kServers);
    news->believes(kSlot, false, slot.reigns[0].epoch);
    news->end_answer();
    std::size_t owner = 0,
                floor = 0;  // The reign that whatever is believed must not be older than.
    bool by_moved = false;
    struct Question {
      SlotNews::Order asked;
      std::size_t tells;  ///< The reign that its answer names.
      bool before_moved = false;
    };
    std::optional<Question> question;
    const auto deliver = [&](std::size_t servers) {
      const auto& told = slot.reigns[question->tells];
      const bool as_known = told.owner == owner;
      news->begin_answer(question->asked, servers);
      const bool believed = news->believes(kSlot, as_known, told.epoch);
      news->end_answer();
      if (!as_known && believed) {
        EXPECT_FALSE(question->before_moved);
        EXPECT_GE(question->tells, floor + (by_moved ? 1 : 0));
        owner = told.owner;
      }
      if (believed && question->tells >= floor + (by_moved ? 1 : 0)) {
        floor = question->tells;
        by_moved = by_moved && question->before_moved;
      }
      question.reset();
    };
    for (int step = 0; step < 300; ++step) {
      switch (chance.below(5)) {
        case 0:
          slot.moves_to(chance.below(kServers));
          break;
        case 1:
          slot.tell(chance.below(kServers));
          break;
        case 2:
          if (!question) question = Question{news->ask(), slot.known[chance.below(kServers)]};
          break;
        case 3:
          // Never believes all: that is for clusters that were made anew.
          if (question) deliver(1'000'000);
          break;
        case 4: {
          const auto& says = slot.reigns[slot.known[owner]];
          if (says.owner == owner) break;
          news->moved(kSlot);
          owner = says.owner;
          by_moved = true;
          if (question) question->before_moved = true;
          break;
        }
      }
    }
    for (std::size_t server = 0; server < kServers; ++server) slot.tell(server);
    question.reset();
    // One look when all have heard of all, and what is believed is so.
    question = Question{news->ask(), slot.known[0]};
    deliver(1'000'000);
    ASSERT_EQ(owner, slot.reigns.back().owner) << "run " << run;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace larder::redis
