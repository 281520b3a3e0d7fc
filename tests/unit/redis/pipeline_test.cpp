#include "redis/pipeline.hpp"

#include <gtest/gtest.h>

#include "redis/call.hpp"
#include "support/seed.hpp"

namespace larder::redis {
namespace {

using namespace std::chrono_literals;

struct Caller final : Call {
  void received(const resp::Value&) override {}
  void completed(std::optional<Error>) noexcept override {}
};

class PipelineTest : public testing::Test {
 protected:
  Ticket submit(Caller& caller, std::string_view bytes, std::uint32_t replies = 1) {
    return pipeline.submit(bytes, replies, caller).value();
  }
  // What the next write would carry.
  std::string take(base::Instant now = {}) {
    out.clear();
    pipeline.take(out, now);
    return std::string(out.view());
  }
  Call* next() { return pipeline.next_reply().value().call; }

  Pipeline pipeline{{.requests_max = 4, .unsent_bytes_max = 64}};
  base::Buffer out;
  Caller a, b, c, d;
};

TEST_F(PipelineTest, WhatQueuedUpLeavesAsOneWrite) {
  submit(a, "A");
  submit(b, "BB");
  EXPECT_EQ(take(), "ABB");
  EXPECT_EQ(take(), "");
}

TEST_F(PipelineTest, RepliesBelongToRequestsInOrder) {
  submit(a, "A");
  submit(b, "B");
  take();
  EXPECT_EQ(next(), &a);
  EXPECT_EQ(next(), &b);
  EXPECT_EQ(pipeline.size(), 0u);
}

TEST_F(PipelineTest, ARequestOfSeveralCommandsHasSeveralReplies) {
  submit(a, "A1A2", 2);
  submit(b, "B");
  take();
  EXPECT_FALSE(pipeline.next_reply()->last);
  EXPECT_TRUE(pipeline.next_reply()->last);
  EXPECT_EQ(next(), &b);
}

TEST_F(PipelineTest, AReplyThatNobodyAskedForIsNoticed) {
  EXPECT_FALSE(pipeline.next_reply());
  submit(a, "A");
  EXPECT_FALSE(pipeline.next_reply()) << "it was not sent yet";
}

TEST_F(PipelineTest, ALateReplyIsSwallowedByItsOwnSlot) {
  const Ticket first = submit(a, "A");
  submit(b, "B");
  take();
  EXPECT_EQ(pipeline.leave(first)->effect, Effect::maybe_executed);
  EXPECT_EQ(next(), nullptr);
  EXPECT_EQ(next(), &b);
}

TEST_F(PipelineTest, WhoLeavesBetweenTwoRepliesLeavesTheSecondBehind) {
  const Ticket first = submit(a, "A1A2", 2);
  submit(b, "B");
  take();
  next();
  EXPECT_EQ(pipeline.leave(first)->effect, Effect::maybe_executed);
  EXPECT_EQ(next(), nullptr);
  EXPECT_EQ(next(), &b);
}

TEST_F(PipelineTest, WhatWasNotTakenIsNeverSentAfterItsCallerLeft) {
  submit(a, "A");
  const Ticket second = submit(b, "BBB");
  submit(c, "C");
  EXPECT_EQ(pipeline.leave(second)->effect, Effect::not_sent);
  EXPECT_EQ(take(), "AC");
  EXPECT_EQ(next(), &a);
  EXPECT_EQ(next(), &c);
}

TEST_F(PipelineTest, LeavingTwiceOrAfterTheReplyIsTooLate) {
  const Ticket first = submit(a, "A");
  const Ticket second = submit(b, "B");
  take();
  next();
  EXPECT_FALSE(pipeline.leave(first));
  EXPECT_TRUE(pipeline.leave(second));
  EXPECT_FALSE(pipeline.leave(second));
}

TEST_F(PipelineTest, AFullQueueShedsBeforeItSends) {
  for (Caller* caller : {&a, &b, &c, &d}) submit(*caller, "x");
  const auto refused = pipeline.submit("x", 1, a);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_EQ(refused.error().effect, Effect::not_sent);
}

TEST_F(PipelineTest, UnsentBytesAreBounded) {
  submit(a, std::string(60, 'x'));
  EXPECT_EQ(pipeline.submit("too much", 1, b).error().code, Errc::overloaded);
  take();
  EXPECT_TRUE(pipeline.submit("fits again", 1, b));
}

TEST_F(PipelineTest, CallersWhoGiveUpWhileNothingIsSentLeaveNoTrace) {
  for (int i = 0; i < 1'000; ++i) pipeline.leave(submit(a, "0123456789"));
  EXPECT_EQ(pipeline.size(), 0u);
  submit(b, "B");
  EXPECT_EQ(take(), "B");
}

TEST_F(PipelineTest, ALossCutsWhatWasSentAndKeepsTheRest) {
  submit(a, "A");
  take();
  submit(b, "B");
  EXPECT_EQ(pipeline.cut({}, 0), std::vector<Call*>{&a});
  EXPECT_EQ(take(), "B");
  EXPECT_EQ(next(), &b);
}

TEST_F(PipelineTest, OfACutWriteOnlyWhatHadBegunToLeaveIsInDoubt) {
  submit(a, "AAA");
  submit(b, "BBB");
  submit(c, "CCC");
  take();
  submit(d, "D");
  EXPECT_EQ(pipeline.cut(out, 4), (std::vector<Call*>{&a, &b})) << "four bytes reach into B";
  EXPECT_EQ(take(), "CCCD");
  EXPECT_EQ(next(), &c);
  EXPECT_EQ(next(), &d);
}

TEST_F(PipelineTest, AWriteThatNeverBeganIsInDoubtForNobody) {
  submit(a, "A");
  submit(b, "B");
  take();
  EXPECT_TRUE(pipeline.cut(out, 0).empty());
  EXPECT_EQ(take(), "AB");
}

TEST_F(PipelineTest, EarlierWritesAreInDoubtEvenIfTheLastNeverBegan) {
  submit(a, "AA");
  take();
  submit(b, "BB");
  take();
  EXPECT_EQ(pipeline.cut(out, 0), std::vector<Call*>{&a});
  EXPECT_EQ(take(), "BB");
}

TEST_F(PipelineTest, WhoLeftIsNotCutAndNotSentAgain) {
  const Ticket first = submit(a, "A");
  const Ticket second = submit(b, "B");
  submit(c, "C");
  take();
  pipeline.leave(first);
  pipeline.leave(second);
  EXPECT_TRUE(pipeline.cut(out, 0).empty());
  EXPECT_EQ(take(), "C");
  EXPECT_EQ(next(), &c);
}

TEST_F(PipelineTest, TheOldestWaitingRequestIsKnown) {
  EXPECT_FALSE(pipeline.oldest_sent());
  submit(a, "A");
  EXPECT_FALSE(pipeline.oldest_sent());
  take(base::Instant{5s});
  submit(b, "B");
  take(base::Instant{7s});
  EXPECT_EQ(pipeline.oldest_sent(), base::Instant{5s});
  next();
  EXPECT_EQ(pipeline.oldest_sent(), base::Instant{7s});
}

// Against the plainest model there is: who is owed what, in which order, whatever leaves or breaks in between.
TEST(PipelineModelTest, NoReplyEverReachesAnother) {
  base::Random random = test::seeded_random();
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  for (int round = 0; round < 300; ++round) {
    Pipeline pipeline;
    std::deque<Caller> callers;
    struct Owed {
      Ticket ticket;
      Call* call;
      std::uint32_t replies;
      std::string bytes;
    };
    std::deque<Owed> sent, unsent;
    base::Buffer writing;
    for (int step = 0; step < 200; ++step) {
      if (one_in(2)) {
        Caller& caller = callers.emplace_back();
        const auto replies = static_cast<std::uint32_t>(1 + random() % 3);
        const std::string bytes = "<" + std::to_string(step) + ">";
        unsent.push_back(
            {pipeline.submit(bytes, replies, caller).value(), &caller, replies, bytes});
      } else if (one_in(3)) {
        std::string expected;
        for (auto& owed : unsent) expected += owed.bytes;
        writing.clear();
        ASSERT_EQ(pipeline.take(writing, {}), !expected.empty());
        ASSERT_EQ(writing.view(), expected);
        for (auto& owed : unsent) sent.push_back(std::move(owed));
        unsent.clear();
      } else if (one_in(4)) {
        auto& from = one_in(2) && !unsent.empty() ? unsent : sent;
        if (from.empty()) continue;
        const auto at = from.begin() + static_cast<std::ptrdiff_t>(random() % from.size());
        const auto left = pipeline.leave(at->ticket);
        ASSERT_EQ(left.has_value(), at->call != nullptr);
        if (&from == &unsent) {
          from.erase(at);
        } else {
          at->call = nullptr;
        }
      } else if (one_in(40)) {
        std::vector<Call*> doubtful;
        for (auto& owed : sent) {
          if (owed.call) doubtful.push_back(owed.call);
        }
        ASSERT_EQ(pipeline.cut({}, 0), doubtful);
        sent.clear();
      } else {
        const auto place = pipeline.next_reply();
        ASSERT_EQ(place.has_value(), !sent.empty());
        if (!place) continue;
        ASSERT_EQ(place->call, sent.front().call);
        ASSERT_EQ(place->last, --sent.front().replies == 0);
        if (place->last) sent.pop_front();
      }
    }
  }
}

}  // namespace
}  // namespace larder::redis
