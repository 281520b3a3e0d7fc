// Redis itself, behind a store: a hash, a pipeline, a script, and news from another part of the program.
//
//     ./09_redis_itself $(larder redis start)
#include <larder/larder.hpp>

#include <cstdio>

using namespace std::chrono_literals;

namespace {

// Takes from a budget only what is there. Redis keeps it by its hash.
const larder::RedisScript kSpend{R"(
  local left = tonumber(redis.call('GET', KEYS[1]) or 0)
  if left < tonumber(ARGV[1]) then return {left, false} end
  return {redis.call('DECRBY', KEYS[1], ARGV[1]), 'spent'})"};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "give a redis:// URL\n"), 2;
  auto opened = larder::Store::open(argv[1]);
  if (!opened) return std::fprintf(stderr, "%s\n", to_string(opened.error()).c_str()), 2;
  const larder::Store store = *opened;
  const auto redis = larder::Redis::over(store).value();

  redis.command({"HSET", "user:7", "name", "Ada", "visits", "41"}).value();
  redis.command({"HINCRBY", "user:7", "visits", "1"}).value();
  const larder::Reply user = redis.command({"HGETALL", "user:7"}).value();
  std::printf("%s was here %lld times\n", user.find("name")->text.c_str(),
              static_cast<long long>(user.find("visits")->as_integer().value_or(0)));

  // Three questions, one round trip. Each has its own answer, and one is none.
  const auto answers =
      redis.pipeline({{"SET", "budget", "10"}, {"LPUSH", "budget", "x"}, {"GET", "budget"}});
  for (const auto& answer : answers) {
    std::printf("  %s\n",
                answer ? to_string(*answer).c_str() : to_string(answer.error().code).data());
  }

  for (const char* price : {"7", "7", "3"}) {
    const larder::Reply spent = redis.eval(kSpend, {"budget"}, {price}).value();
    std::printf("%s: %s, %lld left\n", price, spent.items[1].is_nil() ? "too dear" : "spent",
                static_cast<long long>(spent.items[0].integer));
  }

  const auto news = redis.subscribe({.channels = {"news"}, .key_prefixes = {"user:"}}).value();
  redis.publish("news", "the kettle boils").value();
  std::printf("news: %s\n", news.next(5s).value()->payload.c_str());
  store.erase("user:7").value();
  std::printf("changed: %s\n", news.next(5s).value()->channel.c_str());
}
