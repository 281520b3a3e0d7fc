#include "codec/envelope.hpp"

#include <larder/codec.hpp>

#include <algorithm>

#include "base/hash.hpp"

namespace larder::codec {
namespace {

using detail::kEnvelopeMagic;
constexpr std::size_t kHeaderBytes = 12;  // magic crc version flags fields-size
constexpr std::size_t kChecked = 8;       // Where what the checksum covers begins.
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kCompressed = 1, kNegative = 2;
constexpr std::uint8_t kHardDeadline = 1, kSoftDeadline = 2, kLoadCost = 3;

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t read_number(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append_field(std::string& out, std::uint8_t tag, std::uint64_t value, std::size_t bytes) {
  append_number(out, tag, 1);
  append_number(out, bytes, 1);
  append_number(out, value, bytes);
}

void append_deadline(std::string& out, std::uint8_t tag,
                     const std::optional<base::WallTime>& time) {
  if (time) append_field(out, tag, static_cast<std::uint64_t>(time->time_since_epoch().count()), 8);
}

Error bad(std::string_view why) {
  return {Errc::bad_value, Effect::refused, "envelope: " + std::string(why)};
}

/// False for a known field of the wrong size.
bool read_field(std::uint8_t tag, std::string_view bytes, Facts& facts) {
  const auto time = [&] {
    return base::WallTime{base::Millis{static_cast<std::int64_t>(read_number(bytes))}};
  };
  switch (tag) {
    case kHardDeadline:
      if (bytes.size() != 8) return false;
      facts.hard_deadline = time();
      return true;
    case kSoftDeadline:
      if (bytes.size() != 8) return false;
      facts.soft_deadline = time();
      return true;
    case kLoadCost:
      if (bytes.size() != 4) return false;
      facts.load_cost = base::Micros{static_cast<std::int64_t>(read_number(bytes))};
      return true;
    default:
      return true;
  }
}

bool read_fields(std::string_view fields, Facts& facts) {
  while (!fields.empty()) {
    if (fields.size() < 2) return false;
    const auto tag = static_cast<std::uint8_t>(fields[0]);
    const auto size = static_cast<std::uint8_t>(fields[1]);
    fields.remove_prefix(2);
    if (fields.size() < size || !read_field(tag, fields.substr(0, size), facts)) return false;
    fields.remove_prefix(size);
  }
  return true;
}

}  // namespace

void append_envelope(std::string& out, const Facts& facts, std::string_view payload) {
  std::string fields;
  append_deadline(fields, kHardDeadline, facts.hard_deadline);
  append_deadline(fields, kSoftDeadline, facts.soft_deadline);
  if (facts.load_cost) {
    const auto us = std::clamp<std::int64_t>(facts.load_cost->count(), 0, 0xffff'ffff);
    append_field(fields, kLoadCost, static_cast<std::uint64_t>(us), 4);
  }
  const std::size_t start = out.size();
  out.append(kEnvelopeMagic);
  append_number(out, 0, 4);
  append_number(out, kVersion, 1);
  append_number(out, (facts.compressed ? kCompressed : 0U) | (facts.negative ? kNegative : 0U), 1);
  append_number(out, fields.size(), 2);
  out.append(fields).append(payload);
  std::string crc;
  append_number(crc, base::crc32c(std::string_view(out).substr(start + kChecked)), 4);
  out.replace(start + kEnvelopeMagic.size(), 4, crc);
}

Result<Envelope> open_envelope(std::string_view stored) {
  Envelope result;
  if (!is_enveloped(stored)) {
    result.payload = stored;
    return result;
  }
  if (stored.size() < kHeaderBytes) return bad("cut off");
  if (read_number(stored.substr(4, 4)) != base::crc32c(stored.substr(kChecked)))
    return bad("checksum does not fit");
  if (static_cast<std::uint8_t>(stored[8]) != kVersion) return bad("version of a newer program");
  const auto flags = static_cast<std::uint8_t>(stored[9]);
  if ((flags & ~(kCompressed | kNegative)) != 0) return bad("flag of a newer program");
  result.facts.compressed = (flags & kCompressed) != 0;
  result.facts.negative = (flags & kNegative) != 0;
  const auto fields_size = static_cast<std::size_t>(read_number(stored.substr(10, 2)));
  const std::string_view rest = stored.substr(kHeaderBytes);
  if (fields_size > rest.size() || !read_fields(rest.substr(0, fields_size), result.facts))
    return bad("bad fields");
  result.payload = rest.substr(fields_size);
  if (result.facts.negative && !result.payload.empty())
    return bad("negative answer with a payload");
  return result;
}

}  // namespace larder::codec

namespace larder {

Result<std::string_view> plain_value(std::string_view stored) {
  if (!is_enveloped(stored)) return stored;
  const auto envelope = codec::open_envelope(stored);
  if (!envelope) return envelope.error();
  if (envelope->facts.compressed) return codec::bad("compressed, which this program cannot read");
  if (envelope->facts.negative) return codec::bad("a negative answer, not a value");
  return envelope->payload;
}

Result<void> Codec<Bytes>::encode(const Bytes& value, std::string& out) {
  // Raw bytes may look like an envelope; inside one they cannot be mistaken.
  if (is_enveloped(value)) {
    codec::append_envelope(out, {}, value);
  } else {
    out.append(value);
  }
  return {};
}

Result<Bytes> Codec<Bytes>::decode(std::string_view bytes) {
  const auto plain = plain_value(bytes);
  if (!plain) return plain.error();
  return Bytes(*plain);
}

}  // namespace larder
