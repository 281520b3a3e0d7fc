// What a GET costs its caller in processor time, beside hiredis, which has one connection for each thread.
//
//     client_driver PORT ROUNDS MILLISECONDS [KIND]     prints name<TAB>microseconds<TAB>calls a second for each kind and
//                                                       round; KIND, "larder 8 threads" for one, runs alone: to profile it
//
// Rounds are interleaved: each kind runs for MILLISECONDS in every round. Microseconds are the process' own, user and
// system, all threads together.
#include <larder/store.hpp>

#include <hiredis/hiredis.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kKeys = 10'000;
constexpr std::size_t kBatch = 64;
const std::string kValue(64, 'v');

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "client_driver: %s\n", what.c_str());
  std::exit(1);
}

std::string key(std::size_t n) { return "bench:key:" + std::to_string(n % kKeys); }

double processor_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

/// One connection by hiredis, blocking.
class Plain {
 public:
  explicit Plain(int port) : context_(redisConnect("127.0.0.1", port)) {
    if (context_ == nullptr || context_->err != 0) fail("no server on that port");
  }
  ~Plain() { redisFree(context_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  void ask(const std::string& name) {
    redisAppendCommand(context_, "GET %b", name.data(), name.size());
  }
  void take() {
    void* raw = nullptr;
    if (redisGetReply(context_, &raw) != REDIS_OK) fail(context_->errstr);
    auto* const reply = static_cast<redisReply*>(raw);
    if (reply->type != REDIS_REPLY_STRING || reply->len != kValue.size()) fail("a wrong reply");
    freeReplyObject(reply);
  }

 private:
  redisContext* context_;
};

void check(const larder::Result<std::optional<larder::Bytes>>& value) {
  if (!value) fail(value.error().detail);
  if (!*value || (*value)->size() != kValue.size()) fail("a wrong value");
}

using Once = std::function<std::size_t(std::size_t n)>;  // Answers how many GETs that was.

/// So many threads, each with what `make` gives it, until the time is over.
std::size_t in_threads(unsigned threads, std::chrono::milliseconds time,
                       const std::function<Once()>& make) {
  std::atomic<std::size_t> all{0};
  std::vector<std::thread> running;
  const auto end = Clock::now() + time;
  for (unsigned t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      const Once once = make();
      std::size_t calls = 0;
      for (std::size_t n = t * 97; Clock::now() < end; n += kBatch) calls += once(n);
      all += calls;
    });
  }
  for (auto& thread : running) thread.join();
  return all;
}

std::size_t in_coroutines(unsigned count, std::chrono::milliseconds time, const std::string& url) {
  boost::asio::io_context context(1);
  const auto store =
      larder::Store::open(url, {.deadline = std::chrono::seconds{30}, .io_context = &context})
          .value();
  std::size_t calls = 0;
  const auto end = Clock::now() + time;
  unsigned running = count;
  const auto one = [&](std::size_t n) -> boost::asio::awaitable<void> {
    for (; Clock::now() < end; ++n, ++calls) check(co_await store.async_get(key(n)));
    if (--running == 0) context.stop();
  };
  for (unsigned i = 0; i < count; ++i)
    boost::asio::co_spawn(context, one(i * 97), boost::asio::detached);
  context.run();
  return calls;
}

struct Kind {
  std::string name;
  std::function<std::size_t(std::chrono::milliseconds)> run;
};

std::vector<Kind> kinds(int port, const std::string& url, const larder::Store& store) {
  std::vector<Kind> out;
  const auto plain_batches = [port](std::size_t batch) {
    return [port, batch]() -> Once {
      return [client = std::make_shared<Plain>(port), batch](std::size_t n) {
        for (std::size_t i = 0; i < batch; ++i) client->ask(key(n + i));
        for (std::size_t i = 0; i < batch; ++i) client->take();
        return batch;
      };
    };
  };
  const auto one_by_one = [store]() -> Once {
    return [store](std::size_t n) {
      check(store.get(key(n)));
      return std::size_t{1};
    };
  };
  const auto batches = [store]() -> Once {
    return [store](std::size_t n) {
      std::vector<std::string> keys;
      for (std::size_t i = 0; i < kBatch; ++i) keys.push_back(key(n + i));
      const auto values = store.get_many(keys);
      if (!values) fail(values.error().detail);
      for (const auto& value : *values) check(value);
      return kBatch;
    };
  };
  for (const unsigned threads : {1U, 8U, 64U}) {
    const std::string name = std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    out.push_back({"hiredis\t" + name,
                   [=](auto time) { return in_threads(threads, time, plain_batches(1)); }});
    out.push_back(
        {"larder\t" + name, [=](auto time) { return in_threads(threads, time, one_by_one); }});
  }
  out.push_back({"hiredis\tbatches of 64",
                 [=](auto time) { return in_threads(1, time, plain_batches(kBatch)); }});
  out.push_back({"larder\tbatches of 64", [=](auto time) { return in_threads(1, time, batches); }});
  out.push_back(
      {"larder\t64 coroutines", [=](auto time) { return in_coroutines(kBatch, time, url); }});
  return out;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4 && count != 5) fail("PORT ROUNDS MILLISECONDS [KIND]");
  const int port = std::atoi(words[1]);
  const std::string url = "redis://127.0.0.1:" + std::to_string(port);
  // On a busy machine nobody should be late.
  const auto store = larder::Store::open(url, {.deadline = std::chrono::seconds{30}});
  if (!store) fail(store.error().detail);
  for (std::size_t i = 0; i < kKeys; ++i) store->set(key(i), kValue).value();
  auto all = kinds(port, url, *store);
  if (count == 5) {
    std::string wanted = words[4];
    if (const auto gap = wanted.find(' '); gap != std::string::npos) wanted[gap] = '\t';
    std::erase_if(all, [&](const Kind& kind) { return kind.name != wanted; });
    if (all.empty()) fail("no such kind: " + std::string(words[4]));
  }
  for (int round = 0; round < std::atoi(words[2]); ++round) {
    for (const Kind& kind : all) {
      const double before = processor_us();
      const auto begun = Clock::now();
      const std::size_t calls = kind.run(std::chrono::milliseconds{std::atoi(words[3])});
      const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
      if (calls == 0) continue;
      std::printf("%s\t%.3f\t%.0f\n", kind.name.c_str(),
                  (processor_us() - before) / static_cast<double>(calls),
                  static_cast<double>(calls) / seconds);
    }
  }
}
