// FlightTable: who loads which key, who waits for whom. A state machine: events in, wake-ups out;
// no thread, no lock.
//
//            join             landed(store it)           stored
//   (none) --------> loading ------------------> storing -------> (none)
//                    |  ^  |                        ^
//        abandoned:  |  |  | landed(nothing to      | invalidate: the writer waits until the fill
//        the next    |  |  | store, or voided)      | has ended, so that its own word is the last
//        who waits   +--+  |
//        leads             +----> (none)
//
// invalidate while loading: the flight is voided and leaves the table. Its value goes to those who
// joined before and is not stored; who comes later starts a new flight.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"

namespace larder::cache {

/// One caller's place in a flight. Never reused.
using Ticket = std::uint64_t;
/// Who asks, where one can tell: a thread that blocks. 0: nobody in particular.
using Caller = std::uint64_t;

/// What a load came to: the bytes, none where the loader found nothing, or its error. Shared by all
/// who waited.
using Outcome = std::shared_ptr<const Result<std::optional<std::string>>>;

struct Wake {
  enum class What : std::uint8_t {
    landed,  ///< The load is over; see `outcome`.
    lead,    ///< The leader gave up: the load is yours now.
    stored,  ///< The fill that this writer waited for has ended.
  };
  Ticket who;
  What what;
  Outcome outcome = nullptr;
};
using Wakes = std::vector<Wake>;

struct Joined {
  enum class Role : std::uint8_t { lead, wait, landed, would_deadlock, full };
  Role role;
  Ticket ticket = 0;          ///< Of `lead` and `wait`.
  Outcome outcome = nullptr;  ///< Of `landed`: the load is over, its value on the way to the store.
};

class FlightTable {
 public:
  FlightTable(base::HashKey secret, std::size_t waiters_max);

  /// A circle of callers that wait for each other's loads is refused at its last link.
  Joined join(std::string_view key, Caller caller);
  /// Says on which thread the leader's loader is about to run.
  void lead_on(Ticket leader, Caller caller);

  /// The load ended and all who wait get `outcome`. True: the leader shall store it now and then
  /// call stored().
  bool landed(Ticket leader, Outcome outcome, bool wants_store, Wakes& wakes);
  void stored(Ticket leader, Wakes& wakes);
  /// The leader goes away before its load ended.
  void abandoned(Ticket leader, Wakes& wakes);
  /// Someone who waits goes away.
  void left(Ticket waiter);

  /// A write or an erase of `key` begins. A ticket: a fill is on its way, begin when `stored` wakes
  /// it.
  std::optional<Ticket> invalidate(std::string_view key);

  /// Those under way, voided ones included.
  std::size_t flights() const noexcept { return flights_; }

 private:
  struct Flight;
  using FlightPtr = std::shared_ptr<Flight>;
  struct Seat {
    FlightPtr flight;
    Caller caller = 0;
  };
  struct Hash {
    using is_transparent = void;
    base::HashKey secret;
    std::size_t operator()(std::string_view key) const noexcept {
      return base::keyed_hash(key, secret);
    }
  };

  bool circular(const Flight& flight, Caller caller) const;
  Ticket seat(const FlightPtr& flight, Caller caller);
  void unseat(Ticket ticket);
  void wake_all(std::deque<Ticket>& tickets, Wake::What what, const Outcome& outcome, Wakes& wakes);
  void end(const FlightPtr& flight, Wakes& wakes);

  std::unordered_map<std::string, FlightPtr, Hash, std::equal_to<>> by_key_;
  std::unordered_map<Ticket, Seat> seats_;
  std::unordered_map<Caller, const Flight*> waiting_;
  std::size_t waiters_max_;
  std::size_t flights_ = 0;
  Ticket last_ticket_ = 0;
};

}  // namespace larder::cache
