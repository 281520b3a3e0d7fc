// CacheAdmin: looking into the cache, and changing it by hand. What REST's /v1/cache and gRPC's CacheAdmin call.
#pragma once

#include <larder/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dns/resolver.hpp"

namespace larder::dns {

/// One entry as it lies in a tier.
struct CachedEntry {
  std::string name;  ///< Text, lower case, with the final dot.
  std::uint16_t type = 0;
  bool dnssec_ok = false;
  bool checking_disabled = false;
  Origin tier = Origin::near;  ///< `near` or `shared`.
  bool pinned = false;
  std::uint16_t rcode = 0;
  std::chrono::seconds ttl{0};  ///< Left; 0: stale.
  std::chrono::seconds age{0};
  std::chrono::seconds stale_for{0};  ///< How long after its TTL it may still be served.
  std::size_t bytes = 0;              ///< Of the stored value.
  std::string wire;                   ///< The message as Answer::wire has it.
};

struct PutEntry {
  std::string name;  ///< Text.
  std::uint16_t type = 1;
  std::uint32_t ttl = 300;  ///< Seconds, at least 1.
  std::vector<std::string>
      records;  ///< Rdata as dns/rdata_text.hpp reads it; none: an empty answer.
  bool pinned =
      false;  ///< Stays until it is erased, whatever its TTL, which is given to askers as it is.
};

struct EraseEntries {
  std::string name{};                   ///< Text.
  std::optional<std::uint16_t> type{};  ///< None: all that the cache knows of.
  bool subtree = false;  ///< Whatever lies below the name as well; looks at every entry.
};

struct ListEntries {
  std::string prefix{};  ///< Of the name's text.
  std::string suffix{};  ///< A name: itself and what lies below.
  std::optional<std::uint16_t> type{};
  std::size_t limit = 100;
  std::uint64_t cursor = 0;  ///< 0: from the start.
  Origin tier = Origin::near;
};

struct EntryPage {
  std::vector<CachedEntry> entries;
  std::uint64_t cursor = 0;  ///< 0: that was all.
};

/// Counted since the start.
struct DnsStats {
  std::uint64_t questions = 0;
  std::uint64_t near_hits = 0, shared_hits = 0, misses = 0;
  std::uint64_t stale_served = 0, pinned_served = 0;
  std::uint64_t joined = 0;  ///< Waited for another's flight.
  std::uint64_t prefetches = 0;
  std::uint64_t shared_errors = 0;  ///< Reads of the shared store that failed: counted as misses.
  std::uint64_t shared_late = 0;    ///< Of them, past the read deadline.
  std::uint64_t shared_bad = 0;  ///< Values in the shared store that were none of ours, or broken.
  std::uint64_t write_errors = 0;  ///< Writes to the shared store that failed.
  std::uint64_t upstream_queries = 0, upstream_failures = 0, upstream_tcp = 0;
  std::uint64_t upstream_spoofs = 0;  ///< Replies that did not match their question: dropped.
  std::uint64_t failures = 0;         ///< Questions that got no answer.
  std::size_t near_entries = 0;
  std::uint64_t near_bytes = 0;
};

/// Each figure by its name, as every face shows it.
template <class Show>
void for_each_figure(const DnsStats& s, Show show) {
  show("questions", s.questions);
  show("near_hits", s.near_hits);
  show("shared_hits", s.shared_hits);
  show("misses", s.misses);
  show("stale_served", s.stale_served);
  show("pinned_served", s.pinned_served);
  show("joined", s.joined);
  show("prefetches", s.prefetches);
  show("failures", s.failures);
  show("shared_errors", s.shared_errors);
  show("shared_late", s.shared_late);
  show("shared_bad", s.shared_bad);
  show("write_errors", s.write_errors);
  show("upstream_queries", s.upstream_queries);
  show("upstream_failures", s.upstream_failures);
  show("upstream_tcp", s.upstream_tcp);
  show("upstream_spoofs", s.upstream_spoofs);
  show("near_entries", s.near_entries);
  show("near_bytes", s.near_bytes);
}

struct PartitionStats {
  std::string name;  ///< Its URL without the password, or its place in the list.
  bool answers = true;
  std::string trouble;  ///< Why not.
  std::uint64_t requests = 0, hits = 0, errors = 0;
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;  ///< 0: unknown.
};

/// What a tier may hold, and what goes when that is full.
struct TierPolicy {
  std::string tier;             ///< "near", or a partition as PartitionStats names it.
  std::string policy = {};      ///< Empty: unknown.
  std::uint64_t bytes_max = 0;  ///< 0: no bound, or unknown.
  std::string trouble = {};     ///< Why it is unknown, or was not changed.
};

/// Policies by name; an empty one stays as it is.
struct PolicyChange {
  std::string near = {};
  std::string shared = {};  ///< Of every partition whose server lets it be changed.
};

/// Threads  Safe from any thread. `done` is called exactly once, on the calling thread or one of the cache's.
class CacheAdmin {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;
  virtual ~CacheAdmin() = default;

  /// Entries of one name in both tiers; of all common types where none is given. Errors: `bad_argument`.
  virtual void look(const std::string& name, std::optional<std::uint16_t> type,
                    Done<std::vector<CachedEntry>> done) = 0;
  virtual void list(const ListEntries& what, Done<EntryPage> done) = 0;
  /// Errors: `bad_argument` names the record that cannot be read.
  virtual void put(const PutEntry& entry, Done<void> done) = 0;
  /// How many entries went, those of both tiers counted.
  virtual void erase(const EraseEntries& what, Done<std::size_t> done) = 0;
  /// Everything of this cache, in both tiers; other keys of the shared store stay.
  virtual void flush(Done<void> done) = 0;
  virtual DnsStats stats() const = 0;
  /// Of the shared store; empty where there is none.
  virtual void partitions(Done<std::vector<PartitionStats>> done) = 0;
  /// Changes, then tells how it is: near first, then the partitions. Errors: `bad_argument`, and nothing was changed; what a
  /// partition refuses is its `trouble`.
  virtual void policy(const PolicyChange& change, Done<std::vector<TierPolicy>> done) = 0;
};

}  // namespace larder::dns
