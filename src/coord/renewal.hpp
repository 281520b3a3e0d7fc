// Renewal: when a lease that is held is to be extended, and when its holder must be told that it is about to end.
//
//   asked       asked + ttl/3                               ends - margin    ends
//     |------------|---------- again each ttl/12 ----------------|------------|
//                renew                                          tell
//
// Between a third of its time and the moment to tell there are some six attempts to reach the store. The margin, a
// tenth of the time and at most a second, is what the holder has to stop in. Once told it is never renewed again.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace larder::coord {

enum class Deed : std::uint8_t { wait, renew, tell };

class Renewal {
 public:
  Renewal(base::Millis ttl, bool renews, base::Instant ends) noexcept
      : ttl_(ttl), renews_(renews), ends_(ends), try_(ends - ttl_ * 2 / 3) {}

  Deed due(base::Instant now) const noexcept {
    if (told_) return Deed::wait;
    if (now >= tell_at()) return Deed::tell;
    return renews_ && now >= try_ ? Deed::renew : Deed::wait;
  }
  /// When to look again.
  base::Instant next() const noexcept {
    if (told_) return base::Instant::max();
    return renews_ ? std::min(try_, tell_at()) : tell_at();
  }

  /// An attempt begins. `jitter` is below 1: neighbours that were taken together shall not ask together for ever.
  void attempted(base::Instant now, double jitter) noexcept {
    const auto pause = std::max<base::Nanos>(ttl_ / 12, base::Millis{1});
    try_ = now + pause + std::chrono::duration_cast<base::Nanos>(pause * (jitter / 4));
  }
  /// The store has extended it for `life`, in answer to what was asked at `asked`.
  void confirmed(base::Instant asked, base::Millis life) noexcept {
    ends_ = asked + life;
    try_ = ends_ - ttl_ * 2 / 3;
    if (base::Nanos{life} < ttl_) try_ = asked + base::Nanos{life} / 3;
  }
  /// It is another's.
  void refused() noexcept { ends_ = base::Instant::min(); }
  void told() noexcept { told_ = true; }

  base::Instant ends() const noexcept { return ends_; }
  base::Millis ttl() const noexcept { return std::chrono::floor<base::Millis>(ttl_); }
  /// How long one attempt may take: the next comes then.
  base::Millis patience() const noexcept {
    return std::max(std::chrono::floor<base::Millis>(ttl_ / 4), base::Millis{1});
  }

 private:
  base::Instant tell_at() const noexcept {
    if (ends_ == base::Instant::min()) return ends_;
    constexpr base::Nanos kMost{1'000'000'000};
    return ends_ - std::min(ttl_ / 10, kMost);
  }

  base::Nanos ttl_;
  bool renews_;
  bool told_ = false;
  base::Instant ends_;
  base::Instant try_;
};

}  // namespace larder::coord
