#include "dns/reply.hpp"

#include <algorithm>
#include <cstring>

#include "dns/message.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kOptBytes = 11;
constexpr std::size_t kEdeTextMax = 64;

std::size_t opt_size(const Query& query, const Dress& how) noexcept {
  if (!query.has_edns) return 0;
  std::size_t size = kOptBytes;
  if (how.ede != ede::kNone) size += 6 + std::min(how.ede_text.size(), kEdeTextMax);
  if (!how.cookie.empty()) size += 4 + how.cookie.size();
  return size;
}

/// Appends OPT at `at`, which has room. The rcode's upper bits are `extended`.
void write_opt(char* at, const Query& query, const Dress& how, std::uint8_t extended) noexcept {
  const std::size_t options = opt_size(query, how) - kOptBytes;
  *at = 0;
  store16(at + 1, type::kOpt);
  store16(at + 3, kUdpBytes);
  store32(at + 5, std::uint32_t{extended} << 24 | (query.dnssec_ok ? 0x8000U : 0U));
  store16(at + 9, static_cast<std::uint16_t>(options));
  at += kOptBytes;
  if (!how.cookie.empty()) {
    store16(at, 10);
    store16(at + 2, static_cast<std::uint16_t>(how.cookie.size()));
    std::memcpy(at + 4, how.cookie.data(), how.cookie.size());
    at += 4 + how.cookie.size();
  }
  if (how.ede != ede::kNone) {
    const std::size_t text = std::min(how.ede_text.size(), kEdeTextMax);
    store16(at, 15);
    store16(at + 2, static_cast<std::uint16_t>(2 + text));
    store16(at + 4, how.ede);
    if (text != 0) std::memcpy(at + 6, how.ede_text.data(), text);
  }
}

/// The answer's flags as this asker sees them.
std::uint16_t flags_for(std::uint16_t stored, const Query& query) noexcept {
  unsigned flags = stored & ~(unsigned{flag::kRecursionDesired} | flag::kCheckingDisabled);
  flags |= query.flags & (flag::kRecursionDesired | flag::kCheckingDisabled);
  // AD only to those who know of it (RFC 6840, 5.8).
  if (!query.dnssec_ok && (query.flags & flag::kAuthentic) == 0)
    flags &= ~unsigned{flag::kAuthentic};
  return static_cast<std::uint16_t>(flags);
}

}  // namespace

std::size_t dress(std::span<char> wire, std::size_t bytes, const Query& query,
                  const Dress& how) noexcept {
  char* const at = wire.data();
  store16(at, query.id);
  std::uint16_t flags = flags_for(load16(at + 2), query);
  const std::size_t opt = opt_size(query, how);
  if (bytes + opt > how.bytes_max) {
    bytes = std::min(bytes, kHeaderBytes + query.name.size() + 4);
    std::memset(at + 6, 0, 6);
    flags |= flag::kTruncated;
  }
  store16(at + 2, flags);
  if (opt == 0) return bytes;
  write_opt(at + bytes, query, how, 0);
  store16(at + 10, static_cast<std::uint16_t>(load16(at + 10) + 1));
  return bytes + opt;
}

std::string dressed(std::string wire, const Query& query, const Dress& how) {
  const std::size_t bytes = wire.size();
  wire.resize(bytes + kDressBytes);
  wire.resize(dress(wire, bytes, query, how));
  return wire;
}

std::size_t write_refusal(std::span<char> room, const Query& query, std::uint16_t rcode,
                          const Dress& how) noexcept {
  char* const at = room.data();
  std::memset(at, 0, kHeaderBytes);
  store16(at, query.id);
  const unsigned echoed =
      query.flags & (0x7800U | flag::kRecursionDesired | flag::kCheckingDisabled);
  store16(at + 2, static_cast<std::uint16_t>(flag::kResponse | flag::kRecursionAvailable | echoed |
                                             (rcode & 15U)));
  std::size_t bytes = kHeaderBytes;
  if (!query.name.empty()) {
    store16(at + 4, 1);
    std::memcpy(at + bytes, query.name.data(), query.name.size());
    bytes += query.name.size();
    store16(at + bytes, query.type);
    store16(at + bytes + 2, query.klass);
    bytes += 4;
  }
  if (query.has_edns) {
    write_opt(at + bytes, query, how, static_cast<std::uint8_t>(rcode >> 4));
    store16(at + 10, 1);
    bytes += opt_size(query, how);
  }
  return bytes;
}

std::uint16_t ede_of(const Answer& answer) noexcept {
  if (answer.origin == Origin::stale) {
    const bool none = (load16(answer.wire.data() + 2) & 15) == rcode::kNxDomain;
    return none ? ede::kStaleNxdomain : ede::kStale;
  }
  return answer.made_up ? ede::kForged : ede::kNone;
}

std::uint16_t ede_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::timeout:
      return ede::kNoReachableAuthority;
    case Errc::unreachable:
    case Errc::disconnected:
      return ede::kNetworkError;
    default:
      return ede::kOther;
  }
}

std::size_t udp_reply_max(const Query& query, bool is_known, unsigned factor) noexcept {
  std::size_t most = 512;
  if (query.has_edns) most = std::clamp<std::size_t>(query.udp_bytes, 512, kUdpBytes);
  if (!is_known && factor != 0) most = std::min(most, factor * query.bytes);
  return most;
}

std::string failure_message(const Question& question, const Error& error) {
  Message message;
  message.response = message.recursion_desired = message.recursion_available = true;
  message.checking_disabled = question.checking_disabled;
  message.rcode = error.code == Errc::bad_argument ? rcode::kFormErr : rcode::kServFail;
  message.question = Asked{question.name, question.type, question.klass};
  return build_message(message);
}

const char* to_string(Origin origin) noexcept {
  switch (origin) {
    case Origin::near:
      return "near";
    case Origin::shared:
      return "shared";
    case Origin::upstream:
      return "upstream";
    case Origin::stale:
      return "stale";
    case Origin::stub:
      return "stub";
    case Origin::pinned:
      return "pinned";
  }
  return "?";
}

}  // namespace larder::dns
