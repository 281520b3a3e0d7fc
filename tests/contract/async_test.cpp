// The Store contract for the coroutine forms: the same answers, on the caller's executor.
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "contract/store_contract.hpp"
#include "support/run_task.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using test::run;

class Async : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Async);

TEST_P(Async, OneKeyFromBirthToErasure) {
  EXPECT_EQ(run(store.async_get("k")).value(), std::nullopt);
  EXPECT_TRUE(run(store.async_set("k", "v", {.ttl = 60s})).value());
  EXPECT_EQ(run(store.async_get("k")).value(), Bytes("v"));
  EXPECT_TRUE(run(store.async_exists("k")).value());
  EXPECT_EQ(run(store.async_ttl("k")).value().state, Ttl::State::remaining);
  EXPECT_TRUE(run(store.async_expire("k", std::nullopt)).value());
  EXPECT_TRUE(run(store.async_compare_and_set("k", "v", "w")).value());
  EXPECT_FALSE(run(store.async_compare_and_set("k", "v", "x")).value());
  EXPECT_TRUE(run(store.async_erase("k")).value());
  EXPECT_FALSE(run(store.async_exists("k")).value());
}

TEST_P(Async, NumbersAddUp) {
  EXPECT_EQ(run(store.async_add("n", std::int64_t{40})).value(), 40);
  EXPECT_EQ(run(store.async_add("n", std::int64_t{2}, 60s)).value(), 42);
  EXPECT_DOUBLE_EQ(run(store.async_add("n", 0.5)).value(), 42.5);
  EXPECT_EQ(run(store.async_add("n", std::int64_t{1})).error().code, Errc::not_a_number);
}

TEST_P(Async, ManyKeys) {
  run(store.async_set_many({{"a", "1"}, {"b", "2"}})).value();
  const auto values = run(store.async_get_many({"a", "x", "b"})).value();
  EXPECT_EQ(values, (std::vector<std::optional<Bytes>>{Bytes("1"), std::nullopt, Bytes("2")}));
  EXPECT_EQ(run(store.async_erase_many({"a", "b", "x"})).value(), 2u);
}

TEST_P(Async, EachKeyHasAnAnswerOfItsOwn) {
  for (const auto& written : run(store.async_set_each({{"a", "1"}, {"b", "2"}}, {.ttl = 60s}))) {
    EXPECT_TRUE(written.has_value());
  }
  const auto values = run(store.async_get_each({"b", "x", "a"}));
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0].value(), Bytes("2"));
  EXPECT_EQ(values[1].value(), std::nullopt);
  EXPECT_EQ(values[2].value(), Bytes("1"));
  EXPECT_EQ(store.ttl("a").value().state, Ttl::State::remaining);
  EXPECT_TRUE(run(store.async_get_each({})).empty());
  // What is wrong with the batch is wrong with each of it, and nothing was written.
  const auto refused = run(store.async_set_each({{"c", "3"}, {"", "4"}}));
  ASSERT_EQ(refused.size(), 2u);
  for (const auto& one : refused) EXPECT_EQ(one.error().code, Errc::bad_argument);
  EXPECT_FALSE(store.exists("c").value());
}

TEST_P(Async, ArgumentsAreCheckedAsInTheBlockingForms) {
  EXPECT_EQ(run(store.async_get("")).error().code, Errc::bad_argument);
  EXPECT_EQ(run(store.async_set("k", "v", {.ttl = 0ms})).error().code, Errc::bad_argument);
}

asio::awaitable<bool> stays_on_its_thread(Store store) {
  const auto here = std::this_thread::get_id();
  bool stayed = true;
  for (int i = 0; i < 20; ++i) {
    (co_await store.async_set("k", "v")).value();
    stayed = stayed && std::this_thread::get_id() == here;
  }
  co_return stayed;
}

TEST_P(Async, ACoroutineResumesOnItsOwnExecutor) { EXPECT_TRUE(run(stays_on_its_thread(store))); }

TEST_P(Async, AHundredCoroutinesShareOneStore) {
  asio::io_context context;
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          for (int n = 0; n < 10; ++n) (co_await store.async_add("n", std::int64_t{1})).value();
          ++done;
        },
        asio::detached);
  }
  context.run();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(store.get("n").value(), Bytes("1000"));
}

TEST_P(Async, ACallOutlivesTheHandleItWasMadeOn) {
  auto task = Store{store}.async_set("k", "v");
  EXPECT_TRUE(run(std::move(task)).value());
}

}  // namespace
}  // namespace larder
