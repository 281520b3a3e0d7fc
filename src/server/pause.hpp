// Pause: CLIENT PAUSE. For a while the clients' commands, or only those that write, are held back, not refused.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "base/clock.hpp"
#include "server/shown.hpp"

namespace larder::server {

/// Threads  Safe from any. Asked before every command: without a pause it costs one plain read.
class Pause {
 public:
  enum class Kind : std::uint8_t { none, writes, all };

  /// What is held back now.
  Kind kind(base::Instant now) const noexcept {
    const Kind kind = kind_;
    return kind == Kind::none || now >= until() ? Kind::none : kind;
  }
  bool may_hold() const noexcept { return kind_ != Kind::none; }
  base::Instant until() const noexcept { return until_; }

  /// A pause on top of another makes it stricter and longer, never the opposite.
  void begin(Kind kind, base::Instant until, base::Instant now) {
    const std::lock_guard lock(mutex_);
    const bool running = this->kind(now) != Kind::none;
    until_ = running ? std::max(until_.get(), until) : until;
    kind_ = running ? std::max(kind_.get(), kind) : kind;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    kind_ = Kind::none;
  }

 private:
  std::mutex mutex_;  // Of those who change it.
  Shown<Kind> kind_ = Kind::none;
  Shown<base::Instant> until_{};
};

}  // namespace larder::server
