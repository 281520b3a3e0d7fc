// One of the processes of ./bench coord_rules.
//
//     coord_worker limit URL KEY ALGORITHM MAX WINDOW_MS ATTEMPTS   prints when each attempt was sent, and of those that
//         were allowed when they were answered
//     coord_worker count URL KEY NAME INCREMENTS                    prints how many were acknowledged, and how many may count
//
// Times are nanoseconds of the wall clock.
#include <larder/counter.hpp>
#include <larder/limiter.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

std::int64_t now() { return std::chrono::system_clock::now().time_since_epoch().count(); }

/// The server may be on its way up.
larder::Store opened(const char* url) {
  for (int left = 200; left > 0; --left) {
    if (auto store = larder::Store::open(url, {.deadline = 20s})) return *store;
    std::this_thread::sleep_for(100ms);
  }
  return larder::Store::open(url).value();
}

int limit(const larder::Store& store, char** words) {
  const auto algorithm = static_cast<larder::Algorithm>(std::atoi(words[1]));
  const larder::Limit limit{static_cast<std::uint32_t>(std::atoi(words[2])),
                            std::chrono::milliseconds{std::atoi(words[3])}, algorithm};
  std::vector<std::pair<std::int64_t, std::int64_t>> attempts;
  for (int left = std::atoi(words[4]); left > 0; --left) {
    const auto sent = now();
    const bool allowed = store.limit_take(words[0], limit).value().allowed;
    attempts.emplace_back(sent, allowed ? now() : 0);
  }
  for (const auto& [sent, answered] : attempts) {
    if (answered != 0)
      std::printf("%lld %lld\n", static_cast<long long>(sent), static_cast<long long>(answered));
    else
      std::printf("%lld\n", static_cast<long long>(sent));
  }
  return 0;
}

int count(const larder::Store& store, char** words) {
  const larder::Counter counter(store, words[0]);
  const std::string name = words[1];
  long acknowledged = 0, unknown = 0, exact = 0, repeated = 0;
  for (int i = std::atoi(words[2]); i > 0; --i) {
    for (;;) {
      const auto sum = counter.incr("plain", 1, {.deadline = 20s});
      acknowledged += sum.has_value();
      if (sum) break;
      const bool may_count = sum.error().effect == larder::Effect::maybe_executed;
      unknown += may_count;
      if (may_count) break;
      std::this_thread::sleep_for(5ms);
    }
    for (;;) {
      const auto counted = counter.incr_once("exact", name + std::to_string(i), 1,
                                             {.remember = 1h, .deadline = 20s});
      if (counted) {
        ++exact;
        repeated += !counted->counted;
        break;
      }
      std::this_thread::sleep_for(5ms);
    }
  }
  std::printf("%ld %ld %ld %ld\n", acknowledged, unknown, exact, repeated);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if ((what != "limit" || argc != 8) && (what != "count" || argc != 6)) {
    std::fputs(
        "usage: coord_worker limit URL KEY ALGORITHM MAX WINDOW_MS ATTEMPTS\n"
        "       coord_worker count URL KEY NAME INCREMENTS\n",
        stderr);
    return 2;
  }
  const larder::Store store = opened(argv[2]);
  return what == "limit" ? limit(store, argv + 3) : count(store, argv + 3);
}
