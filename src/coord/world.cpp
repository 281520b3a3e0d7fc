#include "coord/world.hpp"

#include <memory>
#include <thread>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
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
  base::Instant coarse() const noexcept override { return base::SystemClock::instance().coarse(); }
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

namespace {

/// A timer that may be cut short from any thread. Whoever touches it does so under the waiter's lock.
class Alarm {
 public:
  Alarm(base::Wakes::Waiter& waiter, const boost::asio::any_io_executor& executor,
        base::Millis time)
      : waiter_(waiter), timer_(executor, time) {}
  ~Alarm() { waiter_.call_when_woken({}, {}); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  Task<void> sounds() {
    boost::system::error_code cut_short;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, cut_short);
    const auto begin = [this](auto handler) {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      waiter_.call_when_woken([this] { timer_.cancel(); },
                              [&](bool woken) {
                                if (woken) timer_.expires_after(base::Millis{0});
                                timer_.async_wait(std::move(*shared));
                              });
    };
    co_await boost::asio::async_initiate<decltype(token), void(boost::system::error_code)>(begin,
                                                                                           token);
  }

 private:
  base::Wakes::Waiter& waiter_;
  boost::asio::steady_timer timer_;
};

}  // namespace

Task<void> World::async_wait(base::Wakes::Waiter& waiter, base::Millis time) {
  Alarm alarm(waiter, co_await boost::asio::this_coro::executor, time);
  co_await alarm.sounds();
}

World& system_world() {
  static SystemWorld& world = *new SystemWorld;
  return world;
}

}  // namespace larder::coord
