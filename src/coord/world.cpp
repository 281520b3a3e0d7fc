#include "coord/world.hpp"

#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.hpp"
#include "coord/watch.hpp"

namespace larder::coord {
namespace {

class SystemWorld final : public World {
 public:
  base::Instant now() const noexcept override { return base::SystemClock::instance().now(); }
  void sleep(base::Millis time) override { std::this_thread::sleep_for(time); }
  std::uint64_t entropy() noexcept override { return base::thread_entropy(); }
  Watchers& watchers() override {
    // Never destroyed: a lock that is a global may outlive every other global. Its thread ends with the program.
    static Watchers& watchers = *new Watchers(base::SystemClock::instance());
    static const struct Thread {
      std::jthread thread{[](const std::stop_token& stop) { watchers.run(stop); }};
      ~Thread() {
        thread.request_stop();
        watchers.wake();
      }
    } thread;
    return watchers;
  }
};

}  // namespace

Task<void> World::async_sleep(base::Millis time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

World& system_world() {
  static SystemWorld& world = *new SystemWorld;
  return world;
}

}  // namespace larder::coord
