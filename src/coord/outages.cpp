#include "coord/outages.hpp"

#include <algorithm>
#include <cmath>

namespace larder::coord {
namespace {

/// What one process may remember of clients in an outage: about half a million of them.
constexpr std::string_view kLocalStore = "memory:?max_bytes=32MiB&eviction=volatile-lru";

std::uint32_t part_of(std::uint32_t number, double share) noexcept {
  if (number == 0) return 0;
  return std::max<std::uint32_t>(static_cast<std::uint32_t>(std::floor(number * share)), 1);
}

}  // namespace

Outages::Outages(const Limit& limit, const LimiterOptions& options, World& world)
    : options_(options), limit_(limit), world_(world) {
  if (options.outage != Outage::local_estimate) return;
  limit_.max = part_of(limit.max, options.local_share);
  limit_.burst = part_of(limit.burst, options.local_share);
  local_ = Store::open(kLocalStore).value();
}

bool Outages::is_outage(const Error& error) noexcept {
  return error.code == Errc::timeout || error.code == Errc::disconnected ||
         error.code == Errc::unreachable || error.code == Errc::overloaded ||
         error.code == Errc::io;
}

bool Outages::is_away() noexcept {
  std::int64_t until = away_until_.load(std::memory_order_relaxed);
  if (until == kNever) return false;
  const std::int64_t now = world_.now().time_since_epoch().count();
  if (now < until) return true;
  const std::int64_t next = world_.after(options_.retry_every).time_since_epoch().count();
  return !away_until_.compare_exchange_strong(until, next, std::memory_order_relaxed);
}

void Outages::failed() noexcept {
  away_until_.store(world_.after(options_.retry_every).time_since_epoch().count(),
                    std::memory_order_relaxed);
}

Decision Outages::answer(std::string_view full_key, std::uint32_t count, bool peek) {
  Decision decision;
  if (options_.outage == Outage::local_estimate) decision = estimate(full_key, count, peek);
  if (options_.outage == Outage::fail_open) decision = {true, limit_.max, Millis{0}, Millis{0}};
  if (options_.outage == Outage::fail_closed)
    decision = {false, 0, options_.retry_every, options_.retry_every};
  decision.estimated = true;
  return decision;
}

Decision Outages::estimate(std::string_view full_key, std::uint32_t count, bool peek) {
  const auto decision = peek ? local_->limit_peek(full_key, limit_, count)
                             : local_->limit_take(full_key, limit_, count);
  // More than this process' share can ever be: it has to wait for the store.
  if (!decision) return {false, 0, options_.retry_every, options_.retry_every};
  return *decision;
}

}  // namespace larder::coord
