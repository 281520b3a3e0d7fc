#include "dns/stub.hpp"

#include <algorithm>
#include <span>

#include "base/glob.hpp"
#include "base/hash.hpp"
#include "base/numbers.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

/// What a label `WORD` or `WORD-number` of the name says. None: no such label.
std::optional<std::uint64_t> told(std::string_view name, std::string_view word) {
  for (std::string_view rest = name; rest.size() > 1; rest = parent_of(rest)) {
    const std::string_view label = rest.substr(1, static_cast<unsigned char>(rest[0]));
    if (label == word) return 0;
    if (label.size() > word.size() + 1 && label.substr(0, word.size()) == word &&
        label[word.size()] == '-') {
      if (const auto number = base::parse_unsigned(label.substr(word.size() + 1))) return number;
    }
  }
  return std::nullopt;
}

/// The same on every machine and in every version: answers may be compared.
std::uint32_t stub_hash(std::string_view name, std::uint16_t salt) {
  std::string bytes(name);
  append16(bytes, salt);
  // A checksum is linear: mixed (MurmurHash3's finaliser) before single bits are used.
  std::uint32_t h = base::crc32c(bytes);
  h = (h ^ h >> 16) * 0x85EB'CA6BU;
  h = (h ^ h >> 13) * 0xC2B2'AE35U;
  return h ^ h >> 16;
}

Record stub_record(const std::string& name, std::uint16_t type, std::uint32_t ttl,
                   std::string rdata) {
  return {name, type, kClassIn, ttl, std::move(rdata)};
}

std::string under(std::string_view label, std::string_view name) {
  std::string whole = static_cast<char>(label.size()) + std::string(label);
  whole += name.size() + whole.size() <= kNameBytesMax ? name : std::string_view("\0", 1);
  return whole;
}

std::string text_rdata(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

std::string number16(std::uint16_t value) {
  std::string bytes;
  append16(bytes, value);
  return bytes;
}

/// Rdata of each type that it knows; none: an empty answer.
std::optional<std::string> stub_rdata(const std::string& name, std::uint16_t type,
                                      std::uint16_t nth) {
  const std::uint32_t h = stub_hash(name, static_cast<std::uint16_t>(type + (nth << 8)));
  std::string rdata;
  switch (type) {
    case type::kA:
      append32(rdata, 0xC612'0000U | (h & 0x1'FFFFU));  // 198.18.0.0/15
      return rdata;
    case type::kAaaa:
      append32(rdata, 0x2001'0DB8U);
      append32(rdata, h);
      return rdata + std::string(7, '\0') + '\1';
    case type::kNs:
      return under("ns", name);
    case type::kPtr:
      return under("host", name);
    case type::kMx:
      return number16(10) + under("mail", name);
    case type::kSrv:
      return number16(0) + number16(5) + number16(443) + under("host", name);
    case type::kTxt:
      return text_rdata(nth == 0 ? std::string("made up by larder's stub")
                                 : std::string(240, static_cast<char>('a' + nth % 26)));
    case type::kCaa:
      return std::string("\0\5issue", 7) + "ca.invalid";
    default:
      return std::nullopt;
  }
}

Record stub_soa(const std::string& name, std::uint32_t ttl) {
  std::string rdata = under("ns", name) + under("hostmaster", name);
  for (const std::uint32_t number : {1U, 7'200U, 900U, 1'209'600U, ttl}) append32(rdata, number);
  return stub_record(name, type::kSoa, ttl, rdata);
}

bool is_missing(const std::string& name, const StubOptions& options) {
  if (told(name, "nx")) return true;
  if (!options.nxdomain_match.empty() &&
      base::glob_match(options.nxdomain_match, name_to_text(name)))
    return true;
  return options.nxdomain_share > 0 &&
         stub_hash(name, 0) < options.nxdomain_share * 4'294'967'296.0;
}

void add_records(Message& message, const std::string& name, std::uint16_t type, std::uint32_t ttl) {
  const auto bytes = told(name, "big").value_or(0);
  std::size_t made = 0;
  for (std::uint16_t nth = 0; nth == 0 || (made < bytes && made < 60'000); ++nth) {
    auto rdata = stub_rdata(name, type, nth);
    if (!rdata) return;
    made += 12 + rdata->size();
    message.answers.push_back(stub_record(name, type, ttl, std::move(*rdata)));
  }
}

}  // namespace

Message stub_answer(const Question& question, const StubOptions& options) {
  Message message;
  message.response = message.recursion_desired = message.recursion_available = true;
  message.question = Asked{question.name, question.type, question.klass};
  std::string name = lowered(question.name);
  const auto ttl = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(told(name, "ttl").value_or(options.ttl_s), 0x7FFF'FFFF));
  if (told(name, "servfail")) {
    message.rcode = rcode::kServFail;
    return message;
  }
  if (told(name, "cname") && question.type != type::kCname) {
    const std::string target(parent_of(name));
    message.answers.push_back(stub_record(name, type::kCname, ttl, target));
    name = target;
  } else if (question.type == type::kCname && told(name, "cname")) {
    message.answers.push_back(stub_record(name, type::kCname, ttl, std::string(parent_of(name))));
    return message;
  }
  if (is_missing(name, options)) {
    message.rcode = rcode::kNxDomain;
  } else if (question.type == type::kSoa) {
    message.answers.push_back(stub_soa(name, ttl));
  } else if (!told(name, "empty")) {
    constexpr std::uint16_t kEverything[] = {type::kA, type::kAaaa, type::kTxt};
    const auto types = question.type == type::kAny
                           ? std::span<const std::uint16_t>(kEverything)
                           : std::span<const std::uint16_t>(&question.type, 1);
    const std::size_t before = message.answers.size();
    for (const auto each : types) add_records(message, name, each, ttl);
    if (message.answers.size() > before) return message;
  }
  if (question.type != type::kSoa || message.rcode == rcode::kNxDomain) {
    const auto negative = told(name, "ttl") ? ttl : options.negative_ttl_s;
    message.authority.push_back(stub_soa(std::string(parent_of(name)), negative));
  }
  return message;
}

std::optional<base::Millis> stub_delay(const Question& question, const StubOptions& options) {
  const std::string name = lowered(question.name);
  if (told(name, "silent")) return std::nullopt;
  const auto slow = std::min<std::uint64_t>(told(name, "slow").value_or(0), 60'000);
  return options.delay + base::Millis(slow);
}

void Stub::ask(const Question& question, base::Instant deadline, Done done) {
  asked_.add();
  auto delay = stub_delay(question, options_);
  const auto left = deadline - loop_.now();
  if (!delay || *delay > left) {
    loop_.after(std::max<base::Nanos>(left, base::Nanos{0}),
                [name = question.name, done = std::move(done)] {
                  done(Error{Errc::timeout, Effect::maybe_executed,
                             "the stub keeps silent about " + name_to_text(name)});
                });
    return;
  }
  if (*delay <= base::Millis{0}) return answer(question, done);
  loop_.after(*delay, [this, question, done = std::move(done)] { answer(question, done); });
}

void Stub::answer(const Question& question, const Done& done) const {
  auto message = stub_answer(question, options_);
  if (message.rcode == rcode::kServFail) {
    return done(Error{Errc::server_error, Effect::refused,
                      "the stub answers SERVFAIL for " + name_to_text(question.name)});
  }
  done(std::move(message));
}

}  // namespace larder::dns
