#include "redis/pipeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/random.hpp"
#include "redis/call.hpp"
#include "redis/turns.hpp"
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

/// Threads that call and wait, one after the other instead of all at once, and the io thread with its coroutines.
class TurnsByChance {
 public:
  explicit TurnsByChance(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_.below(8)) {
      case 0:
      case 1:
      case 2:
        return call();
      case 3:
      case 4:
        return lead();
      case 5:
        return give_up();
      case 6:
        return random_.below(8) == 0 ? coroutine_calls() : io_thread();
      default:
        return io_thread();
    }
  }

  void expect_order() const {
    if (turns_.is_direct() && pipeline_.size() > 0) {
      ASSERT_NE(turns_.leader(), nullptr) << "nobody reads";
    }
    if (turns_.is_leaving() && !turns_.leader()) {
      ASSERT_TRUE(told_) << "the io thread does not know";
    }
    if (!turns_.is_direct() && !turns_.is_leaving()) {
      ASSERT_EQ(turns_.leader(), nullptr);
    }
    if (turns_.leader()) {
      ASSERT_TRUE(std::any_of(threads_.begin(), threads_.end(), [this](const Thread& thread) {
        return thread.ticket != 0 && &thread.waiting == turns_.leader();
      })) << "one leads who has left";
    }
  }
  int direct_calls() const { return direct_calls_; }

 private:
  struct Thread final : Call {
    void received(const resp::Value&) override {}
    void completed(std::optional<Error>) noexcept override { ticket = 0; }
    Waiter* waiter() noexcept override { return &waiting; }
    Waiter waiting;
    Ticket ticket = 0;  // 0: it does not call.
  };

  void call() {
    Thread& thread = threads_[random_.below(threads_.size())];
    if (thread.ticket != 0) return;
    thread.ticket = pipeline_.submit("x", 1, thread).value();
    if (turns_.try_to_lead(thread.waiting)) return;
    if (!turns_.is_direct() && turns_.ask_to_enter()) asked_ = true;
  }
  void lead() {
    const Waiter* const leader = turns_.leader();
    if (!leader) return;
    base::Buffer out;
    pipeline_.take(out, {});
    if (!replies(leader) && !turns_.is_leaving()) return;
    if (turns_.pass_on(pipeline_)) told_ = true;
  }
  // True: the one of `leader` was among them.
  bool replies(const Waiter* leader) {
    bool over = false;
    for (auto left = random_.below(4); left > 0; --left) {
      const auto place = pipeline_.next_reply();
      if (!place) break;
      Call* const call = place->call;
      if (!call) continue;
      over = over || call->waiter() == leader;
      direct_calls_ += leader != nullptr;
      call->completed(std::nullopt);
    }
    return over;
  }
  void give_up() {
    Thread& thread = threads_[random_.below(threads_.size())];
    if (thread.ticket == 0) return;
    pipeline_.leave(thread.ticket);
    thread.ticket = 0;
    if (turns_.leader() == &thread.waiting && turns_.pass_on(pipeline_)) told_ = true;
  }
  void coroutine_calls() {
    pipeline_.submit("y", 1, coroutine_).value();
    if (turns_.want_back()) told_ = true;
  }
  void io_thread() {
    if (std::exchange(asked_, false)) {
      if (turns_.is_entering()) turns_.entered(pipeline_);
      if (turns_.is_leaving() && !turns_.leader()) told_ = true;
    }
    if (std::exchange(told_, false)) turns_.returned();
    if (turns_.is_direct() || turns_.is_leaving()) return;
    base::Buffer out;
    pipeline_.take(out, {});
    replies(nullptr);
  }

  base::Random random_;
  Pipeline pipeline_;
  Turns turns_;
  std::array<Thread, 5> threads_;
  Caller coroutine_;
  bool asked_ =
      false;  // The io thread knows that threads want the connection; that it can have it back.
  bool told_ = false;
  int direct_calls_ = 0;
};

TEST(TurnsTest, WhileThreadsWaitSomebodyReads) {
  TurnsByChance world(test::seed());
  for (int i = 0; i < 200'000 && !testing::Test::HasFatalFailure(); ++i) {
    world.step();
    world.expect_order();
  }
  EXPECT_GT(world.direct_calls(), 1'000);
}

TEST(TurnsTest, TheFewWhoWereServedTogetherAreWaitedFor) {
  Turns turns;
  EXPECT_FALSE(turns.are_others_about_to_call(1)) << "nobody was served yet";
  turns.served(1);
  EXPECT_FALSE(turns.are_others_about_to_call(1)) << "it was alone";
  turns.served(7);
  EXPECT_TRUE(turns.are_others_about_to_call(1));
  EXPECT_FALSE(turns.are_others_about_to_call(7)) << "all are here";
  turns.served(60);
  EXPECT_FALSE(turns.are_others_about_to_call(1)) << "a crowd fills two writes";
}

TEST(TurnsTest, ACoroutineEndsTheDirectWay) {
  Pipeline pipeline;
  Turns turns;
  while (!turns.ask_to_enter()) {
  }
  turns.entered(pipeline);
  ASSERT_TRUE(turns.is_direct());
  Waiter waiter;
  EXPECT_TRUE(turns.try_to_lead(waiter));
  Waiter another;
  EXPECT_FALSE(turns.try_to_lead(another));
  EXPECT_FALSE(turns.want_back()) << "somebody still leads";
  EXPECT_TRUE(turns.pass_on(pipeline));
  EXPECT_EQ(turns.leader(), nullptr);
  turns.returned();
  EXPECT_FALSE(turns.is_direct());
}

}  // namespace
}  // namespace larder::redis
