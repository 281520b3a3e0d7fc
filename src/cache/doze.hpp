// Doze: a coroutine that sleeps until a flight wakes it, its time is over, or it is cancelled.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "cache/flights.hpp"

namespace larder::cache {

class Doze final : public Sleeper {
 public:
  explicit Doze(const boost::asio::any_io_executor& executor);
  void notify() noexcept override;
  /// Ends early if cancelled: the caller asks its cancellation state.
  Task<void> sleep(Millis at_most);

 private:
  // The timer lives on a strand of its own: the wake comes from any thread.
  struct Bell;
  std::shared_ptr<Bell> bell_;
};

}  // namespace larder::cache
