// The words of a Cache: how long entries live, what one call may change of that, what a loader sees
// and a fetch tells.
#pragma once

#include <larder/store.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace larder {

/// Spells "no expiry". There is no silent way to ask for it.
struct Forever {};
inline constexpr Forever forever{};

/// How long a value is good for: a duration, or `forever`.
///
/// Units   Kept in milliseconds, rounded up: 100 us lives for 1 ms, not for none.
class Lifetime {
 public:
  Lifetime(Forever) noexcept {}
  template <class Rep, class Period>
  Lifetime(std::chrono::duration<Rep, Period> ttl) noexcept : ttl_(rounded_up(ttl)) {}

  /// None: forever.
  std::optional<Millis> ttl() const noexcept { return ttl_; }
  bool negative() const noexcept { return ttl_ && *ttl_ < Millis::zero(); }

 private:
  template <class Rep, class Period>
  static Millis rounded_up(std::chrono::duration<Rep, Period> ttl) noexcept {
    const double ms = std::chrono::duration<double, std::milli>(ttl).count();
    // Beyond what 64 bits of nanoseconds hold, the count saturates; the cache then refuses it by
    // name.
    if (!(std::abs(ms) < 9e15)) return ms < 0 ? Millis::min() : Millis::max();
    return std::chrono::ceil<Millis>(ttl);
  }
  std::optional<Millis> ttl_;
};

/// What holds for every entry of a Cache unless a call says otherwise.
struct Policy {
  Lifetime ttl;  ///< 0: get_or_load still runs once for all who wait, and stores nothing.
};

/// What one write may say for itself.
struct WriteOptions {
  std::optional<Lifetime> ttl = std::nullopt;  ///< None: the policy's.
  bool keep_ttl = false;  ///< Leave an entry the deadline it has; a new entry then has none.
  SetIf condition = SetIf::always;
  Millis deadline{0};  ///< As in CallOptions.
};

/// What one get_or_load may say for itself.
struct LoadOptions {
  std::optional<Lifetime> ttl = std::nullopt;  ///< Of what the loader brings. None: the policy's.
  Millis wait{30'000};  ///< How long to wait for a load that another caller runs; then `timeout`.
  Millis deadline{0};  ///< Of each call to the store, as in CallOptions. Never cuts a loader short.
};

/// Where a fetched value came from.
enum class Source : std::uint8_t {
  hit,     ///< The store had it.
  loaded,  ///< This call's own loader brought it.
  waited,  ///< Another caller's loader brought it; this call waited for that.
};
std::string_view to_string(Source source) noexcept;

/// A value and where it came from.
template <class T>
struct Fetched {
  T value;
  Source source;
};

/// What a loader is handed.
///
/// Lifetime  For the duration of the load.
class Load {
 public:
  explicit Load(std::string_view key) noexcept : key_(key) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// The key that was asked for, without the cache's space.
  std::string_view key() const noexcept { return key_; }

 private:
  std::string_view key_;
};

/// What a Cache and its copies have seen since it was made. One number per outcome of a read, so
/// that sums are right.
struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;            ///< Reads that found nothing, or nothing readable.
  std::uint64_t loads = 0;             ///< Loaders that were run.
  std::uint64_t load_failures = 0;     ///< Of them, those that threw or answered an error.
  std::uint64_t waits = 0;             ///< Calls that another's load served.
  std::uint64_t loads_not_stored = 0;  ///< Loads overtaken by a write or an erase of their key.
  std::uint64_t bad_values = 0;        ///< Stored bytes that are not what the type expects.
  std::uint64_t store_read_errors =
      0;  ///< Reads that the store could not answer; get_or_load loads.
  std::uint64_t store_fill_errors = 0;  ///< Loaded values that the store would not take.
};

}  // namespace larder
