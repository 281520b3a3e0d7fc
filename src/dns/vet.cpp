#include "dns/vet.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "dns/name.hpp"
#include "dns/rdata_shape.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr int kChainMax = 16;

Error refuse(Errc code, const Question& question, std::string_view why) {
  return Error{
      code, Effect::refused,
      name_to_text(question.name) + " " + type_text(question.type) + ": " + std::string(why)};
}

bool is_private_v4(std::string_view address) noexcept {
  const auto a = static_cast<unsigned char>(address[0]);
  const auto b = static_cast<unsigned char>(address[1]);
  return a == 0 || a == 10 || a == 127 || (a == 100 && (b & 0xC0) == 64) ||
         (a == 169 && b == 254) || (a == 172 && (b & 0xF0) == 16) || (a == 192 && b == 168);
}

bool is_private_v6(std::string_view address) noexcept {
  const auto a = static_cast<unsigned char>(address[0]);
  const auto b = static_cast<unsigned char>(address[1]);
  if ((a & 0xFE) == 0xFC || (a == 0xFE && (b & 0xC0) == 0x80)) return true;
  const bool zeros = address.substr(0, 10).find_first_not_of('\0') == std::string_view::npos;
  if (!zeros) return false;
  if (address.substr(10, 2) == "\xff\xff") return is_private_v4(address.substr(12));
  return address.substr(10, 5).find_first_not_of('\0') ==
         std::string_view::npos;  // :: and ::1, and their like.
}

bool is_private(const Record& record) noexcept {
  if (record.type == type::kA && record.rdata.size() == 4) return is_private_v4(record.rdata);
  if (record.type == type::kAaaa && record.rdata.size() == 16) return is_private_v6(record.rdata);
  return false;
}

/// Signatures carry in their first bytes what they sign.
bool covers(const Record& record, std::uint16_t type) noexcept {
  return record.type == type::kRrsig && record.rdata.size() >= 2 &&
         load16(record.rdata.data()) == type;
}

/// Walks from the question along CNAMEs and takes what belongs to it.
class Chain {
 public:
  Chain(const Question& question, std::vector<Record> records, bool drop_private)
      : question_(question),
        records_(std::move(records)),
        drop_private_(drop_private),
        name_(lowered(question.name)) {}

  void walk() {
    for (int step = 0; step < kChainMax; ++step) {
      const auto next = take_of(name_);
      if (!next) return;
      name_ = *next;
    }
  }
  std::vector<Record> kept() { return std::move(kept_); }
  /// The name at the end.
  const std::string& name() const noexcept { return name_; }
  bool found() const noexcept { return found_; }

 private:
  bool wanted(const Record& record) const noexcept {
    return record.type == question_.type || question_.type == type::kAny;
  }

  /// Takes the records of `name`; answers where its CNAME leads.
  std::optional<std::string> take_of(const std::string& name) {
    std::optional<std::string> next;
    for (Record& record : records_) {
      if (record.klass != kClassIn || record.type == 0) continue;
      const bool own = same_name(record.name, name);
      if (!own && !is_dname_above(record, name)) continue;
      if (own && wanted(record)) {
        found_ = true;
        if (!drop_private_ || !is_private(record)) keep(record);
      } else if (own && record.type == type::kCname) {
        next = lowered(record.rdata);
        keep(record);
      } else if (!own || covers(record, question_.type) || covers(record, type::kCname)) {
        keep(record);
      }
    }
    return question_.type == type::kCname || question_.type == type::kAny ? std::nullopt : next;
  }

  bool is_dname_above(const Record& record, const std::string& name) const noexcept {
    if (record.type != type::kDname && !covers(record, type::kDname)) return false;
    return is_within(name, record.name);
  }

  /// Taken once: its type 0 says so from then on, and no chain runs in circles.
  void keep(Record& record) {
    kept_.push_back(record);
    record.type = 0;
  }

  const Question& question_;
  std::vector<Record> records_;
  const bool drop_private_;
  std::string name_;
  std::vector<Record> kept_;
  bool found_ = false;
};

bool is_proof(const Record& record) noexcept {
  return record.type == type::kNsec || record.type == type::kNsec3 || record.type == type::kRrsig;
}

/// The last four bytes of an SOA.
std::uint32_t soa_minimum(const Record& soa) noexcept {
  return soa.rdata.size() >= 4 ? load32(soa.rdata.data() + soa.rdata.size() - 4) : 0;
}

/// Letters of the question were sent in random case, and upstream pointed to them: the part of a name that is the question's
/// goes back to lower case, so that it compresses, and shows the asker's own.
void settle_case(std::string& bytes, std::size_t at, std::size_t size, std::string_view question) {
  for (std::size_t end = at + size; at + 1 < end; at += 1 + static_cast<unsigned char>(bytes[at])) {
    const std::size_t left = end - at;
    std::string_view tail = question;
    while (tail.size() > left) tail = parent_of(tail);
    if (tail.size() != left || !same_name(tail, std::string_view(bytes).substr(at, left))) continue;
    return lower_in_place(bytes.data() + at, left);
  }
}

void settle_case(Record& record, std::string_view question) {
  settle_case(record.name, 0, record.name.size(), question);
  const RdataShape shape = rdata_shape(record.type);
  std::size_t at = shape.before;
  for (std::size_t i = 0; i < shape.names && at < record.rdata.size(); ++i) {
    std::size_t end = at;
    while (end < record.rdata.size() && record.rdata[end] != 0)
      end += 1 + static_cast<unsigned char>(record.rdata[end]);
    end = std::min(end + 1, record.rdata.size());
    settle_case(record.rdata, at, end - at, question);
    at = end;
  }
}

std::uint32_t smallest_ttl(const std::vector<Record>& records, std::uint32_t at_most) noexcept {
  for (const Record& record : records) at_most = std::min(at_most, record.ttl);
  return at_most;
}

/// What stays of the authority section. Answers the TTL that a negative answer has by its SOA; none: there is none.
std::optional<std::uint32_t> vet_authority(Message& message, const std::string& name, bool negative,
                                           bool dnssec_ok, const TtlRules& rules) {
  std::optional<std::uint32_t> ttl;
  std::vector<Record> kept;
  for (Record& record : message.authority) {
    const bool soa = record.type == type::kSoa && negative && !ttl && is_within(name, record.name);
    if (soa) ttl = record.ttl = std::min({record.ttl, soa_minimum(record), rules.negative_max_s});
    if (soa || (dnssec_ok && is_proof(record))) kept.push_back(std::move(record));
  }
  message.authority = std::move(kept);
  return ttl;
}

bool is_referral(const Message& message) noexcept {
  bool servers = false;
  for (const Record& record : message.authority) {
    if (record.type == type::kSoa) return false;
    servers = servers || record.type == type::kNs;
  }
  return servers;
}

}  // namespace

Result<Vetted> vet(const Question& question, Message message, const TtlRules& rules) {
  if (message.rcode != rcode::kNoError && message.rcode != rcode::kNxDomain) {
    return refuse(Errc::server_error, question, "upstream answers " + rcode_text(message.rcode));
  }
  const auto& asked = message.question;
  if (!asked || !same_name(asked->name, question.name) || asked->type != question.type) {
    return refuse(Errc::protocol, question, "upstream answers another question");
  }
  Chain chain(question, std::move(message.answers), rules.drop_private);
  chain.walk();
  const bool negative = message.rcode == rcode::kNxDomain || !chain.found();
  message.answers = chain.kept();
  if (negative && message.rcode == rcode::kNoError && message.answers.empty() &&
      is_referral(message)) {
    return refuse(Errc::server_error, question,
                  "upstream answers with a referral: it does not resolve for others");
  }
  for (Record& record : message.answers)
    record.ttl = std::clamp(record.ttl, std::min(rules.min_s, rules.max_s), rules.max_s);
  const auto negative_ttl =
      vet_authority(message, chain.name(), negative, question.dnssec_ok, rules);

  const std::string lower = lowered(question.name);
  for (Record& record : message.answers) settle_case(record, lower);
  for (Record& record : message.authority) settle_case(record, lower);

  Vetted vetted;
  vetted.negative = negative;
  vetted.ttl_s = smallest_ttl(message.answers, negative ? negative_ttl.value_or(0) : rules.max_s);
  message.id = 0;
  message.response = message.recursion_desired = message.recursion_available = true;
  message.authoritative = message.truncated = false;
  message.checking_disabled = question.checking_disabled;
  message.question = Asked{lower, question.type, question.klass};
  message.additional.clear();
  message.edns.reset();
  vetted.message = std::move(message);
  return vetted;
}

}  // namespace larder::dns
