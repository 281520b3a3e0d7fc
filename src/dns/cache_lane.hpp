// CacheLane: the flights of one event loop. Each is a question that near could not answer, and all who wait for it.
//
//   start -> shared read -> source -> landed
//
// with shortcuts: a fresh shared entry lands at once; a failure noted lately lands as that failure; a stale entry goes out to those
// who wait when its time has come, while the flight goes on.
#pragma once

#include <memory>
#include <queue>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dns/cache.hpp"
#include "dns/cache_counters.hpp"
#include "dns/entry.hpp"
#include "dns/near_tier.hpp"
#include "dns/shared_tier.hpp"

namespace larder::dns {

/// Threads  All of it on its loop's thread.
class CacheLane {
 public:
  CacheLane(DnsCache::Lane lane, NearTier& near, std::shared_ptr<SharedTier> shared,
            const std::atomic<const CacheOptions*>& options,
            std::shared_ptr<CacheCounters> counters);
  ~CacheLane();

  void start(const Question& question, base::Instant deadline, Resolver::Done done);
  /// Fetches anew what is near still, for nobody in particular.
  void refresh(const Question& question);

  net::EventLoop& loop() noexcept { return *lane_.loop; }

 private:
  struct Waiter {
    std::string asked_name;  ///< In the asker's case.
    base::Instant deadline;
    Resolver::Done done;
  };
  struct Flight {
    Question question;
    NearKey key;
    std::vector<Waiter> waiters;
    std::string stale;  ///< An entry by the near clock that may stand in; empty: none.
    bool refreshing = false;
    std::uint64_t token = 0;      ///< Not 0: the shared store leased the miss to us.
    base::Instant lease_until{};  ///< How long we wait for who else it leased it to.
    int partition = -1;
    explicit Flight(const Question& asked) : question(asked), key(asked) {}
  };
  using FlightPtr = std::shared_ptr<Flight>;
  enum class DueKind : unsigned char { waiters, stale, lease };
  struct Due {
    base::Instant when;
    DueKind kind;
    std::weak_ptr<Flight> flight;
    bool operator>(const Due& other) const noexcept { return when > other.when; }
  };

  FlightPtr join_or_begin(const Question& question, bool& begun);
  void depart(const FlightPtr& flight);
  /// What is asked of the shared store in one turn of the loop, for one server in one call.
  struct Read {
    FlightPtr flight;
    std::string key;
  };
  void read_shared(const FlightPtr& flight);
  void send_reads();
  void read_one(Read read);
  void read_together(std::span<Read> reads);
  void lease_shared(const FlightPtr& flight);
  void shared_leased(const FlightPtr& flight, Result<Lease> lease);
  void write_shared(const Flight& flight, std::string entry, std::optional<Millis> life);
  void shared_read(const FlightPtr& flight, Result<std::optional<Bytes>> found);
  bool use_shared(const FlightPtr& flight, std::string_view bytes);
  void ask_source(const FlightPtr& flight);
  void source_answered(const FlightPtr& flight, Result<Message> result);
  void fetched(const FlightPtr& flight, const Vetted& vetted);
  void failed(const FlightPtr& flight, const Error& error);

  void answer_all(Flight& flight, std::string_view entry, Origin origin);
  void fail_all(Flight& flight, const Error& error);
  bool answer_stale(Flight& flight);
  void land(const FlightPtr& flight);

  void due_at(base::Instant when, DueKind kind, const FlightPtr& flight);
  void arm();
  void run_dues();
  void waiters_due(Flight& flight);

  const DnsCache::Lane lane_;
  NearTier& near_;
  const std::shared_ptr<SharedTier> shared_;
  const CacheOptions& options() const noexcept { return *options_.load(std::memory_order_acquire); }
  const std::atomic<const CacheOptions*>& options_;  ///< The cache's: they may change.
  const std::shared_ptr<CacheCounters> counters_;    // Writes to the store may end after the lane.
  std::unordered_map<std::string, FlightPtr> flights_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> dues_;
  std::optional<base::Instant> armed_;
  const bool reads_together_;
  std::vector<Read> reads_;  ///< Until the turn's end.
  // What comes back from the store's threads after the lane went finds it gone.
  const std::shared_ptr<CacheLane*> self_;
};

/// The answer that an entry, by the near clock, is to one asker.
Answer answer_from(const Entry& entry, std::string_view asked_name, std::int64_t now_ms,
                   std::uint32_t stale_ttl_s, Origin origin);

}  // namespace larder::dns
