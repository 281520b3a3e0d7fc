// Writing messages, names compressed: each suffix of a name that was written is remembered by its place.
#include <string>
#include <vector>

#include "base/text.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/rdata_shape.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::uint16_t kPointer = 0xC000;
constexpr std::size_t kPointerReach = 0x3FFF;
/// Suffixes remembered: a message with more of them is long already, and each name is compared with all.
constexpr std::size_t kPlacesMax = 128;

class Writer {
 public:
  explicit Writer(const Message& message) : message_(message) { out_.reserve(512); }

  std::string write() {
    out_.assign(kHeaderBytes, '\0');
    store16(out_.data(), message_.id);
    store16(out_.data() + 2, flags());
    if (message_.question) {
      write_name(message_.question->name, true);
      append16(out_, message_.question->type);
      append16(out_, message_.question->klass);
      store16(out_.data() + 4, 1);
    }
    const std::vector<Record>* const sections[] = {&message_.answers, &message_.authority,
                                                   &message_.additional};
    for (std::size_t i = 0; i < 3 && !full_; ++i) write_section(*sections[i], 6 + 2 * i);
    if (message_.edns) write_opt(*message_.edns);
    if (full_) store16(out_.data() + 2, static_cast<std::uint16_t>(flags() | flag::kTruncated));
    return std::move(out_);
  }

 private:
  std::uint16_t flags() const noexcept {
    unsigned bits = (message_.opcode & 15U) << 11 | (message_.rcode & 15U);
    const auto set = [&bits](bool on, unsigned bit) { bits |= on ? bit : 0; };
    set(message_.response, flag::kResponse);
    set(message_.authoritative, flag::kAuthoritative);
    set(message_.truncated, flag::kTruncated);
    set(message_.recursion_desired, flag::kRecursionDesired);
    set(message_.recursion_available, flag::kRecursionAvailable);
    set(message_.authentic, flag::kAuthentic);
    set(message_.checking_disabled, flag::kCheckingDisabled);
    return static_cast<std::uint16_t>(bits);
  }

  void write_section(const std::vector<Record>& records, std::size_t count_at) {
    std::uint16_t written = 0;
    for (const Record& record : records) {
      const std::size_t before = out_.size();
      const std::size_t places = places_.size();
      write_record(record);
      if (out_.size() + opt_bytes() > kMessageBytesMax) {
        out_.resize(before);
        places_.resize(places);
        full_ = true;
        break;
      }
      ++written;
    }
    store16(out_.data() + count_at, written);
  }

  void write_record(const Record& record) {
    write_name(record.name, true);
    append16(out_, record.type);
    append16(out_, record.klass);
    append32(out_, record.ttl);
    const std::size_t length_at = out_.size();
    append16(out_, 0);
    write_rdata(record);
    store16(out_.data() + length_at, static_cast<std::uint16_t>(out_.size() - length_at - 2));
  }

  void write_rdata(const Record& record) {
    const RdataShape shape = rdata_shape(record.type);
    const std::string_view rdata = record.rdata;
    if (!shape.compress || rdata.size() <= shape.before) {
      out_.append(rdata);
      return;
    }
    out_.append(rdata.substr(0, shape.before));
    std::size_t at = shape.before;
    for (std::size_t i = 0; i < shape.names && at < rdata.size(); ++i) {
      auto name = read_name_whole(rdata, at);
      write_name(name, true);
    }
    out_.append(rdata.substr(at));
  }

  /// A name of the message's own rdata: whole by its invariant; what is not is copied as it is.
  static std::string_view read_name_whole(std::string_view rdata, std::size_t& at) noexcept {
    std::size_t end = at;
    while (end < rdata.size() && rdata[end] != 0) end += 1 + static_cast<unsigned char>(rdata[end]);
    end = std::min(end + 1, rdata.size());
    const auto name = rdata.substr(at, end - at);
    at = end;
    return name;
  }

  void write_name(std::string_view name, bool remember) {
    while (name.size() > 1) {
      for (const std::uint16_t place : places_) {
        if (is_at(place, name)) {
          append16(out_, static_cast<std::uint16_t>(kPointer | place));
          return;
        }
      }
      if (remember && out_.size() <= kPointerReach && places_.size() < kPlacesMax) {
        places_.push_back(static_cast<std::uint16_t>(out_.size()));
      }
      const std::size_t label = 1 + std::size_t{static_cast<unsigned char>(name[0])};
      out_.append(name.substr(0, label));
      name.remove_prefix(std::min(label, name.size()));
    }
    out_ += '\0';
  }

  /// Whether the name written at `place` is this one, to the letter: the asker's case must not spread to what differs.
  bool is_at(std::size_t place, std::string_view name) const noexcept {
    std::size_t at = 0;
    while (place < out_.size()) {
      const auto size = static_cast<unsigned char>(out_[place]);
      if (size >= 0xC0) {
        if (place + 1 >= out_.size()) return false;
        place = load16(out_.data() + place) & kPointerReach;
        continue;
      }
      const std::size_t label = 1 + std::size_t{size};
      if (name.size() - at < label || out_.size() - place < label) return false;
      if (name.substr(at, label) != std::string_view(out_).substr(place, label)) return false;
      if (size == 0) return at + 1 == name.size();
      at += label;
      place += label;
    }
    return false;
  }

  std::size_t opt_bytes() const noexcept {
    return message_.edns ? 11 + message_.edns->options.size() : 0;
  }

  void write_opt(const Edns& edns) {
    out_ += '\0';
    append16(out_, type::kOpt);
    append16(out_, edns.udp_bytes);
    append32(out_, std::uint32_t{static_cast<unsigned>(message_.rcode) >> 4 & 0xFFU} << 24 |
                       std::uint32_t{edns.version} << 16 | (edns.dnssec_ok ? 0x8000U : 0U));
    append16(out_, static_cast<std::uint16_t>(edns.options.size()));
    out_ += edns.options;
    store16(out_.data() + 10, static_cast<std::uint16_t>(load16(out_.data() + 10) + 1));
  }

  const Message& message_;
  std::string out_;
  std::vector<std::uint16_t> places_;
  bool full_ = false;
};

}  // namespace

RdataShape rdata_shape(std::uint16_t type) noexcept {
  switch (type) {
    case 2:   // NS
    case 3:   // MD
    case 4:   // MF
    case 5:   // CNAME
    case 7:   // MB
    case 8:   // MG
    case 9:   // MR
    case 12:  // PTR
      return {0, 1, true};
    case 6:   // SOA
    case 14:  // MINFO
      return {0, 2, true};
    case 15:  // MX
      return {2, 1, true};
    // Not to be compressed, and yet met so (RFC 3597, 4).
    case 17:  // RP
      return {0, 2, false};
    case 18:  // AFSDB
    case 21:  // RT
      return {2, 1, false};
    case 26:  // PX
      return {2, 2, false};
    case 33:  // SRV
      return {6, 1, false};
    case 39:  // DNAME
      return {0, 1, false};
    default:
      return {};
  }
}

std::string build_message(const Message& message) { return Writer(message).write(); }

}  // namespace larder::dns
