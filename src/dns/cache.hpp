// DnsCache: answers kept near and in a shared store, and fetched once for all who ask.
//
// A question is looked up near, on the asker's thread. What is not fresh there becomes a flight on one of the lanes, the event loops
// that the cache runs on: its key's hash says which, so that a question has one flight in the process, and no lock. The flight reads
// the shared store, waiting for its read deadline at most, then asks the lane's source. Whoever asks meanwhile joins.
//
// With `lease_wait`, processes that share a store share a flight, too: the store leases each miss to one of them, and the others look
// again until the answer is there, or their patience is over.
//
// A stale entry stands in (RFC 8767) when the source fails, or has not answered in time. A failure is remembered near for a few seconds
// (RFC 9520), never as an answer.
#pragma once

#include <larder/store.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "dns/cache_admin.hpp"
#include "dns/partitions.hpp"
#include "dns/query.hpp"
#include "dns/resolver.hpp"
#include "dns/source.hpp"
#include "dns/vet.hpp"
#include "net/event_loop.hpp"

namespace larder::dns {

class Errands;
class NearTier;
class SharedTier;
class CacheLane;
struct CacheCounters;

struct CacheOptions {
  TtlRules ttl{};
  base::Millis failure_time{
      5'000};  ///< How long upstream is spared a question that failed; 1 s to 5 min (RFC 9520).
  std::chrono::seconds stale_max{
      86'400};                     ///< How long past its TTL an entry may stand in; 0: never.
  std::uint32_t stale_ttl_s = 30;  ///< The TTL of such an answer.
  base::Millis stale_wait{
      1'800};  ///< How long upstream has before a stale answer goes out; 0: it goes out at once.
  base::Millis stale_recheck{
      30'000};  ///< How long upstream is spared after it failed and a stale answer stood in.
  unsigned prefetch_percent =
      10;  ///< An entry asked for in the last part of its life is fetched anew; 0: never.
  unsigned prefetch_hits = 3;    ///< How often it must be asked for there.
  base::Millis shared_read{50};  ///< How long an answer waits for the shared store.
  base::Millis shared_write{1'000};
  base::Millis lease_wait{
      0};  ///< How long a process waits for another that fetches the same; 0: it does not ask who does.
  base::Millis deadline{5'000};      ///< How long a question waits in all, unless its asker says.
  std::size_t flights_max = 10'000;  ///< Of one lane; the next question is `overloaded`.
  std::string key_prefix = "dns:";   ///< Of the shared store's keys.
  Partitions partitions = {};        ///< Of the shared store.
};

/// Threads  Safe from any thread. The lanes' loops outlive it, and do not run while it goes away.
/// Cost     A near hit: one look into the near store, one copy.
class DnsCache final : public Resolver, public CacheAdmin {
 public:
  struct Lane {
    net::EventLoop* loop = nullptr;
    Source* source = nullptr;
  };

  /// `near` answers at once: a `memory:` store of its own, bounded, with the policy `adaptive`.
  DnsCache(Store near, std::optional<Store> shared, const std::vector<Lane>& lanes,
           CacheOptions options, const base::Clock& clock);
  ~DnsCache() override;

  /// On a lane's thread, before its loop runs: from then on, what it asks of its own lane is not posted.
  void enter_lane(std::size_t lane) const noexcept;

  /// Questions that wait for an answer, and writes to the shared store, about.
  std::size_t under_way() const noexcept;

  // Resolver.
  void resolve(const Question& question, base::Instant deadline, Resolver::Done done) override;
  std::string trouble() const override;

  /// The shortest way: a fresh near entry, written to `room` as Answer::wire would have it. None: it takes a resolve. An entry
  /// that `room` cannot hold is written as its header and question alone, with TC.
  struct NearHit {
    std::size_t bytes = 0;
    std::uint16_t rcode = 0;
    bool made_up = false;
  };
  std::optional<NearHit> near_reply(const Query& query, std::span<char> room);

  // CacheAdmin.
  void look(const std::string& name, std::optional<std::uint16_t> type,
            CacheAdmin::Done<std::vector<CachedEntry>> done) override;
  void list(const ListEntries& what, CacheAdmin::Done<EntryPage> done) override;
  void put(const PutEntry& entry, CacheAdmin::Done<void> done) override;
  void erase(const EraseEntries& what, CacheAdmin::Done<std::size_t> done) override;
  void flush(CacheAdmin::Done<void> done) override;
  DnsStats stats() const override;
  void partitions(CacheAdmin::Done<std::vector<PartitionStats>> done) override;
  void policy(const PolicyChange& change, CacheAdmin::Done<std::vector<TierPolicy>> done) override;

  /// Other rules from now on: those of entries that are there already do not change. `partitions`, `key_prefix` and the deadlines
  /// of the shared store stay as they were.
  void use(CacheOptions options);
  /// As Store::configure, of the near store.
  Result<void> configure_near(std::string_view setting, const std::string& value);

 private:
  CacheLane& lane_of(std::string_view key) const noexcept;
  void consider_prefetch(std::string_view key, const Question& question);

  const CacheOptions& options() const noexcept { return *options_.load(std::memory_order_acquire); }

  std::mutex kept_mutex_;
  /// All that ever held: who reads one does not lock. As many as there were reloads.
  std::vector<std::unique_ptr<const CacheOptions>> kept_;  // Guarded by kept_mutex_.
  std::atomic<const CacheOptions*> options_{nullptr};
  const base::Clock& clock_;
  const base::HashKey lane_key_;
  std::shared_ptr<CacheCounters> counters_;
  std::unique_ptr<NearTier> near_;
  std::shared_ptr<SharedTier> shared_;
  std::vector<Lane> sources_;
  std::vector<std::unique_ptr<CacheLane>> lanes_;
  std::unique_ptr<Errands> errands_;  ///< Goes first: what it does is done with the rest.
};

}  // namespace larder::dns
