#include "store/servers/side_line.hpp"

#include "base/hash.hpp"

namespace larder::store {
namespace {

// A mark is the upper part of a hash, which is never 0, and a version below it.
constexpr std::uint64_t kVersionMask = 0xFFFF;

std::uint64_t hash_of(std::string_view key) noexcept {
  return base::keyed_hash(key, {}) | (kVersionMask + 1);
}

void add(redis::ClientStats& to, const redis::ClientStats& more) {
  to.calls += more.calls;
  to.timeouts += more.timeouts;
  to.overloaded += more.overloaded;
  to.writes += more.writes;
  to.connects += more.connects;
  to.disconnects += more.disconnects;
  to.late_replies += more.late_replies;
  to.waiting += more.waiting;
}

}  // namespace

std::shared_ptr<redis::Client> SideLine::open() {
  const std::lock_guard guard{mutex_};
  used_ = clock_.now();
  if (!client_) client_ = std::make_shared<redis::Client>(options_, clock_);
  return client_;
}

std::shared_ptr<redis::Client> SideLine::get() const {
  const std::lock_guard guard{mutex_};
  return client_;
}

bool SideLine::close_after(base::Nanos idle) {
  std::shared_ptr<redis::Client> gone;
  const std::lock_guard guard{mutex_};
  if (!client_) return true;
  const auto stats = client_->stats();
  const bool in_use = client_.use_count() > 1 || stats.waiting > 0;
  if (in_use || clock_.now() - used_ < idle) return false;
  add(before_, stats);
  gone = std::move(client_);
  client_ = nullptr;
  any_ = false;
  for (auto& cell : cells_) cell = 0;
  return true;
}

void SideLine::add_to(redis::ClientStats& stats) const {
  const std::lock_guard guard{mutex_};
  add(stats, before_);
  if (client_) add(stats, client_->stats());
}

SideLine::Mark SideLine::find(std::string_view key) const noexcept {
  const std::uint64_t hash = hash_of(key);
  const Mark mark = cells_[(hash >> 32) % kCells].load(std::memory_order_acquire);
  return ((mark ^ hash) & ~kVersionMask) == 0 ? mark : 0;
}

void SideLine::remember(std::string_view key) noexcept {
  const std::uint64_t hash = hash_of(key);
  const Mark mark = (hash & ~kVersionMask) | (++version_ & kVersionMask);
  cells_[(hash >> 32) % kCells].store(mark, std::memory_order_release);
  any_ = true;
}

void SideLine::forget(std::string_view key, Mark mark) noexcept {
  cells_[(hash_of(key) >> 32) % kCells].compare_exchange_strong(mark, 0);
}

}  // namespace larder::store
