// What a lock, a limit and a counter cost, beside the same commands by hiredis, one caller and one connection each.
//
//     coord_driver REDIS_PORT LARDER_PORT ROUNDS MILLISECONDS     prints name<TAB>nanoseconds, the median of the rounds; a fifth argument: of those whose names have these words
//
// Rounds are interleaved: each kind runs for MILLISECONDS in every round. In process it is processor time; how much of a
// processor there is at that moment is measured beside it. Port 0: without that server.
#include <larder/counter.hpp>
#include <larder/ids.hpp>
#include <larder/limiter.hpp>
#include <larder/lock.hpp>
#include <larder/shares.hpp>

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/buffer.hpp"
#include "store/redis/scripts.hpp"

namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "coord_driver: %s\n", what.c_str());
  std::exit(1);
}

/// One connection by hiredis, blocking.
class Plain {
 public:
  explicit Plain(int port) : context_(redisConnect("127.0.0.1", port)) {
    if (context_ == nullptr || context_->err != 0)
      fail("no server on port " + std::to_string(port));
  }
  ~Plain() { redisFree(context_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  void ping() { text("PING"); }
  /// Of a server that has scripts.
  void load_unlock() {
    unlock_ = text("SCRIPT LOAD %s",
                   "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', "
                   "KEYS[1]) end return 0");
  }
  void lock_and_unlock() {
    if (text("SET plain:lock me NX PX 10000") != "OK") fail("SET NX did not take the lock");
    text("EVALSHA %s 1 plain:lock me", unlock_.c_str());
  }
  void call(const larder::base::Buffer& request) {
    const std::string_view bytes = request.view();
    redisAppendFormattedCommand(context_, bytes.data(), bytes.size());
    take();
  }

 private:
  template <class... Argument>
  std::string text(const char* format, Argument... argument) {
    redisAppendCommand(context_, format, argument...);
    return take();
  }
  std::string take() {
    void* raw = nullptr;
    if (redisGetReply(context_, &raw) != REDIS_OK) fail(context_->errstr);
    auto* const reply = static_cast<redisReply*>(raw);
    if (reply->type == REDIS_REPLY_ERROR) fail(reply->str);
    std::string text = reply->str == nullptr ? "" : std::string(reply->str, reply->len);
    freeReplyObject(reply);
    return text;
  }

  redisContext* context_;
  std::string unlock_;
};

struct Kind {
  std::string name;
  std::function<void()> once;
  std::vector<double> nanoseconds = {};
};

/// The time that passes, or, where nobody else has a part in it, what this thread had of its processor.
std::chrono::nanoseconds now(bool of_processor) {
  timespec time{};
  clock_gettime(of_processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

double measure(const Kind& kind, std::chrono::milliseconds time) {
  const bool embedded = kind.name.starts_with("embedded");
  const auto begun = now(embedded);
  std::size_t calls = 0;
  std::chrono::nanoseconds passed{};
  do {
    for (int i = 0; i < 32; ++i) kind.once();
    calls += 32;
    passed = now(embedded) - begun;
  } while (passed < time);
  return static_cast<double>(passed.count()) / static_cast<double>(calls);
}

// How much of a core there is. Where something else runs on its other half, what waits for one result after the other
// takes as long as before; what uses many units at once takes up to 1.7 times as long, as do locks and limits.

/// Multiplications, each of which needs the one before: three cycles of the processor each, 999 in all.
void take_a_thousand_cycles() {
  std::uint64_t product = 3;
  for (int i = 0; i < 37; ++i) {
    for (int unrolled = 0; unrolled < 9; ++unrolled) asm volatile("imulq %0, %0" : "+r"(product));
  }
}

/// Four additions at a time, none of which needs another.
void add_four_thousand_times() {
  std::uint64_t a = 0, b = 0, c = 0, d = 0;
  for (int i = 0; i < 100; ++i) {
    for (int unrolled = 0; unrolled < 10; ++unrolled)
      asm volatile("addq %4, %0\n addq %4, %1\n addq %4, %2\n addq %4, %3"
                   : "+r"(a), "+r"(b), "+r"(c), "+r"(d)
                   : "r"(std::uint64_t{1}));
  }
}

/// How long after a release one who waits has the lock, with pauses as long as they get: the median of 15.
double hand_over(const larder::Store& store) {
  const larder::Lock lock(store, "bench:hand-over", {.ttl = 1min, .wait = 1min});
  std::array<double, 15> gaps;
  for (double& gap : gaps) {
    auto held = lock.try_acquire().value();
    std::chrono::nanoseconds had{};
    std::thread waiter([&] {
      const auto mine = lock.acquire().value();
      had = now(false);
    });
    std::this_thread::sleep_for(120ms);
    const auto released = now(false);
    held->release().value();
    waiter.join();
    gap = static_cast<double>((had - released).count());
  }
  std::sort(gaps.begin(), gaps.end());
  return gaps[gaps.size() / 2];
}

/// The limiter's own script, as one EVALSHA.
larder::base::Buffer limit_call() {
  const std::array<std::string_view, 7> words{"plain:limit", "1",       "100000000", "60000",
                                              "1",           "SLIDING", "100000000"};
  larder::base::Buffer request;
  larder::store::limit_script().append_call(request, true, 1, words);
  return request;
}

/// The lock's own scripts, as two EVALSHA.
std::array<larder::base::Buffer, 2> lock_calls() {
  const std::array<std::string_view, 5> lock{"plain:own", "{plain:own}~f", "me", "10000",
                                             "604800000"};
  const std::array<std::string_view, 3> unlock{"plain:own", "me", "{plain:own}~w"};
  std::array<larder::base::Buffer, 2> requests;
  larder::store::lock_script().append_call(requests[0], true, 2, lock);
  larder::store::unlock_script().append_call(requests[1], true, 1, unlock);
  return requests;
}

void add_store(std::vector<Kind>& kinds, const std::string& where, const larder::Store& store) {
  const larder::Lock lock(store, "bench:lock");
  kinds.push_back({where + " lock and release", [lock] {
                     if (!lock.try_acquire().value()->release()) fail("a lock was lost");
                   }});
  const larder::Semaphore pool(store, "bench:pool", 10);
  kinds.push_back({where + " permit and release", [pool] {
                     if (!pool.try_acquire().value()->release()) fail("a permit was lost");
                   }});
  const auto rate = [&](const char* name, larder::Rate of) {
    const larder::Limiter limiter(store, "bench", of);
    kinds.push_back({where + " limit, " + name, [limiter, name] { limiter.allow(name).value(); }});
  };
  rate("sliding window", larder::Rate::sliding_window(100'000'000, 1min));
  rate("fixed window", larder::Rate::fixed_window(100'000'000, 1min));
  rate("token bucket", larder::Rate::token_bucket(100'000'000, 1min));
  rate("log of 100", larder::Rate::sliding_log(100, 100ms));
  const larder::Counter counter(store, "bench:count");
  kinds.push_back({where + " count", [counter] { counter.incr("n").value(); }});
  const larder::Ids ids(store, "bench:ids");
  kinds.push_back({where + " id, block of 100", [ids] { ids.next().value(); }});
}

/// What goes over redis-server, beside hiredis with the same.
void add_redis(std::vector<Kind>& kinds, int port, const larder::Store& store) {
  static Plain redis(port);
  static const auto limit = limit_call();
  static const auto lock = lock_calls();
  larder::Limiter(store, "bench", larder::Rate::sliding_window(1, 1s)).peek("warm").value();
  larder::Lock(store, "warm").try_acquire().value();
  redis.load_unlock();
  kinds.push_back({"redis hiredis PING", [] { redis.ping(); }});
  kinds.push_back({"redis hiredis SET NX PX and EVALSHA", [] { redis.lock_and_unlock(); }});
  kinds.push_back({"redis hiredis EVALSHA of both lock scripts", [] {
                     redis.call(lock[0]);
                     redis.call(lock[1]);
                   }});
  kinds.push_back({"redis hiredis EVALSHA of the limit", [] { redis.call(limit); }});
  add_store(kinds, "redis", store);
}

void add_larder(std::vector<Kind>& kinds, int port, const larder::Store& store) {
  static Plain larder(port);
  kinds.push_back({"larder hiredis PING", [] { larder.ping(); }});
  add_store(kinds, "larder", store);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6)
    fail("usage: coord_driver REDIS_PORT LARDER_PORT ROUNDS MILLISECONDS [WORDS_OF_A_NAME]");
  const auto open = [](const std::string& url) { return larder::Store::open(url).value(); };
  const auto wanted = [&](const std::string& name) {
    return argc < 6 || name.find(argv[5]) != std::string::npos;
  };
  const int redis_port = std::atoi(argv[1]), larder_port = std::atoi(argv[2]);
  std::map<std::string, larder::Store> stores{{"embedded", open("memory:")}};
  const std::string host = "redis://127.0.0.1:";
  if (redis_port != 0) stores.emplace("redis", open(host + argv[1]));
  if (larder_port != 0) stores.emplace("larder", open(host + argv[2]));

  std::vector<Kind> kinds;
  if (redis_port != 0) add_redis(kinds, redis_port, stores.at("redis"));
  if (larder_port != 0) add_larder(kinds, larder_port, stores.at("larder"));
  kinds.push_back({"embedded 1,000 cycles, one after the other", take_a_thousand_cycles});
  kinds.push_back({"embedded 4,000 additions, four at a time", add_four_thousand_times});
  add_store(kinds, "embedded", stores.at("embedded"));
  std::erase_if(kinds, [&](const Kind& kind) { return !wanted(kind.name); });

  const std::chrono::milliseconds time{std::atoi(argv[4])};
  for (int round = 0; round < std::atoi(argv[3]); ++round) {
    for (Kind& kind : kinds) kind.nanoseconds.push_back(measure(kind, time));
  }
  for (Kind& kind : kinds) {
    std::sort(kind.nanoseconds.begin(), kind.nanoseconds.end());
    std::printf("%s\t%.0f\n", kind.name.c_str(), kind.nanoseconds[kind.nanoseconds.size() / 2]);
  }
  for (const auto& [where, store] : stores) {
    const std::string name = where + " waiter, from release to lock";
    if (wanted(name)) std::printf("%s\t%.0f\n", name.c_str(), hand_over(store));
  }
}
