#include "coord/batches.hpp"

#include <algorithm>
#include <utility>

namespace larder::coord {
namespace {

constexpr std::size_t kKeysEach = 256;  // Of one shard.

Decision given(std::uint32_t remaining, base::Instant reset, base::Instant now) noexcept {
  const auto left = std::chrono::ceil<Millis>(reset - now);
  return {true, remaining, Millis{0}, std::max(left, Millis{0})};
}

}  // namespace

// ---- one call -----------------------------------------------------------------------------------------

Batches::Ask::Ask(Ask&& other) noexcept
    : batches_(std::exchange(other.batches_, nullptr)),
      key_(other.key_),
      count_(other.count_),
      size_(other.size_),
      asked_(other.asked_) {}

Batches::Ask::~Ask() {
  if (!batches_) return;
  Shard& shard = batches_->shard_of(key_);
  const std::lock_guard guard{shard.mutex};
  if (const auto at = shard.batches.find(key_); at != shard.batches.end())
    at->second.asking = false;
}

std::optional<Decision> Batches::Ask::settle(const Decision& said) {
  if (!batches_) return said;
  Batches& batches = *std::exchange(batches_, nullptr);
  Shard& shard = batches.shard_of(key_);
  const std::lock_guard guard{shard.mutex};
  const auto at = shard.batches.find(key_);
  if (at == shard.batches.end()) return said;  // Reset meanwhile: what was taken with it is lost.
  Batch& batch = at->second;
  batch.asking = false;
  batch.beyond = said.remaining;
  if (!said.allowed) {
    const bool fewer = size_ > count_ && said.remaining >= count_;
    size_ = count_;
    return fewer ? std::nullopt : std::optional{said};
  }
  batch.left = size_ - count_;
  batches.use(batch, count_);
  batch.until = batches.end_of(asked_, said);
  batch.reset = asked_ + said.reset_after;
  Decision decision = said;
  decision.remaining += batch.left;
  return decision;
}

// ---- all of them --------------------------------------------------------------------------------------

std::uint32_t Batches::next_size(const Batch& batch, std::uint32_t count) const noexcept {
  if (batch.used == 0) return count;
  return std::max(count, std::min({batch.used + count, batch_, batch.beyond / 2}));
}

void Batches::use(Batch& batch, std::uint32_t count) const noexcept {
  batch.used = std::min(batch.used + count, batch_);
}

// The store's answer was true at some moment after `asked`, in whole milliseconds rounded down: a millisecond less is safe.
base::Instant Batches::end_of(base::Instant asked, const Decision& said) const noexcept {
  switch (limit_.algorithm) {
    case Algorithm::fixed_window:
      return asked + said.reset_after - Millis{1};
    case Algorithm::sliding_window:  // Until a window after the end of the one that counted it.
      return asked + said.reset_after - limit_.window - Millis{1};
    case Algorithm::token_bucket:
      return asked + limit_.window;
    case Algorithm::sliding_log:
      break;  // A Limiter has no batches of these.
  }
  return asked;
}

// Null: there is no room for it.
Batches::Batch* Batches::remembered(Shard& shard, std::string_view key, base::Instant now) {
  if (const auto at = shard.batches.find(key); at != shard.batches.end()) return &at->second;
  if (shard.batches.size() >= kKeysEach) {
    std::erase_if(shard.batches, [&](const auto& entry) {
      return !entry.second.asking && entry.second.until <= now;
    });
    if (shard.batches.size() >= kKeysEach) return nullptr;
  }
  return &shard.batches[std::string(key)];
}

std::variant<Decision, Batches::Ask> Batches::take(std::string_view key, std::uint32_t count) {
  const base::Instant now = world_.now();
  Ask ask(*this, key, count);
  ask.asked_ = now;
  Shard& shard = shard_of(key);
  const std::lock_guard guard{shard.mutex};
  Batch* const batch = remembered(shard, key, now);
  if (batch && now >= batch->until) batch->left = batch->used = 0;
  if (batch && batch->left >= count) {
    ask.batches_ = nullptr;
    batch->left -= count;
    use(*batch, count);
    return given(batch->left + batch->beyond, batch->reset, now);
  }
  // What is left stays for those who need less, and no second batch comes on top of it.
  if (!batch || batch->asking || batch->left > 0) {
    ask.batches_ = nullptr;
    return ask;
  }
  batch->asking = true;
  ask.size_ = next_size(*batch, count);
  return ask;
}

void Batches::add(std::string_view key, std::uint32_t count, Decision& look) {
  const base::Instant now = world_.now();
  Shard& shard = shard_of(key);
  const std::lock_guard guard{shard.mutex};
  const auto at = shard.batches.find(key);
  if (at == shard.batches.end() || now >= at->second.until) return;
  look.remaining += at->second.left;
  if (at->second.left < count) return;
  look.allowed = true;
  look.retry_after = Millis{0};
}

void Batches::forget(std::string_view key) {
  Shard& shard = shard_of(key);
  const std::lock_guard guard{shard.mutex};
  if (const auto at = shard.batches.find(key); at != shard.batches.end()) shard.batches.erase(at);
}

}  // namespace larder::coord
