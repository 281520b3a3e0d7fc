#include "dns/entry.hpp"

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kCrcAt = 4;
constexpr std::size_t kStoredAt = 8;
constexpr std::size_t kTtlAt = 16;
constexpr std::size_t kCountAt = 24;
constexpr std::size_t kPlacesAt = 26;
constexpr char kVersion = 1;
constexpr char kPinned = 1;
constexpr char kMadeUp = 2;

template <class Int>
void append_little(std::string& out, Int value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class Int>
Int load_little(const char* at) noexcept {
  Int value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::uint32_t checksum(std::string_view entry) noexcept {
  return base::crc32c(entry.substr(kStoredAt), base::crc32c(entry.substr(0, kCrcAt)));
}

void seal(std::string& entry) {
  const std::uint32_t crc = checksum(entry);
  std::memcpy(entry.data() + kCrcAt, &crc, sizeof crc);
}

/// Whether the message's one question is this one.
bool answers(std::string_view wire, const Question& question) noexcept {
  const std::size_t size = question.name.size();
  if (load16(wire.data() + 4) != 1 || wire.size() < kHeaderBytes + size + 4) return false;
  const char* rest = wire.data() + kHeaderBytes + size;
  return same_name(wire.substr(kHeaderBytes, size), question.name) &&
         load16(rest) == question.type && load16(rest + 2) == question.klass;
}

Error bad_entry(std::string_view why) {
  return Error{Errc::bad_value, Effect::refused, "DNS entry: " + std::string(why)};
}

}  // namespace

std::int64_t Entry::age_ms(std::int64_t now_ms) const noexcept {
  return std::max<std::int64_t>(now_ms - facts.stored_ms,
                                0);  // Another machine's clock may be ahead.
}

bool Entry::is_fresh(std::int64_t now_ms) const noexcept {
  return facts.pinned || age_ms(now_ms) < std::int64_t{facts.ttl_s} * 1'000;
}

bool Entry::is_usable_stale(std::int64_t now_ms) const noexcept {
  return age_ms(now_ms) < (std::int64_t{facts.ttl_s} + facts.stale_s) * 1'000;
}

std::uint32_t Entry::ttl_left_s(std::int64_t now_ms) const noexcept {
  if (facts.pinned) return facts.ttl_s;
  const auto age_s = age_ms(now_ms) / 1'000;
  return age_s >= facts.ttl_s ? 0 : static_cast<std::uint32_t>(facts.ttl_s - age_s);
}

std::string pack_entry(const EntryFacts& facts, std::string_view wire) {
  const auto places = ttl_places(wire).value();  // Our own message.
  std::string entry("LD");
  entry += kVersion;
  entry += static_cast<char>((facts.pinned ? kPinned : 0) | (facts.made_up ? kMadeUp : 0));
  append_little(entry, std::uint32_t{0});
  append_little(entry, facts.stored_ms);
  append_little(entry, facts.ttl_s);
  append_little(entry, facts.stale_s);
  append_little(entry, static_cast<std::uint16_t>(places.size()));
  for (const std::uint16_t place : places) append_little(entry, place);
  entry.append(wire);
  seal(entry);
  return entry;
}

std::string restamped(std::string_view entry, std::int64_t stored_ms) {
  std::string copy(entry);
  std::memcpy(copy.data() + kStoredAt, &stored_ms, sizeof stored_ms);
  seal(copy);
  return copy;
}

std::optional<Entry> open_near_entry(std::string_view bytes) noexcept {
  if (bytes.size() < kPlacesAt || bytes.substr(0, 2) != "LD" || bytes[2] != kVersion)
    return std::nullopt;
  Entry entry;
  entry.facts.pinned = (bytes[3] & kPinned) != 0;
  entry.facts.made_up = (bytes[3] & kMadeUp) != 0;
  entry.facts.stored_ms = load_little<std::int64_t>(bytes.data() + kStoredAt);
  entry.facts.ttl_s = load_little<std::uint32_t>(bytes.data() + kTtlAt);
  entry.facts.stale_s = load_little<std::uint32_t>(bytes.data() + kTtlAt + 4);
  const std::size_t places = 2 * std::size_t{load_little<std::uint16_t>(bytes.data() + kCountAt)};
  if (bytes.size() - kPlacesAt < places + kHeaderBytes) return std::nullopt;
  entry.places = bytes.substr(kPlacesAt, places);
  entry.wire = bytes.substr(kPlacesAt + places);
  return entry;
}

Result<Entry> open_shared_entry(std::string_view bytes, const Question& question) {
  const auto entry = open_near_entry(bytes);
  if (!entry) return bad_entry("not one of this version");
  if (checksum(bytes) != load_little<std::uint32_t>(bytes.data() + kCrcAt)) {
    return bad_entry("the checksum does not fit");
  }
  // A checksum keeps no enemy out: whoever writes to the store could have it lead a TTL anywhere.
  const auto places = ttl_places(entry->wire);
  if (!places) return bad_entry(places.error().detail);
  if (entry->places !=
      std::string_view(reinterpret_cast<const char*>(places->data()), 2 * places->size())) {
    return bad_entry("TTLs are not where it says");
  }
  if (!answers(entry->wire, question)) return bad_entry("answers another question");
  return *entry;
}

void render(char* out, const Entry& entry, std::string_view asked_name, std::int64_t now_ms,
            std::uint32_t stale_ttl_s) noexcept {
  std::memcpy(out, entry.wire.data(), entry.wire.size());
  if (entry.wire.size() >= kHeaderBytes + asked_name.size()) {
    std::memcpy(out + kHeaderBytes, asked_name.data(), asked_name.size());
  }
  if (entry.facts.pinned) return;
  const bool fresh = entry.is_fresh(now_ms);
  const auto age_s = static_cast<std::uint32_t>(entry.age_ms(now_ms) / 1'000);
  if (fresh && age_s == 0) return;
  for (std::size_t i = 0; i < entry.places.size(); i += 2) {
    char* const at = out + load_little<std::uint16_t>(entry.places.data() + i);
    const std::uint32_t ttl = load32(at);
    store32(at, fresh ? ttl - std::min(ttl, age_s) : stale_ttl_s);
  }
}

}  // namespace larder::dns
