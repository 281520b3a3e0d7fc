// Reading messages. Every length is checked against the bytes that are there, every pointer against where it stands.
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/rdata_shape.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

Error broken(std::string_view what, std::size_t at) {
  return Error{Errc::protocol, Effect::refused,
               "DNS message: " + std::string(what) + " at byte " + std::to_string(at)};
}

/// Behind the name that begins at `at`, whose pointer is not followed but points back. 0: broken.
std::size_t end_of_name(std::string_view wire, std::size_t at) noexcept {
  while (at < wire.size()) {
    const auto size = static_cast<unsigned char>(wire[at]);
    if (size == 0) return at + 1;
    if (size >= 0xC0) {
      if (at + 1 >= wire.size()) return 0;
      const std::size_t target = load16(wire.data() + at) & 0x3FFFU;
      return target >= kHeaderBytes && target < at ? at + 2 : 0;
    }
    if (size > kLabelBytesMax) return 0;
    at += 1 + std::size_t{size};
  }
  return 0;
}

/// A record before its rdata was looked into.
struct RawRecord {
  Record record;
  std::size_t ttl_at = 0;
  std::size_t rdata_at = 0, rdata_end = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view wire) : wire_(wire) {}

  Result<Message> message() {
    if (wire_.size() < kHeaderBytes) return broken("no whole header", wire_.size());
    read_header();
    if (count(4) > 1) return broken("more than one question", 4);
    if (count(4) == 1) {
      if (auto done = read_question(); !done) return done.error();
    }
    std::vector<Record>* const sections[] = {&message_.answers, &message_.authority,
                                             &message_.additional};
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t left = count(6 + 2 * i); left > 0; --left) {
        auto raw = read_record();
        if (!raw) return raw.error();
        if (auto done = keep(std::move(*raw), *sections[i], i == 2); !done) return done.error();
      }
    }
    return std::move(message_);
  }

 private:
  std::size_t count(std::size_t at) const noexcept { return load16(wire_.data() + at); }

  void read_header() {
    message_.id = load16(wire_.data());
    const std::uint16_t flags = load16(wire_.data() + 2);
    message_.opcode = static_cast<std::uint8_t>(flags >> 11 & 15);
    message_.rcode = flags & 15;
    message_.response = (flags & flag::kResponse) != 0;
    message_.authoritative = (flags & flag::kAuthoritative) != 0;
    message_.truncated = (flags & flag::kTruncated) != 0;
    message_.recursion_desired = (flags & flag::kRecursionDesired) != 0;
    message_.recursion_available = (flags & flag::kRecursionAvailable) != 0;
    message_.authentic = (flags & flag::kAuthentic) != 0;
    message_.checking_disabled = (flags & flag::kCheckingDisabled) != 0;
    at_ = kHeaderBytes;
  }

  Result<void> read_question() {
    auto name = read_name(wire_, at_);
    if (!name) return name.error();
    if (wire_.size() - at_ < 4) return broken("no whole question", at_);
    message_.question =
        Asked{std::move(*name), load16(wire_.data() + at_), load16(wire_.data() + at_ + 2)};
    at_ += 4;
    return {};
  }

  Result<RawRecord> read_record() {
    RawRecord raw;
    auto name = read_name(wire_, at_);
    if (!name) return name.error();
    if (wire_.size() - at_ < 10) return broken("no whole record", at_);
    const char* fixed = wire_.data() + at_;
    raw.record = {std::move(*name), load16(fixed), load16(fixed + 2), load32(fixed + 4), {}};
    raw.ttl_at = at_ + 4;
    raw.rdata_at = at_ + 10;
    const std::size_t size = load16(fixed + 8);
    if (wire_.size() - raw.rdata_at < size) return broken("rdata longer than the message", at_ + 8);
    raw.rdata_end = at_ = raw.rdata_at + size;
    return raw;
  }

  Result<void> keep(RawRecord raw, std::vector<Record>& section, bool is_additional) {
    if (raw.record.type == type::kOpt) return keep_opt(raw, is_additional);
    auto rdata = whole_rdata(raw);
    if (!rdata) return rdata.error();
    raw.record.rdata = std::move(*rdata);
    if (raw.record.ttl > 0x7FFF'FFFF) raw.record.ttl = 0;
    section.push_back(std::move(raw.record));
    return {};
  }

  Result<void> keep_opt(const RawRecord& raw, bool is_additional) {
    if (!is_additional || message_.edns || raw.record.name.size() != 1) {
      return broken("an OPT record out of place", raw.ttl_at);
    }
    Edns edns;
    edns.udp_bytes = raw.record.klass;
    edns.version = static_cast<std::uint8_t>(raw.record.ttl >> 16);
    edns.dnssec_ok = (raw.record.ttl & 0x8000) != 0;
    edns.options = wire_.substr(raw.rdata_at, raw.rdata_end - raw.rdata_at);
    for (std::size_t at = 0; at < edns.options.size();) {
      if (edns.options.size() - at < 4) return broken("no whole EDNS option", raw.rdata_at + at);
      at += 4 + load16(edns.options.data() + at + 2);
      if (at > edns.options.size()) return broken("an EDNS option longer than OPT", raw.rdata_at);
    }
    message_.rcode = static_cast<std::uint16_t>(message_.rcode | (raw.record.ttl >> 24) << 4);
    message_.edns = std::move(edns);
    return {};
  }

  Result<std::string> whole_rdata(const RawRecord& raw) const {
    const RdataShape shape = rdata_shape(raw.record.type);
    const std::string_view bytes = wire_.substr(raw.rdata_at, raw.rdata_end - raw.rdata_at);
    // Class ANY and NONE of updates carry no rdata at all.
    if (shape.names == 0 || bytes.empty()) return std::string(bytes);
    if (bytes.size() < shape.before) return broken("rdata too short for its type", raw.rdata_at);
    std::string whole(bytes.substr(0, shape.before));
    std::size_t at = raw.rdata_at + shape.before;
    for (std::size_t i = 0; i < shape.names; ++i) {
      // Its labels must lie in the rdata, or before it by pointer: never behind.
      auto name = read_name(wire_.substr(0, raw.rdata_end), at);
      if (!name) return name.error();
      whole += *name;
    }
    whole.append(wire_.substr(at, raw.rdata_end - at));
    return whole;
  }

  std::string_view wire_;
  std::size_t at_ = 0;
  Message message_;
};

}  // namespace

Result<std::string> read_name(std::string_view wire, std::size_t& at) {
  std::string name;
  std::size_t here = at;
  std::size_t bound = at;  // A pointer must point to before everything read so far.
  bool jumped = false;
  for (;;) {
    if (here >= wire.size()) return broken("a name that does not end", at);
    const auto size = static_cast<unsigned char>(wire[here]);
    if (size == 0) {
      name += '\0';
      if (!jumped) at = here + 1;
      return name;
    }
    if (size >= 0xC0) {
      if (here + 1 >= wire.size()) return broken("half a compression pointer", here);
      const std::size_t target = load16(wire.data() + here) & 0x3FFF;
      if (target >= bound || target < kHeaderBytes)
        return broken("a compression pointer that does not point back", here);
      if (!jumped) at = here + 2;
      jumped = true;
      here = bound = target;
      continue;
    }
    if (size > kLabelBytesMax) return broken("a label of an unknown kind", here);
    if (wire.size() - here - 1 < size) return broken("a label that does not end", here);
    if (name.size() + 1 + size + 1 > kNameBytesMax)
      return broken("a name of more than 255 bytes", at);
    name.append(wire.substr(here, 1 + std::size_t{size}));
    here += 1 + std::size_t{size};
  }
}

Result<Message> parse_message(std::string_view wire) { return Reader(wire).message(); }

Result<std::vector<std::uint16_t>> ttl_places(std::string_view wire) {
  if (wire.size() < kHeaderBytes) return broken("no whole header", wire.size());
  const auto count = [&](std::size_t at) { return std::size_t{load16(wire.data() + at)}; };
  std::size_t at = kHeaderBytes;
  std::vector<std::uint16_t> places;
  std::size_t questions = count(4);
  for (std::size_t left = questions + count(6) + count(8) + count(10); left > 0; --left) {
    const std::size_t begun = at;
    at = end_of_name(wire, at);
    if (at == 0) return broken("a broken name", begun);
    if (questions > 0) {
      --questions;
      if (wire.size() - at < 4) return broken("no whole question", at);
      at += 4;
      continue;
    }
    if (wire.size() - at < 10) return broken("no whole record", at);
    const std::size_t end = at + 10 + load16(wire.data() + at + 8);
    if (end > wire.size()) return broken("rdata longer than the message", at + 8);
    if (load16(wire.data() + at) != type::kOpt)
      places.push_back(static_cast<std::uint16_t>(at + 4));
    at = end;
  }
  return places;
}

}  // namespace larder::dns
