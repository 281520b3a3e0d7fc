// The C++ side of tests that are driven from Python: typed values and counters on the server that a URL names.
//
//     typed_peer URL write | read | respell | session | coordinate | count KEY TIMES
#include <larder/larder.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <tuple>

#include <boost/describe.hpp>

using namespace std::chrono_literals;

namespace {

struct Address {
  std::string street;
  std::optional<int> number;
  bool operator==(const Address&) const = default;
};
BOOST_DESCRIBE_STRUCT(Address, (), (street, number))

struct User {
  std::string id, name;
  std::vector<std::string> tags;
  std::map<std::string, double> scores;
  Address home;
  bool active = false;
  bool operator==(const User&) const = default;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, name, tags, scores, home, active))

const User kAda{"7", "Ada Ünïcode \"q\" \n", {"a", "b"}, {{"chess", 1.5}}, {"Main", 5}, true};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

// What Python reads.
void write(const larder::Store& store) {
  larder::Cache<User>{store, "user", {.ttl = 1h}}.set("7", kAda).value();
  larder::Cache<std::string>{store, "word", {.ttl = larder::forever}}.set(1, "hola").value();
  larder::Cache<std::vector<int>>{store, "list", {.ttl = 1h}}.set("a", {1, -2, 3}).value();
  larder::Cache<std::tuple<int, bool, std::optional<int>>>{store, "tuple", {.ttl = 1h}}
      .set("a", {1, true, std::nullopt})
      .value();
  larder::Cache<double>{store, "number", {.ttl = 1h}}.set("pi", 3.25).value();
  larder::Cache<larder::Bytes>{store, "raw", {.ttl = 1h}}
      .set("a", larder::Bytes("\0\xff\r\n", 4))
      .value();
}

// What Python wrote, in its own style: spaces, escapes, another order of members.
void read(const larder::Store& store) {
  const larder::Cache<User> users(store, "user", {.ttl = 1h});
  require(users.get("7").value() == kAda, "user:7 is Ada");
  require(users.ttl("7").value().state == larder::Ttl::State::remaining, "user:7 has a deadline");
  const larder::Cache<std::string> words(store, "word", {.ttl = 1h});
  require(words.get("1").value() == "hola", "word:1");
  require(words.ttl("1").value().state == larder::Ttl::State::persistent, "word:1 has none");
  require(!words.get("2").value(), "word:2 is a miss");
  const larder::Cache<std::vector<int>> lists(store, "list", {.ttl = 1h});
  require(lists.get("a").value() == std::vector{1, -2, 3}, "list:a");
  require(words.get("bad").error().code == larder::Errc::bad_value, "word:bad is no string");
  const larder::Cache<larder::Bytes> raw(store, "raw", {.ttl = 1h});
  require(raw.get("a").value() == larder::Bytes("\0\xff\r\n", 4), "raw:a");
}

// Compare-and-set goes by what Python's bytes mean.
void respell(const larder::Store& store) {
  const larder::Cache<std::vector<int>> lists(store, "list", {.ttl = 1h});
  require(!lists.compare_and_set("a", {1, 2}, {9}).value(), "[1, 2] is not there");
  require(lists.compare_and_set("a", {1, -2, 3}, {4, 5}).value(), "[1, -2, 3] is there");
}

// The Go library's first page: connect, set with a TTL, get, delete, get or load.
void session(const larder::Store& store) {
  const larder::Cache<std::string> cache(store, "", {.ttl = 10min});
  cache.set("greeting", "hello", {.ttl = 1min}).value();
  require(cache.get("greeting").value() == "hello", "what was set is got");
  require(cache.ttl("greeting").value().left <= 1min, "the TTL is kept");
  require(cache.erase("greeting").value(), "it is deleted");
  require(!cache.get("greeting").value(), "and then missing");

  int loads = 0;
  const auto load = [&](larder::Load& what) {
    return ++loads, "loaded " + std::string(what.key());
  };
  require(cache.get_or_load("page", load).value() == "loaded page", "a miss is loaded");
  require(cache.fetch("page", load).value().source == larder::Source::hit, "and then a hit");
  require(loads == 1, "one load");
}

// Its other pages: a lock that is acquired, extended and released, and a limiter that tells what is left.
void coordinate(const larder::Store& store) {
  const larder::Lock lock(store, "go:lock", {.ttl = 10s});
  auto held = lock.try_acquire().value();
  require(held.has_value(), "a free lock is acquired");
  require(!lock.try_acquire().value(), "and by nobody else");
  held->extend(1min).value();
  require(store.ttl("go:lock").value().left > 30s, "it is extended");
  const std::uint64_t token = held->token();
  held->release().value();
  require(held->extend().error().code == larder::Errc::lock_lost, "released is lost");
  require(lock.try_acquire().value()->token() > token, "tokens grow");

  const larder::Limiter limiter(store, "go:limit", larder::Rate::sliding_window(3, 1h));
  limiter.reset("ada").value();
  for (const std::uint32_t left : {2u, 1u, 0u}) {
    const auto decision = limiter.allow("ada").value();
    require(decision.allowed && decision.remaining == left, "three are allowed");
  }
  require(!limiter.allow("ada").value().allowed, "and no fourth");
  require(limiter.remaining("ada").value() == 0, "none is left");
  require(limiter.remaining("bob").value() == 3, "for another, all");
}

/// The same with what the Go library has beyond: renewal, many limits at once, increments that may be repeated.
void coordinate_more(const larder::Store& store) {
  const larder::Lock lock(store, "go:lock", {.ttl = 300ms, .renew = true});
  auto held = lock.try_acquire().value();
  const larder::Cache<std::string> pages(store, "go", {.ttl = 10min});
  require(pages.set("guarded", "by the holder", guard(*held)).value(), "a holder writes");
  require(!held->stop_token().stop_requested(), "and still has it");
  held->release().value();
  const larder::Semaphore pool(store, "go:pool", 2);
  auto one = pool.try_acquire().value(), two = pool.try_acquire().value();
  require(one && two && !pool.try_acquire().value(), "two permits are two");
  const larder::Limiter user(store, "go:user", larder::Rate::token_bucket(2, 1h));
  const larder::Limiter all(store, "go:all", larder::Rate::sliding_log(3, 1h));
  user.reset("ada").value();
  all.reset("x").value();
  require(larder::allow_all({{user, "ada", 2}, {all, "x", 2}}).value().allowed, "both allow");
  require(larder::allow_all({{user, "ada"}, {all, "x"}}).value().denied_by == 0u,
          "the user's denies");
  require(all.remaining("x").value() == 1, "and nothing of the other's was taken");
}

void count(const larder::Store& store, const char* key, int times) {
  const larder::Counter counter(store, "");
  for (int i = 0; i < times; ++i) counter.incr(key).value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "typed_peer URL ACT\n"), 2;
  const auto store = larder::Store::open(argv[1]);
  if (!store) {
    std::printf("%s\n", std::string(to_string(store.error().code)).c_str());
    return 0;
  }
  const std::string_view act = argv[2];
  if (act == "write") write(*store);
  if (act == "read") read(*store);
  if (act == "respell") respell(*store);
  if (act == "session") session(*store);
  if (act == "coordinate") {
    coordinate(*store);
    coordinate_more(*store);
  }
  if (act == "count") count(*store, argv[3], std::atoi(argv[4]));
  std::printf("done\n");
}
