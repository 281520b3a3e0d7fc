// Whole DNS messages: bytes in, records out, and back (RFC 1035, EDNS by RFC 6891).
//
// Reading trusts nothing (RFC 9267): a count is never memory before its records have arrived, a compression pointer only
// points to before the name it stands in, no name grows beyond 255 bytes, rdata ends where its length says. Inside a Message no name is
// compressed, those in rdata neither; writing compresses where RFC 3597 lets it.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::dns {

inline constexpr std::size_t kHeaderBytes = 12;
inline constexpr std::size_t kMessageBytesMax = 65'535;

/// One question as a message carries it.
struct Asked {
  std::string name;  ///< Wire form, in the case it was asked in.
  std::uint16_t type = 0;
  std::uint16_t klass = 1;
  friend bool operator==(const Asked&, const Asked&) = default;
};

struct Record {
  std::string name;  ///< Wire form.
  std::uint16_t type = 0;
  std::uint16_t klass = 1;
  std::uint32_t ttl = 0;  ///< Seconds; with the top bit set it counts as 0 (RFC 2181).
  std::string rdata;      ///< Names inside are whole.
  friend bool operator==(const Record&, const Record&) = default;
};

/// The OPT record, which is no record.
struct Edns {
  std::uint16_t udp_bytes = 1'232;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::string options;  ///< As on the wire: code, length, bytes, one after the other.
  friend bool operator==(const Edns&, const Edns&) = default;
};

struct Message {
  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  std::uint16_t rcode = 0;  ///< All 12 bits, where there is EDNS.
  bool response = false, authoritative = false, truncated = false;
  bool recursion_desired = false, recursion_available = false;
  bool authentic = false, checking_disabled = false;
  std::optional<Asked> question;
  std::vector<Record> answers, authority, additional;
  std::optional<Edns> edns;
  friend bool operator==(const Message&, const Message&) = default;
};

/// Bytes behind the last record are left alone.
/// Errors: `protocol` says what is wrong and at which byte. More than one question, or OPT twice, is wrong too.
Result<Message> parse_message(std::string_view wire);

/// The message with names compressed. More than 65,535 bytes are cut at a whole record, with `truncated` set.
std::string build_message(const Message& message);

/// Reads one name at `at`, follows pointers, moves `at` past it. Errors: `protocol`.
Result<std::string> read_name(std::string_view wire, std::size_t& at);

/// Where each record's TTL stands, OPT left out: who ages an answer writes there. Walks over the records without a look into their
/// rdata, and allocates nothing else. Errors: `protocol`.
Result<std::vector<std::uint16_t>> ttl_places(std::string_view wire);

}  // namespace larder::dns
