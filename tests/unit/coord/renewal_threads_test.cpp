// Renewal by the library's own thread: many locks that come and go, while others are waited for.
#include <larder/lock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace larder {
namespace {

using namespace std::chrono_literals;

TEST(RenewalThreads, LocksComeAndGoUnderTheWatchersHands) {
  const Store store = Store::open("memory:").value();
  std::atomic<int> inside{0}, together{0}, turns{0}, lost{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&, t] {
        const Lock shared{store, "shared", {.ttl = 300ms, .wait = 60s, .renew = true}};
        const Lock own{store, "own" + std::to_string(t), {.ttl = 40ms, .renew = true}};
        for (int i = 0; i < 40; ++i) {
          auto mine = own.try_acquire().value();
          auto held = shared.acquire().value();
          const std::stop_callback callback(mine->stop_token(), [&] { ++lost; });
          together += ++inside > 1;
          ++turns;
          if (i % 8 == 0) (void)mine->extend(30ms);
          --inside;
        }
      });
    }
  }
  EXPECT_EQ(together, 0);
  EXPECT_EQ(turns, 240);
}

}  // namespace
}  // namespace larder
