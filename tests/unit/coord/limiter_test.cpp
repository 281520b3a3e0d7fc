// Limiter over the engine in this process. How the window slides is node's to test; here is who asks for what.
#include <larder/limiter.hpp>

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace larder {
namespace {

using namespace std::chrono_literals;

class LimiterTest : public testing::Test {
 protected:
  Store store = Store::open("memory:").value();
  Limiter api{store, "api", Rate::sliding_window(3, 1h)};
};

TEST_F(LimiterTest, AllowsSoManyAndThenDenies) {
  for (const std::uint32_t left : {2u, 1u, 0u}) {
    const auto decision = api.allow("ada").value();
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.remaining, left);
  }
  const auto denied = api.allow("ada").value();
  EXPECT_FALSE(denied.allowed);
  EXPECT_GT(denied.retry_after, 0ms);
  EXPECT_LE(denied.retry_after, 2h);
  EXPECT_TRUE(api.allow("bob").value().allowed) << "each key has its own";
}

TEST_F(LimiterTest, TakesAllOrNothing) {
  EXPECT_TRUE(api.allow("ada", 2).value().allowed);
  EXPECT_FALSE(api.allow("ada", 2).value().allowed);
  EXPECT_EQ(api.remaining("ada").value(), 1u);
  EXPECT_TRUE(api.allow("ada").value().allowed);
}

TEST_F(LimiterTest, AskingTakesNothing) {
  EXPECT_EQ(api.remaining("ada").value(), 3u);
  EXPECT_TRUE(api.peek("ada", 3).value().allowed);
  EXPECT_EQ(api.remaining("ada").value(), 3u);
}

TEST_F(LimiterTest, ResetForgets) {
  EXPECT_FALSE(api.reset("ada").value());
  api.allow("ada", 3).value();
  EXPECT_TRUE(api.reset("ada").value());
  EXPECT_EQ(api.remaining("ada").value(), 3u);
}

TEST_F(LimiterTest, KeysMayBeIntegersAndLieUnderTheirSpace) {
  api.allow(7).value();
  EXPECT_EQ(api.remaining("7").value(), 2u);
  EXPECT_TRUE(store.exists("api:7").value());
}

TEST_F(LimiterTest, BadArgumentsAreNamed) {
  EXPECT_EQ(api.allow("").error().code, Errc::bad_argument);
  EXPECT_EQ(api.allow("ada", 4).error().code, Errc::bad_argument) << "more than there ever is";
  const Limiter none{store, "api", Rate::sliding_window(0, 1s)};
  EXPECT_EQ(none.allow("ada").error().code, Errc::bad_argument);
  EXPECT_THROW((Limiter{store, std::string(70'000, 's'), Rate::sliding_window(1, 1s)}), Failure);
}

TEST_F(LimiterTest, CoroutinesShareTheLimit) {
  boost::asio::io_context context;
  bool done = false;
  boost::asio::co_spawn(
      context,
      [&]() -> Task<void> {
        EXPECT_TRUE((co_await api.async_allow("ada", 3)).value().allowed);
        EXPECT_FALSE((co_await api.async_peek("ada")).value().allowed);
        EXPECT_EQ((co_await api.async_remaining("ada")).value(), 0u);
        EXPECT_EQ((co_await api.async_remaining("bob")).value(), api.remaining("bob").value());
        EXPECT_EQ((co_await api.async_remaining("")).error().code, Errc::bad_argument);
        EXPECT_TRUE((co_await api.async_reset("ada")).value());
        EXPECT_EQ((co_await api.async_allow("")).error().code, Errc::bad_argument);
        done = true;
      },
      [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
      });
  context.run();
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace larder
