// RemoteWakes: tells those who wait in this process of what any process gives back, by a channel for each name.
//
//     a release      DEL name, SPUBLISH {name}~w            in one step, by script or by larder serve itself
//     a waiter       SSUBSCRIBE {name}~w, as long as somebody waits here; asks once more when that is confirmed
//
// A server that has no such channels (Redis before 7) or does not let us use them is asked now and then, as if this were not
// here. So it is while a connection is lost; when it is back everybody asks.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/wakes.hpp"
#include "store/subscriptions/subscriber.hpp"

namespace larder::store {

/// Cost  A connection to each server concerned, from the first one who waits until a minute after the last.
class RemoteWakes final : public base::Wakes, public std::enable_shared_from_this<RemoteWakes> {
 public:
  /// Whose servers are listened to; before anybody waits. It may own this.
  void attach(std::weak_ptr<StoreDriver> driver) { driver_ = std::move(driver); }
  /// Nobody waits any more: lets go of the driver.
  void close() noexcept;

  bool tells(std::string_view name) const override;

 protected:
  void came(std::string_view name) noexcept override;
  void left(std::string_view name) noexcept override;

 private:
  class Ear;
  class Confirmation;
  struct Name {
    std::size_t waiting = 0;
    bool heard = false;  ///< Its channel is subscribed to.
    std::shared_ptr<Confirmation> asked;
  };

  void begin(std::string_view name);
  void end(std::string_view name);
  std::shared_ptr<Subscriber> subscriber();
  // From the connections:
  void confirmed(const std::string& name);
  void heard(const RedisMessage& message);
  void ring_all();

  std::weak_ptr<StoreDriver> driver_;

  /// One name comes or goes at a time. Never held by what the connections say.
  std::mutex changing_;
  // Guarded by changing_:
  std::shared_ptr<Subscriber> subscriber_;
  bool closed_ = false;

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::map<std::string, Name, std::less<>> names_;
  std::map<std::string, std::string, std::less<>> names_by_channel_;
  bool in_gap_ = false;  ///< Something may be missed.
};

}  // namespace larder::store
