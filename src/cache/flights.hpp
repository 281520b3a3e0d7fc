// Flights: the flight table with its lock, shared by all caches on one store; and a Seat, one
// caller's place in it.
#pragma once

#include <larder/store.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "cache/flight_table.hpp"

namespace larder::cache {

/// Somebody who sleeps until a flight wakes it.
class Sleeper {
 public:
  /// Called under the lock of the Flights: pass the word on and return.
  virtual void notify() noexcept = 0;
  std::optional<Wake> wake;  ///< Guarded by the lock of the Flights.

 protected:
  ~Sleeper() = default;
};

class Flights {
 public:
  Flights();

  /// The one that all caches on `driver` share.
  static std::shared_ptr<Flights> of(const std::shared_ptr<StoreDriver>& driver);

  /// Two equal answers mean that no flight of `key` ended between: what a read before it missed is
  /// still missing.
  std::uint32_t endings(std::string_view key) const noexcept;
  /// True: no flight at all, as nearly always.
  bool idle() const noexcept { return active_.load() == 0; }

 private:
  friend class Seat;
  friend class WriterSeat;
  friend class Nap;

  void deliver(const Wakes& wakes) noexcept;
  void recount(std::string_view ended_key) noexcept;

  const base::HashKey secret_;
  std::atomic<std::size_t> active_{0};
  std::array<std::atomic<std::uint32_t>, 64> endings_{};

  mutable std::mutex mutex_;
  FlightTable table_;                              // guarded by mutex_
  std::unordered_map<Ticket, Sleeper*> sleepers_;  // guarded by mutex_
};

/// A thread that sleeps.
class Nap final : public Sleeper {
 public:
  void notify() noexcept override { woken_.notify_one(); }
  /// Returns when there is a wake or the time is over.
  void sleep(Flights& flights, Millis at_most);

 private:
  std::condition_variable woken_;
};

/// A place in the flight of one key. Whoever lets go of it early makes way: a leader for the next
/// who waits.
///
/// Threads  One at a time.
class Seat {
 public:
  using Role = Joined::Role;

  Seat(Flights& flights, std::string_view key, Caller caller, Sleeper& sleeper);
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  Role role() const noexcept { return role_; }
  /// Of role `landed`.
  const Outcome& outcome() const noexcept { return outcome_; }

  /// After the sleep of a waiter: takes up the role it was woken to. False: nobody woke it, and it
  /// has left.
  bool wake_up();
  void lead_on(Caller caller);
  /// See FlightTable::landed.
  bool landed(Outcome outcome, bool wants_store);
  void stored();

 private:
  Flights& flights_;
  std::string key_;
  Sleeper& sleeper_;
  Role role_;
  Ticket ticket_ = 0;
  Outcome outcome_;
  bool storing_ = false;
  bool over_ = false;
};

/// Makes way for a write or an erase: voids a load of the key, or stands behind a fill that is on
/// its way to the store.
class WriterSeat {
 public:
  WriterSeat(Flights& flights, std::string_view key, Sleeper& sleeper);
  ~WriterSeat();
  WriterSeat(const WriterSeat&) = delete;
  WriterSeat& operator=(const WriterSeat&) = delete;

  /// True: a fill is on its way, sleep before the write.
  bool waits() const noexcept { return ticket_.has_value(); }
  /// After the sleep: false if the fill is still on its way.
  bool wake_up();

 private:
  Flights& flights_;
  Sleeper& sleeper_;
  std::optional<Ticket> ticket_;
};

/// This thread, as a Caller.
Caller this_caller() noexcept;

}  // namespace larder::cache
