// A world for coordination tests: a manual clock that sleeping moves, seeded chance, watchers that turn when told to.
#pragma once

#include <larder/store.hpp>

#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "coord/watch.hpp"
#include "store/local/driver.hpp"

namespace larder::coord::test {

class TestWorld : public World {
 public:
  explicit TestWorld(std::uint64_t seed = 1) : random_(seed), watchers_(clock, seed) {}

  base::Instant now() const noexcept override { return clock.now(); }
  void sleep(base::Millis time) override {
    ++naps;
    longest_nap = std::max(longest_nap, time);
    pass(time);
  }
  /// Looks each millisecond whether somebody woke it.
  void wait(base::Wakes::Waiter& waiter, base::Millis time) override {
    ++naps;
    for (; time > base::Millis{0} && !waiter.woken(); time -= base::Millis{1})
      pass(base::Millis{1});
  }
  Task<void> async_sleep(base::Millis time) override {
    sleep(time);
    co_return;
  }
  Task<void> async_wait(base::Wakes::Waiter& waiter, base::Millis time) override {
    wait(waiter, time);
    co_return;
  }
  std::uint64_t entropy() noexcept override { return random_(); }
  Watchers& watchers() override { return watchers_; }

  /// Lets time pass, with everything that falls due on the way.
  void pass(base::Nanos time) {
    const base::Instant until = clock.now() + time;
    for (;;) {
      const base::Instant next = watchers_.turn();
      if (meanwhile) meanwhile();
      if (next >= until) break;
      clock.advance(next - clock.now());
    }
    clock.advance(until - clock.now());
    watchers_.turn();
  }

  base::ManualClock clock;
  std::function<void()> meanwhile;
  int naps = 0;
  base::Millis longest_nap{0};

 private:
  base::Random random_;
  Watchers watchers_;
};

/// An engine in this process under the world's clock.
inline Store memory(const TestWorld& world) {
  return Store(std::make_shared<store::LocalDriver>(
      "memory:", node::NodeOptions{.shards = 4, .seed = 7}, world.clock));
}

}  // namespace larder::coord::test
