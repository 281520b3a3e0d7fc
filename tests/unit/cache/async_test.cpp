// Cache<T> from coroutines: the same operations, loads shared with threads, cancellation that harms
// nobody else.
#include <larder/cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "unit/cache/scripted_store.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using cache::test::ScriptedDriver;
using testing::ElementsAre;
using testing::Optional;

/// Opens once; a coroutine awaits it.
class Gate {
 public:
  explicit Gate(asio::io_context& io) : timer_(io, asio::steady_timer::time_point::max()) {}
  Task<void> pass() {
    boost::system::error_code opened;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, opened));
  }
  void open() { timer_.expires_at(asio::steady_timer::time_point::min()); }

 private:
  asio::steady_timer timer_;
};

class AsyncCacheTest : public testing::Test {
 protected:
  /// Runs `body` and everything it starts to the end.
  template <class Body>
  void run(Body body) {
    asio::co_spawn(io, std::move(body), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    io.run();
  }
  template <class Body>
  void start(Body body) {
    asio::co_spawn(io, std::move(body), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }

  asio::io_context io;
  std::shared_ptr<ScriptedDriver> driver = std::make_shared<ScriptedDriver>();
  Store store{driver};
  Cache<int> numbers{store, "n", {.ttl = 1h}};
};

TEST(AsyncCacheOperations, AllHaveACoroutineForm) {
  asio::io_context io;
  const Cache<int> numbers(Store::open("memory:").value(), "n", {.ttl = 1h});
  bool finished = false;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        EXPECT_TRUE((co_await numbers.async_set("a", 1)).value());
        EXPECT_FALSE((co_await numbers.async_add("a", 2)).value());
        EXPECT_FALSE((co_await numbers.async_replace(5, 2)).value());
        EXPECT_TRUE((co_await numbers.async_compare_and_set("a", 1, 3)).value());
        EXPECT_THAT((co_await numbers.async_get("a")).value(), Optional(3));
        EXPECT_TRUE((co_await numbers.async_exists("a")).value());
        EXPECT_TRUE((co_await numbers.async_expire("a", 1min)).value());
        EXPECT_LE((co_await numbers.async_ttl("a")).value().left, 1min);
        EXPECT_TRUE((co_await numbers.async_persist("a")).value());
        const std::map<std::string, int> more{{"b", 4}, {"c", 5}};
        (co_await numbers.async_set_many(more)).value();
        const std::vector<std::string> keys{"c", "x", "a"};
        EXPECT_THAT((co_await numbers.async_get_many(keys)).value(),
                    ElementsAre(Optional(5), std::nullopt, Optional(3)));
        EXPECT_EQ((co_await numbers.async_erase_many(keys)).value(), 2u);
        EXPECT_TRUE((co_await numbers.async_erase("b")).value());
        EXPECT_EQ((co_await numbers.async_get("")).error().code, Errc::bad_argument);
        finished = true;
      },
      [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
  io.run();
  EXPECT_TRUE(finished);
}

TEST_F(AsyncCacheTest, ALoaderMayBePlainOrACoroutine) {
  run([&]() -> Task<void> {
    const auto plain = [](Load& load) { return int(load.key().size()); };
    EXPECT_EQ((co_await numbers.async_get_or_load("four", plain)).value(), 4);
    const auto coroutine = [](Load& load) -> Task<int> { co_return int(load.key().size()); };
    EXPECT_EQ((co_await numbers.async_get_or_load("seventy", coroutine)).value(), 7);
    const auto checked = [](Load&) -> Task<Result<std::optional<int>>> {
      co_return std::optional<int>();
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("none", checked)).value(), std::nullopt);
    const auto throws = [](Load&) -> Task<int> {
      throw std::runtime_error("db");
      co_return 0;
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("bad", throws)).error().code,
              Errc::loader_failed);
  });
  EXPECT_EQ(driver->entries.at("n:four").value, "4");
  EXPECT_EQ(driver->entries.at("n:seventy").value, "7");
}

TEST_F(AsyncCacheTest, AHundredCoroutinesCostOneLoad) {
  int loads = 0, right = 0;
  Gate gate(io);
  for (int i = 0; i < 100; ++i) {
    start([&, i]() -> Task<void> {
      const auto load = [&]() -> Task<int> {
        ++loads;
        co_await gate.pass();
        co_return 7;
      };
      const auto got = co_await numbers.async_get_or_load("a", load);
      right += got && *got == 7;
    });
  }
  io.poll();
  EXPECT_EQ(loads, 1);
  gate.open();
  io.run();
  EXPECT_EQ(right, 100);
  EXPECT_EQ(numbers.stats().waits, 99u);
}

TEST_F(AsyncCacheTest, AThreadAndACoroutineShareOneLoad) {
  std::promise<void> loading;
  Gate gate(io);
  start([&]() -> Task<void> {
    const auto load = [&]() -> Task<int> {
      loading.set_value();
      co_await gate.pass();
      co_return 7;
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("a", load)).value(), 7);
  });
  io.poll();
  loading.get_future().wait();
  auto thread =
      std::async(std::launch::async, [&] { return numbers.fetch("a", [] { return 8; }).value(); });
  while (driver->reads < 2) std::this_thread::yield();
  gate.open();
  io.run();
  EXPECT_EQ(thread.get().value, 7);
}

TEST_F(AsyncCacheTest, AWaiterGivesUpAtItsOwnDeadline) {
  Gate gate(io);
  std::optional<Errc> why;
  start([&]() -> Task<void> {
    const auto load = [&]() -> Task<int> {
      co_await gate.pass();
      co_return 7;
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("a", load)).value(), 7);
  });
  start([&]() -> Task<void> {
    const auto got = co_await numbers.async_get_or_load("a", [] { return 8; }, {.wait = 1ms});
    why = got.error().code;
    gate.open();
  });
  io.run();
  EXPECT_EQ(why, Errc::timeout);
}

TEST_F(AsyncCacheTest, ACancelledWaiterLeavesTheOthersAlone) {
  Gate gate(io);
  asio::cancellation_signal stop;
  std::optional<Errc> why;
  start([&]() -> Task<void> {
    const auto load = [&]() -> Task<int> {
      co_await gate.pass();
      co_return 7;
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("a", load)).value(), 7);
  });
  asio::co_spawn(
      io,
      [&]() -> Task<void> {
        const auto got = co_await numbers.async_get_or_load("a", [] { return 8; });
        why = got.error().code;
      },
      asio::bind_cancellation_slot(stop.slot(), asio::detached));
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(why, Errc::cancelled);
  gate.open();
  io.run();
}

TEST_F(AsyncCacheTest, ACancelledLeaderHandsTheLoadToTheNextWhoWaits) {
  Gate gate(io);
  asio::cancellation_signal stop;
  std::optional<Errc> why;
  std::optional<Fetched<int>> got;
  asio::co_spawn(
      io,
      [&]() -> Task<void> {
        const auto load = [&]() -> Task<int> {
          co_await gate.pass();
          co_await asio::this_coro::executor;
          throw std::runtime_error("stopped on the way");
          co_return 7;
        };
        const auto mine = co_await numbers.async_get_or_load("a", load);
        why = mine.error().code;
      },
      asio::bind_cancellation_slot(stop.slot(), asio::detached));
  start([&]() -> Task<void> {
    const auto load = []() -> Task<int> { co_return 8; };
    const auto fetched = co_await numbers.async_fetch("a", load);
    got = fetched.value();
  });
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  io.run();
  EXPECT_EQ(why, Errc::cancelled);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->value, 8);
  EXPECT_EQ(got->source, Source::loaded);
}

TEST_F(AsyncCacheTest, ALeaderDestroyedWithItsContextHandsTheLoadOn) {
  auto doomed = std::make_unique<asio::io_context>();
  asio::co_spawn(
      *doomed,
      [&]() -> Task<void> {
        const auto load = [&]() -> Task<int> {
          Gate never(*doomed);
          co_await never.pass();
          co_return 7;
        };
        (void)co_await numbers.async_get_or_load("a", load);
      },
      asio::detached);
  doomed->poll();
  std::optional<int> got;
  start([&]() -> Task<void> {
    const auto load = []() -> Task<int> { co_return 8; };
    got = (co_await numbers.async_get_or_load("a", load)).value();
  });
  io.poll();
  EXPECT_FALSE(got);
  doomed.reset();
  io.run();
  EXPECT_THAT(got, Optional(8));
}

TEST_F(AsyncCacheTest, ABlockingLoadInsideAPlainLoaderOfACoroutineIsFoundOut) {
  std::optional<Errc> inner;
  run([&]() -> Task<void> {
    const auto outer = [&] {
      inner = numbers.get_or_load("a", [] { return 2; }).error().code;
      return 1;
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("a", outer)).value(), 1);
  });
  EXPECT_EQ(inner, Errc::would_deadlock);
}

TEST_F(AsyncCacheTest, AnEraseDuringTheLoadKeepsItsValueFromTheStore) {
  run([&]() -> Task<void> {
    const auto load = [&]() -> Task<int> {
      (co_await numbers.async_erase("a")).value();
      co_return 1;
    };
    EXPECT_EQ((co_await numbers.async_get_or_load("a", load)).value(), 1);
  });
  EXPECT_TRUE(driver->entries.empty());
}

TEST_F(AsyncCacheTest, AStoreThatIsDownFailsNoLoad) {
  driver->read_error = Error{Errc::disconnected, Effect::not_sent, "gone"};
  driver->write_error = driver->read_error;
  run([&]() -> Task<void> {
    EXPECT_EQ((co_await numbers.async_get_or_load("a", [] { return 1; })).value(), 1);
  });
  EXPECT_EQ(numbers.stats().store_fill_errors, 1u);
}

TEST_F(AsyncCacheTest, TheHandleMayGoAwayDuringTheCall) {
  auto handle = std::make_unique<Cache<int>>(store, "h", Policy{.ttl = 1h});
  Gate gate(io);
  start([&]() -> Task<void> {
    const auto load = [&]() -> Task<int> {
      co_await gate.pass();
      co_return 1;
    };
    EXPECT_EQ((co_await handle->async_get_or_load("a", load)).value(), 1);
  });
  io.poll();
  handle.reset();
  gate.open();
  io.run();
  EXPECT_EQ(driver->entries.at("h:a").value, "1");
}

}  // namespace
}  // namespace larder
