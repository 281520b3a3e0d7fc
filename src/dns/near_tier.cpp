#include "dns/near_tier.hpp"

#include <cstring>

#include "base/random.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr char kKeyDo = 1;
constexpr char kKeyCd = 2;

}  // namespace

NearKey::NearKey(std::string_view name, std::uint16_t type, bool dnssec_ok,
                 bool checking_disabled) noexcept {
  name = name.substr(0, kNameBytesMax);
  std::memcpy(bytes_.data(), name.data(), name.size());
  lower_in_place(bytes_.data(), name.size());
  store16(bytes_.data() + name.size(), type);
  bytes_[name.size() + 2] =
      static_cast<char>((dnssec_ok ? kKeyDo : 0) | (checking_disabled ? kKeyCd : 0));
  size_ = name.size() + 3;
}

std::optional<Question> question_of_near_key(std::string_view key) {
  // A name ends in its zero: where a key has that and three bytes more, it is an entry's.
  if (key.size() < 4 || key[key.size() - 4] != 0) return std::nullopt;
  const char flags = key.back();
  if ((flags & ~(kKeyDo | kKeyCd)) != 0) return std::nullopt;
  const auto name = key.substr(0, key.size() - 3);
  return Question{std::string(name),
                  load16(key.data() + name.size()),
                  kClassIn,
                  (flags & kKeyDo) != 0,
                  (flags & kKeyCd) != 0,
                  false};
}

NearTier::NearTier(Store store, const base::Clock& clock)
    : store_(std::move(store)), clock_(clock), hash_key_(base::random_hash_key()) {}

std::int64_t NearTier::now_ms() const noexcept {
  return std::chrono::duration_cast<Millis>(clock_.coarse().time_since_epoch()).count();
}

std::int64_t NearTier::wall_ms() const noexcept { return clock_.wall().time_since_epoch().count(); }

std::optional<Bytes> NearTier::get(std::string_view key) const {
  auto found = store_.get(key);
  if (!found) return std::nullopt;
  return std::move(*found);
}

void NearTier::set(std::string_view key, std::string_view entry, std::optional<Millis> life) {
  // A near store that refuses (full, and told not to evict) costs hits, nothing else.
  (void)store_.set(key, entry, {.ttl = life});
}

std::optional<Error> NearTier::failure(const NearKey& key) const {
  if (now_ms() >= failures_until_ms_.load(std::memory_order_relaxed)) return std::nullopt;
  const auto found = get(key.failure_key());
  if (!found || found->size() < 2) return std::nullopt;
  return Error{static_cast<Errc>((*found)[0]), static_cast<Effect>((*found)[1]), found->substr(2)};
}

void NearTier::set_failure(const NearKey& key, const Error& error, Millis life) {
  const std::int64_t until = now_ms() + (life + base::kCoarse).count();
  std::int64_t known = failures_until_ms_.load(std::memory_order_relaxed);
  while (known < until && !failures_until_ms_.compare_exchange_weak(known, until)) {
  }
  std::string value{static_cast<char>(error.code), static_cast<char>(error.effect)};
  set(key.failure_key(), value + error.detail, life);
}

bool NearTier::is_hot(std::string_view key, unsigned hits) noexcept {
  auto& cell = hits_[base::keyed_hash(key, hash_key_) % hits_.size()];
  const unsigned count = cell.load(std::memory_order_relaxed) + 1U;
  cell.store(static_cast<std::uint8_t>(count >= hits ? 0 : count), std::memory_order_relaxed);
  return count >= hits;
}

}  // namespace larder::dns
