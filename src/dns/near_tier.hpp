// The near store as the cache sees it: entries by question, failures beside them, and how often an ageing entry was asked for.
#pragma once

#include <larder/store.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "dns/name.hpp"
#include "dns/resolver.hpp"

namespace larder::dns {

/// An entry's key: the name's wire form in lower case, the type, a byte of flags. Made on the stack.
class NearKey {
 public:
  NearKey(std::string_view name, std::uint16_t type, bool dnssec_ok,
          bool checking_disabled) noexcept;
  explicit NearKey(const Question& question) noexcept
      : NearKey(question.name, question.type, question.dnssec_ok, question.checking_disabled) {}
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }
  /// Where a failure of the same question is noted.
  std::string failure_key() const { return std::string(view()) + "F"; }

 private:
  std::array<char, kNameBytesMax + 3> bytes_;
  std::size_t size_;
};

/// Takes a key apart; none: it is a failure's.
std::optional<Question> question_of_near_key(std::string_view key);

/// Threads  Safe from any thread.
class NearTier {
 public:
  NearTier(Store store, const base::Clock& clock);

  /// By the monotonic clock, and by the calendar.
  std::int64_t now_ms() const noexcept;
  std::int64_t wall_ms() const noexcept;
  std::optional<Bytes> get(std::string_view key) const;
  /// `life`: none stays until there is no room.
  void set(std::string_view key, std::string_view entry, std::optional<Millis> life);

  /// The failure noted for this question, if there is one.
  std::optional<Error> failure(const NearKey& key) const;
  void set_failure(const NearKey& key, const Error& error, Millis life);

  /// Counts one more request for an ageing entry; true once it was `hits`, and then it begins anew.
  bool is_hot(std::string_view key, unsigned hits) noexcept;

  const Store& store() const noexcept { return store_; }

 private:
  const Store store_;
  /// The end of the failure noted last, by now_ms(): beyond it nobody looks for one.
  std::atomic<std::int64_t> failures_until_ms_{0};
  const base::Clock& clock_;
  const base::HashKey hash_key_;
  // Two keys that share a cell are hot a little earlier: harmless, and no entry pays for a counter.
  std::array<std::atomic<std::uint8_t>, 16'384> hits_{};
};

}  // namespace larder::dns
