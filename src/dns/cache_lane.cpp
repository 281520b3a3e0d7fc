#include "dns/cache_lane.hpp"

#include <algorithm>
#include <utility>

namespace larder::dns {
namespace {

/// Of one call: beyond it the first would wait for the last.
constexpr std::size_t kReadsTogether = 64;
/// How soon a flight looks again for what another process fetches.
constexpr Millis kLookAgain{20};

std::optional<Millis> life_of(const EntryFacts& facts) {
  if (facts.pinned) return std::nullopt;
  return std::chrono::seconds(std::int64_t{facts.ttl_s} + facts.stale_s);
}

Origin origin_of(const Entry& entry, Origin otherwise) noexcept {
  return entry.facts.pinned ? Origin::pinned : otherwise;
}

}  // namespace

Answer answer_from(const Entry& entry, std::string_view asked_name, std::int64_t now_ms,
                   std::uint32_t stale_ttl_s, Origin origin) {
  Answer answer;
  answer.wire.resize(entry.wire.size());
  render(answer.wire.data(), entry, asked_name, now_ms, stale_ttl_s);
  answer.origin = origin_of(entry, origin);
  answer.age = std::chrono::seconds(entry.age_ms(now_ms) / 1'000);
  answer.made_up = entry.facts.made_up;
  return answer;
}

CacheLane::CacheLane(DnsCache::Lane lane, NearTier& near, std::shared_ptr<SharedTier> shared,
                     const std::atomic<const CacheOptions*>& options,
                     std::shared_ptr<CacheCounters> counters)
    : lane_(lane),
      near_(near),
      shared_(std::move(shared)),
      options_(options),
      counters_(std::move(counters)),
      reads_together_(shared_ && (this->options().partitions.place || shared_->is_one_server())),
      self_(std::make_shared<CacheLane*>(this)) {}

CacheLane::~CacheLane() {
  const Error gone{Errc::cancelled, Effect::not_sent, "the resolver is shutting down"};
  for (auto& [key, flight] : flights_) fail_all(*flight, gone);
}

void CacheLane::start(const Question& question, base::Instant deadline, Resolver::Done done) {
  const bool full = flights_.size() >= options().flights_max;
  if (full && !flights_.contains(std::string(NearKey(question).view()))) {
    counters_->failures.add();
    return done(
        Error{Errc::overloaded, Effect::not_sent,
              "more than " + std::to_string(options().flights_max) + " questions are under way"});
  }
  bool begun = false;
  const FlightPtr flight = join_or_begin(question, begun);
  if (deadline == base::Instant{}) deadline = lane_.loop->now() + options().deadline;
  flight->waiters.push_back({question.name, deadline, std::move(done)});
  counters_->under_way.add();
  if (!begun) {
    counters_->joined.add();
    if (options().stale_wait.count() == 0 && answer_stale(*flight)) return;
    return due_at(deadline, DueKind::waiters, flight);
  }
  due_at(deadline, DueKind::waiters, flight);
  depart(flight);
}

void CacheLane::refresh(const Question& question) {
  if (flights_.size() >= options().flights_max) return;
  bool begun = false;
  const FlightPtr flight = join_or_begin(question, begun);
  if (!begun) return;
  counters_->prefetches.add();
  flight->refreshing = true;
  if (shared_) return read_shared(flight);
  ask_source(flight);
}

CacheLane::FlightPtr CacheLane::join_or_begin(const Question& question, bool& begun) {
  auto& flight = flights_[std::string(NearKey(question).view())];
  begun = flight == nullptr;
  // Not make_shared: what waits for its time refers to flights that have landed, and would keep their memory.
  if (begun) flight = std::make_unique<Flight>(question);
  return flight;
}

/// Looks once more at what is near: a flight of the same question may have landed since the asker looked.
void CacheLane::depart(const FlightPtr& flight) {
  if (!flight->question.bypass_cache) {
    if (const auto bytes = near_.get(flight->key.view())) {
      const auto entry = open_near_entry(*bytes);
      if (entry && entry->is_fresh(near_.now_ms())) {
        answer_all(*flight, *bytes, Origin::near);
        return land(flight);
      }
      if (entry && entry->is_usable_stale(near_.now_ms())) flight->stale = *bytes;
    }
    if (const auto failure = near_.failure(flight->key)) {
      if (!answer_stale(*flight)) fail_all(*flight, *failure);
      return land(flight);
    }
    if (shared_ && options().lease_wait.count() > 0) {
      flight->lease_until = lane_.loop->now() + options().lease_wait;
      return lease_shared(flight);
    }
    if (shared_) return read_shared(flight);
  }
  ask_source(flight);
}

/// One process of all is given leave to fetch; who is not looks again soon.
void CacheLane::lease_shared(const FlightPtr& flight) {
  const std::weak_ptr<CacheLane*> self = self_;
  const auto here = [self, flight](Result<Lease> lease) {
    if (const auto lane = self.lock()) (*lane)->shared_leased(flight, std::move(lease));
  };
  if (shared_->answers_at_once())
    return shared_->lease(shared_->key_of(flight->question), options().deadline, here);
  shared_->lease(
      shared_->key_of(flight->question), options().deadline,
      [loop = lane_.loop, here](Result<Lease> lease) {
        loop->post([here, lease = std::move(lease)]() mutable { here(std::move(lease)); });
      });
}

void CacheLane::shared_leased(const FlightPtr& flight, Result<Lease> lease) {
  if (!lease) {
    counters_->shared_errors.add();
    if (lease.error().code == Errc::timeout) counters_->shared_late.add();
    return ask_source(flight);
  }
  if (lease->value) {
    // A stale value is nobody's miss: whoever sees it first fetches anew.
    if (!use_shared(flight, *lease->value)) ask_source(flight);
    return;
  }
  flight->token = lease->token;
  if (lease->granted() || lane_.loop->now() >= flight->lease_until) return ask_source(flight);
  due_at(std::min(lane_.loop->now() + kLookAgain, flight->lease_until), DueKind::lease, flight);
}

void CacheLane::write_shared(const Flight& flight, std::string entry, std::optional<Millis> life) {
  counters_->under_way.add();
  const auto written = [counters = counters_](Result<bool> result) {
    counters->under_way.sub();
    if (!result) counters->write_errors.add();
  };
  auto key = shared_->key_of(flight.question);
  if (flight.token != 0)
    return shared_->fill(std::move(key), std::move(entry), flight.token, life, written);
  shared_->set(std::move(key), std::move(entry), life, written);
}

void CacheLane::read_shared(const FlightPtr& flight) {
  const std::weak_ptr<CacheLane*> self = self_;
  const auto here = [self](const FlightPtr& waiting, Result<std::optional<Bytes>> found) {
    if (const auto lane = self.lock()) (*lane)->shared_read(waiting, std::move(found));
  };
  std::string key = shared_->key_of(flight->question);
  flight->partition =
      options().partitions.place ? static_cast<int>(options().partitions.place(key)) : 0;
  // A store of this process answers at once: no need to come back later.
  if (shared_->answers_at_once()) {
    return shared_->get(
        key, [&](Result<std::optional<Bytes>> found) { here(flight, std::move(found)); });
  }
  if (!reads_together_) return read_one({flight, std::move(key)});
  // Datagrams come many at a time; a call of each would wake the store's thread for each.
  if (reads_.empty()) {
    lane_.loop->post([self] {
      if (const auto lane = self.lock()) (*lane)->send_reads();
    });
  }
  reads_.push_back({flight, std::move(key)});
}

void CacheLane::send_reads() {
  auto reads = std::exchange(reads_, {});
  const auto server = [](const Read& read) { return read.flight->partition; };
  std::stable_sort(reads.begin(), reads.end(),
                   [&](const Read& a, const Read& b) { return server(a) < server(b); });
  for (std::span<Read> rest(reads); !rest.empty();) {
    std::size_t count = 1;
    while (count < rest.size() && count < kReadsTogether && server(rest[count]) == server(rest[0]))
      ++count;
    count == 1 ? read_one(std::move(rest[0])) : read_together(rest.first(count));
    rest = rest.subspan(count);
  }
}

void CacheLane::read_one(Read read) {
  const std::weak_ptr<CacheLane*> self = self_;
  shared_->get(std::move(read.key), [loop = lane_.loop, self, flight = std::move(read.flight)](
                                        Result<std::optional<Bytes>> found) {
    loop->post([self, flight, found = std::move(found)]() mutable {
      if (const auto lane = self.lock()) (*lane)->shared_read(flight, std::move(found));
    });
  });
}

void CacheLane::read_together(std::span<Read> reads) {
  std::vector<std::string> keys;
  std::vector<FlightPtr> flights;
  for (Read& read : reads) {
    keys.push_back(std::move(read.key));
    flights.push_back(std::move(read.flight));
  }
  const std::weak_ptr<CacheLane*> self = self_;
  using Values = std::vector<std::optional<Bytes>>;
  shared_->get_together(std::move(keys), [loop = lane_.loop, self,
                                          flights = std::move(flights)](Result<Values> values) {
    loop->post([self, flights, values = std::move(values)]() mutable {
      const auto lane = self.lock();
      if (!lane) return;
      for (std::size_t i = 0; i < flights.size(); ++i) {
        using One = Result<std::optional<Bytes>>;
        (*lane)->shared_read(flights[i],
                             values ? One(std::move((*values)[i])) : One(values.error()));
      }
    });
  });
}

void CacheLane::shared_read(const FlightPtr& flight, Result<std::optional<Bytes>> found) {
  PartitionCounters& partition = counters_->partitions[static_cast<std::size_t>(flight->partition)];
  partition.requests.add();
  if (!found) {
    partition.errors.add();
    counters_->shared_errors.add();
    if (found.error().code == Errc::timeout) counters_->shared_late.add();
  } else if (*found && use_shared(flight, **found)) {
    partition.hits.add();
    return;
  }
  ask_source(flight);
}

/// True: the flight has landed by it.
bool CacheLane::use_shared(const FlightPtr& flight, std::string_view bytes) {
  const auto entry = open_shared_entry(bytes, flight->question);
  if (!entry) {
    counters_->shared_bad.add();
    return false;
  }
  const std::int64_t wall_ms = near_.wall_ms();
  std::string mine = restamped(bytes, near_.now_ms() - entry->age_ms(wall_ms));
  // Who refreshes wants what another process fetched lately, not the copy it has.
  const auto enough =
      flight->refreshing ? entry->facts.ttl_s * std::int64_t{options().prefetch_percent} / 100 : 0;
  if (entry->is_fresh(wall_ms) && (entry->facts.pinned || entry->ttl_left_s(wall_ms) > enough)) {
    counters_->shared_hits.add();
    const auto lived = Millis(entry->age_ms(wall_ms));
    const auto life = life_of(entry->facts);
    near_.set(flight->key.view(), mine,
              life ? std::optional(std::max(*life - lived, Millis(1))) : std::nullopt);
    answer_all(*flight, mine, Origin::shared);
    land(flight);
    return true;
  }
  if (flight->stale.empty() && entry->is_usable_stale(wall_ms)) flight->stale = std::move(mine);
  return false;
}

void CacheLane::ask_source(const FlightPtr& flight) {
  if (!flight->refreshing) counters_->misses.add();
  if (!flight->stale.empty()) {
    if (options().stale_wait.count() == 0) {
      answer_stale(*flight);
    } else {
      due_at(lane_.loop->now() + options().stale_wait, DueKind::stale, flight);
    }
  }
  const std::weak_ptr<CacheLane*> self = self_;
  lane_.source->ask(flight->question, lane_.loop->now() + options().deadline,
                    [self, flight](Result<Message> result) {
                      if (const auto lane = self.lock())
                        (*lane)->source_answered(flight, std::move(result));
                    });
}

void CacheLane::source_answered(const FlightPtr& flight, Result<Message> result) {
  if (!result) return failed(flight, result.error());
  const auto vetted = vet(flight->question, std::move(*result), options().ttl);
  if (!vetted) return failed(flight, vetted.error());
  fetched(flight, *vetted);
}

void CacheLane::fetched(const FlightPtr& flight, const Vetted& vetted) {
  const auto origin = lane_.source->origin();
  const std::string wire = build_message(vetted.message);
  EntryFacts facts{.made_up = origin == Origin::stub,
                   .stored_ms = near_.now_ms(),
                   .ttl_s = vetted.ttl_s,
                   .stale_s = static_cast<std::uint32_t>(options().stale_max.count())};
  const std::string entry = pack_entry(facts, wire);
  if (vetted.ttl_s > 0) {
    near_.set(flight->key.view(), entry, life_of(facts));
    if (shared_) write_shared(*flight, restamped(entry, near_.wall_ms()), life_of(facts));
  }
  answer_all(*flight, entry, origin);
  land(flight);
}

void CacheLane::failed(const FlightPtr& flight, const Error& error) {
  const bool stale = !flight->stale.empty();
  near_.set_failure(flight->key, error, stale ? options().stale_recheck : options().failure_time);
  if (!answer_stale(*flight)) fail_all(*flight, error);
  land(flight);
}

void CacheLane::answer_all(Flight& flight, std::string_view bytes, Origin origin) {
  const auto entry = open_near_entry(bytes);
  for (Waiter& waiter : std::exchange(flight.waiters, {})) {
    auto answer =
        answer_from(*entry, waiter.asked_name, near_.now_ms(), options().stale_ttl_s, origin);
    answer.partition = flight.partition;
    counters_->under_way.sub();
    waiter.done(std::move(answer));
  }
}

void CacheLane::fail_all(Flight& flight, const Error& error) {
  for (Waiter& waiter : std::exchange(flight.waiters, {})) {
    counters_->failures.add();
    counters_->under_way.sub();
    waiter.done(error);
  }
}

bool CacheLane::answer_stale(Flight& flight) {
  if (flight.stale.empty()) return false;
  counters_->stale_served.add(flight.waiters.size());
  answer_all(flight, flight.stale, Origin::stale);
  return true;
}

void CacheLane::land(const FlightPtr& flight) {
  const auto found = flights_.find(std::string(flight->key.view()));
  if (found != flights_.end() && found->second == flight) flights_.erase(found);
}

void CacheLane::due_at(base::Instant when, DueKind kind, const FlightPtr& flight) {
  dues_.push({when, kind, flight});
  arm();
}

/// One timer of the loop for all: thousands of flights are no crowd for its queue.
void CacheLane::arm() {
  if (dues_.empty() || (armed_ && *armed_ <= dues_.top().when)) return;
  armed_ = dues_.top().when;
  const auto delay = std::max<base::Nanos>(*armed_ - lane_.loop->now(), base::Nanos{0});
  lane_.loop->after(delay, [self = std::weak_ptr(self_)] {
    if (const auto lane = self.lock()) (*lane)->run_dues();
  });
}

void CacheLane::run_dues() {
  armed_.reset();
  const base::Instant now = lane_.loop->now();
  while (!dues_.empty() && dues_.top().when <= now) {
    const Due due = dues_.top();
    dues_.pop();
    const auto flight = due.flight.lock();
    if (!flight) continue;
    if (due.kind == DueKind::waiters) waiters_due(*flight);
    if (due.kind == DueKind::stale) answer_stale(*flight);
    if (due.kind == DueKind::lease) lease_shared(flight);
  }
  arm();
}

void CacheLane::waiters_due(Flight& flight) {
  const base::Instant now = lane_.loop->now();
  Flight late(flight.question);
  late.stale = flight.stale;
  const auto first =
      std::stable_partition(flight.waiters.begin(), flight.waiters.end(),
                            [now](const Waiter& waiter) { return waiter.deadline > now; });
  late.waiters.assign(std::make_move_iterator(first),
                      std::make_move_iterator(flight.waiters.end()));
  flight.waiters.erase(first, flight.waiters.end());
  if (late.waiters.empty() || answer_stale(late)) return;
  fail_all(late, Error{Errc::timeout, Effect::maybe_executed,
                       name_to_text(flight.question.name) + ": no answer within the asker's time"});
}

}  // namespace larder::dns
