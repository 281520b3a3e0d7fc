// Watchers: who renews the leases that asked for it and tells holders in time, one thread for all of a process.
//
// A turn does what is due and says when to come again; a test calls it with a clock of its own. Renewals are coroutines:
// a store that does not answer holds up nobody else's.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "coord/claim.hpp"
#include "coord/renewal.hpp"

namespace larder::coord {

/// One lease under watch.
///
/// Threads  Safe from any. The holder's own calls and renewals take turns, so that the last answer is that of the last
///          extension.
class Watch {
 public:
  Watch(Claim claim, base::Instant ends)
      : claim_(std::move(claim)), renewal_(claim_.options().ttl, claim_.options().renew, ends) {}

  std::stop_token token() const noexcept { return stop_.get_token(); }
  base::Instant ends() const;
  /// The holder's extension, kept apart from renewals.
  Result<bool> extend(Millis ttl, const CallOptions& call);
  /// The same in two halves, for one who does not wait on a thread. False: a renewal is under way.
  bool take_turn();
  void end_turn(base::Instant asked, Millis ttl, const Result<bool>& answer);
  /// The holder has let go: no renewal begins after this.
  void close();

 private:
  friend class Watchers;
  /// What is due now; a renewal is then under way. None: closed, or told.
  std::optional<Deed> begin(base::Instant now, double jitter);
  base::Instant next() const;

  const Claim claim_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable free_;
  Renewal renewal_;
  bool busy_ = false;  ///< A call about this lease is under way.
  bool closed_ = false;
};

class Watchers {
 public:
  explicit Watchers(const base::Clock& clock, std::uint64_t seed = base::system_entropy());
  ~Watchers();
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  void add(const std::shared_ptr<Watch>& watch);
  void remove(const Watch& watch);
  /// Its time has changed.
  void changed(const std::shared_ptr<Watch>& watch);
  /// Gives back what a coroutine let go.
  void release(Claim claim);
  std::size_t size() const;

  /// Does what is due, and what the store has answered meanwhile; answers when something will be due.
  base::Instant turn();
  /// Turns until it is asked to stop.
  void run(const std::stop_token& stop);
  void wake();

 private:
  struct Loop;
  void renew(std::shared_ptr<Watch> watch);
  void put(const std::shared_ptr<Watch>& watch);

  const base::Clock& clock_;
  std::unique_ptr<Loop> loop_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::map<const Watch*, base::Instant> when_;
  std::map<std::pair<base::Instant, const Watch*>, std::shared_ptr<Watch>> queue_;
  // The turning thread's:
  base::Random random_;
};

}  // namespace larder::coord
