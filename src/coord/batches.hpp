// Batches: what this process has taken of a limit ahead of need, for keys that many here ask for.
//
// The first take of a window asks for as many as it needs. Each further one asks for as many more as this process has used
// in this window, up to LimiterOptions::batch in all, and never for more than half of what the store had left. So less goes
// to waste than was used here, and what few ask for is exact.
//
//   asks, with batch = 16:   1  2  4  8  16  16  16 ...        a window ends:   1  2  4 ...
//
// How long a batch may be given out, from before it was asked for:
//   fixed, sliding window   to the end of the store's window that counted it: no window of the clock sees more than `max`
//   token bucket            a window
#pragma once

#include <larder/grants.hpp>

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "coord/world.hpp"

namespace larder::coord {

/// Threads  Safe from any. While one asks the store for a key's next batch, others that find none left ask for what they
///          need and no more.
/// Cost     A lock and a look-up for what is given out here. At most 4,096 keys are remembered; the others have no batches.
class Batches {
 public:
  Batches(const Limit& limit, std::uint32_t batch, World& world)
      : limit_(limit), batch_(batch), world_(world) {}

  /// One call on its way to the store. Goes away when it is answered, or will not be.
  class Ask {
   public:
    Ask(Ask&& other) noexcept;
    Ask& operator=(Ask&&) = delete;
    ~Ask();
    /// How many to ask for.
    std::uint32_t size() const noexcept { return size_; }
    /// What the caller gets for what the store said; none: it must be asked again, for `size()`.
    std::optional<Decision> settle(const Decision& said);

   private:
    friend class Batches;
    Ask(Batches& batches, std::string_view key, std::uint32_t count)
        : batches_(&batches), key_(key), count_(count), size_(count) {}

    Batches* batches_;  ///< None: it has no batch to bring.
    std::string_view key_;
    std::uint32_t count_;
    std::uint32_t size_;
    base::Instant asked_{};
  };

  /// `count` of what there is; or what to ask the store. `key` outlives it.
  std::variant<Decision, Ask> take(std::string_view key, std::uint32_t count);
  /// Adds what is left here to what the store said of a look.
  void add(std::string_view key, std::uint32_t count, Decision& look);
  void forget(std::string_view key);

 private:
  struct Batch {
    std::uint32_t left = 0;
    std::uint32_t used = 0;    ///< In this window; no more than a batch is counted.
    std::uint32_t beyond = 0;  ///< What the store had left then.
    bool asking = false;
    base::Instant until{};  ///< Its end.
    base::Instant reset{};  ///< When the store will have forgotten.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>{}(key);
    }
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Batch, Hash, std::equal_to<>> batches;  // Guarded by mutex.
  };

  Shard& shard_of(std::string_view key) noexcept {
    return shards_[Hash{}(key) / 7 % shards_.size()];
  }
  void use(Batch& batch, std::uint32_t count) const noexcept;
  std::uint32_t next_size(const Batch& batch, std::uint32_t count) const noexcept;
  base::Instant end_of(base::Instant asked, const Decision& said) const noexcept;
  Batch* remembered(Shard& shard, std::string_view key, base::Instant now);

  const Limit limit_;
  const std::uint32_t batch_;
  World& world_;
  std::array<Shard, 16> shards_;
};

}  // namespace larder::coord
