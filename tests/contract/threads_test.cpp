// The Store contract under threads: totals are exact, exactly one wins.
#include <larder/redis.hpp>

#include <atomic>
#include <deque>
#include <set>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "contract/store_contract.hpp"
#include "support/seed.hpp"
#include "support/servers.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

constexpr int kThreads = 8;

void in_threads(const std::function<void(int)>& work) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
}

class Threads : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Threads);

TEST_P(Threads, EightThreadsCountToAnExactTotal) {
  in_threads([&](int) {
    for (int i = 0; i < 500; ++i) store.add("n", std::int64_t{1}).value();
  });
  EXPECT_EQ(store.get("n").value(), Bytes("4000"));
}

// Over a connection a thread that calls alone serves it itself, and hands it back when others come.
TEST_P(Threads, OneAloneAndManyTakeTurns) {
  std::int64_t sum = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(store.add("n", std::int64_t{1}).value(), ++sum);
    // At once after a call that was alone, and while another is.
    asio::io_context context;
    bool done = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          (co_await store.async_add("n", std::int64_t{1})).value();
          done = true;
        },
        asio::detached);
    std::jthread other([&] {
      for (int i = 0; i < round; ++i) store.add("m", std::int64_t{1}).value();
    });
    context.run();
    EXPECT_TRUE(done);
    ++sum;
  }
  in_threads([&](int i) {
    for (int n = 0; n < 50; ++n) {
      store.add("n", std::int64_t{1}).value();
      if (n % 8 == i) std::this_thread::sleep_for(std::chrono::milliseconds{3});
    }
  });
  EXPECT_EQ(store.add("n", std::int64_t{0}).value(), sum + 400);
  EXPECT_EQ(store.add("m", std::int64_t{0}).value(), 190);
}

TEST_P(Threads, ExactlyOneCreates) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> winners{0};
    const std::string key = "k" + std::to_string(round);
    in_threads([&](int i) {
      winners += store.set(key, std::to_string(i), {.condition = SetIf::absent}).value();
    });
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(Threads, ALockIsHeldByOneAtATimeAndItsTokensGrow) {
  std::atomic<int> inside{0};
  std::atomic<std::uint64_t> last{0};
  in_threads([&](int i) {
    const std::string owner = "owner" + std::to_string(i);
    for (int done = 0; done < 25;) {
      const LockGrant grant = store.lock_acquire("lock", owner, std::chrono::seconds{30}).value();
      if (!grant.taken()) continue;
      EXPECT_EQ(inside.fetch_add(1), 0);
      EXPECT_GT(grant.token, last.exchange(grant.token));
      inside.fetch_sub(1);
      EXPECT_TRUE(store.lock_release("lock", owner).value());
      ++done;
    }
  });
}

TEST_P(Threads, OfAllWhoMissOneGetsTheLease) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> granted{0}, filled{0};
    const std::string key = "k" + std::to_string(round);
    in_threads([&](int) {
      const Lease lease = store.lease(key, std::chrono::seconds{30}).value();
      if (!lease.granted()) return;
      ++granted;
      filled += store.fill(key, "v", lease.token).value();
    });
    // Who comes after the fill reads a hit.
    EXPECT_EQ(granted, 1);
    EXPECT_EQ(filled, 1);
  }
}

TEST_P(Threads, ALimitLetsNoMoreThanItsMaximumThrough) {
  std::atomic<int> allowed{0};
  in_threads([&](int) {
    for (int i = 0; i < 50; ++i)
      allowed += store.limit_take("c", {100, std::chrono::hours{2}}).value().allowed;
  });
  EXPECT_EQ(allowed, 100);
}

TEST_P(Threads, TheNewestTokenStays) {
  in_threads([&](int i) {
    for (std::uint64_t n = 1; n <= 50; ++n) {
      const std::uint64_t token = n * kThreads + static_cast<std::uint64_t>(i);
      store.fenced_set("k", std::to_string(token), token).value();
    }
  });
  EXPECT_EQ(store.get("k").value(), Bytes(std::to_string(50 * kThreads + kThreads - 1)));
}

TEST_P(Threads, CompareAndSetLosesNoUpdate) {
  store.set("n", "0").value();
  in_threads([&](int) {
    for (int done = 0; done < 50;) {
      const Bytes seen = store.get("n").value().value();
      done += store.compare_and_set("n", seen, std::to_string(std::stoi(seen) + 1)).value();
    }
  });
  EXPECT_EQ(store.get("n").value(), Bytes("400"));
}

TEST_P(Threads, NobodyReadsAnothersValue) {
  std::atomic<int> wrong{0};
  in_threads([&](int id) {
    const std::string key = "mine:" + std::to_string(id);
    for (int i = 0; i < 300; ++i) {
      const std::string value = key + "=" + std::to_string(i);
      store.set(key, value).value();
      wrong += store.get(key).value() != Bytes(value);
    }
  });
  EXPECT_EQ(wrong, 0);
}

// One coroutine among many: reads back what only it writes, gives up at random, and never sees another's value.
asio::awaitable<void> impatient(Store store, std::string key, std::uint64_t seed,
                                std::atomic<int>& wrong) {
  base::Random random{seed};
  std::set<std::string> possible{""};
  for (int i = 0; i < 40; ++i) {
    const std::string value = key + "=" + std::to_string(i);
    const Millis deadline{random.below(4) == 0 ? 1 : 2'000};
    const auto written = co_await store.async_set(key, value, {}, {.deadline = deadline});
    // In doubt, both the old and the new value may be there.
    if (written) possible.clear();
    if (written || written.error().effect == Effect::maybe_executed) possible.insert(value);
    const auto read = co_await store.async_get(key, {.deadline = deadline});
    if (read && !possible.contains(read->value_or(Bytes{}))) ++wrong;
  }
}

TEST_P(Threads, ImpatientCoroutinesOnManyThreadsNeverReadAnothersValue) {
  const std::uint64_t seed = test::seed();
  std::atomic<int> wrong{0};
  in_threads([&](int id) {
    asio::io_context context;
    for (int i = 0; i < 10; ++i) {
      const std::string key = "mine:" + std::to_string(id * 10 + i);
      asio::co_spawn(context,
                     impatient(store, key, seed + static_cast<std::uint64_t>(id * 10 + i), wrong),
                     asio::detached);
    }
    context.run();
  });
  EXPECT_EQ(wrong, 0);
}

TEST_P(Threads, CoroutinesMayBeCancelledWhileTheirAnswerArrives) {
  std::atomic<int> odd{0};
  in_threads([&](int id) {
    asio::io_context context;
    std::deque<asio::cancellation_signal> stops(50);
    for (auto& stop : stops) {
      asio::co_spawn(
          context,
          [&]() -> asio::awaitable<void> {
            const auto sum = co_await store.async_add("n" + std::to_string(id), std::int64_t{1});
            odd += sum.has_error() && sum.error().code != Errc::cancelled;
          },
          asio::bind_cancellation_slot(stop.slot(), asio::detached));
      asio::post(context, [&] { stop.emit(asio::cancellation_type::terminal); });
    }
    context.run();
  });
  EXPECT_EQ(odd, 0);
}

// Subscriptions, their topics and their connections come and go while messages flow; of what is heard nothing is twice, and
// what is missing lies in a gap.
TEST(SubscriptionThreads, ComeAndGoWhileMessagesFlow) {
  const test::RedisServer server;
  const Redis redis = Redis::over(Store::open(server.url()).value()).value();
  const auto steady = redis.subscribe({.channels = {"news"}}, {.queue_max = 1'000'000}).value();
  std::atomic<bool> stop{false};
  std::jthread publisher([&] {
    for (int n = 0; !stop; ++n) redis.publish("news", std::to_string(n)).value();
  });
  std::jthread killer([&] {
    while (!stop) {
      redis.command({"CLIENT", "KILL", "TYPE", "pubsub"}).value();
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  });
  std::vector<std::jthread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) {
        std::atomic<int> heard{0};
        auto brief = redis.subscribe({.channels = {"news"}, .patterns = {"n*"}}).value();
        brief.listen([&heard](const RedisMessage&) { ++heard; }).value();
        brief.add({.channels = {"other" + std::to_string(i)}}).value();
        brief.remove({.patterns = {"n*"}});
        while (heard < 3) std::this_thread::yield();
      }
    });
  }
  others.clear();
  stop = true;
  publisher.join();
  killer.join();
  int last = -1, gaps = 0;
  bool in_gap = false;
  while (const auto message = steady.next(std::chrono::milliseconds{20}).value()) {
    if (message->kind == RedisMessage::Kind::message) {
      const int number = std::stoi(message->payload);
      EXPECT_GT(number, last);
      if (last >= 0 && !in_gap) {
        EXPECT_EQ(number, last + 1) << "outside of a gap nothing is missed";
      }
      last = number;
      continue;
    }
    in_gap = message->kind == RedisMessage::Kind::gap_begins;
    gaps += in_gap;
    // What was published between the end of the gap and the message before it was missed in it.
    if (!in_gap) last = -1;
  }
  EXPECT_GT(gaps, 0);
}

}  // namespace
}  // namespace larder
