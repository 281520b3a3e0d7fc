// Outages: what a limiter answers while its store does not, and when it asks the store again.
#pragma once

#include <larder/limiter.hpp>

#include <atomic>
#include <optional>

#include "coord/world.hpp"

namespace larder::coord {

/// Threads  Safe from any.
class Outages {
 public:
  Outages(const Limit& limit, const LimiterOptions& options, World& world);

  /// True: the store has failed lately; no need to wait for it again. Of all who ask when that time is over one is told
  /// false and tries.
  bool is_away() noexcept;
  void failed() noexcept;
  void answered() noexcept { away_until_.store(kNever, std::memory_order_relaxed); }

  /// What the policy says.
  Decision answer(std::string_view full_key, std::uint32_t count, bool peek);
  /// Whether an error says that the store was out of reach, rather than what it thought.
  static bool is_outage(const Error& error) noexcept;

 private:
  Decision estimate(std::string_view full_key, std::uint32_t count, bool peek);

  static constexpr std::int64_t kNever = -1;
  const LimiterOptions options_;
  Limit limit_;
  World& world_;
  std::optional<Store> local_;
  std::atomic<std::int64_t> away_until_{kNever};  // Nanoseconds of the world's clock.
};

}  // namespace larder::coord
