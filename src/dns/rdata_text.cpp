#include "dns/rdata_text.hpp"

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/text_bytes.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

/// Takes rdata apart from the front. What is not there leaves `ok` false, and the general form is written instead.
class Fields {
 public:
  explicit Fields(std::string_view rdata) : left_(rdata) {}

  std::string number8() {
    return need(1) ? std::to_string(static_cast<unsigned char>(take(1)[0])) : "";
  }
  std::string number16() { return need(2) ? std::to_string(load16(take(2).data())) : ""; }
  std::string number32() { return need(4) ? std::to_string(load32(take(4).data())) : ""; }
  std::string address(std::size_t size) {
    if (!need(size)) return "";
    const auto bytes = take(size);
    return size == 4 ? ipv4_text(bytes) : ipv6_text(bytes);
  }
  std::string name() {
    std::size_t end = 0;
    while (end < left_.size() && left_[end] != 0) end += 1 + static_cast<unsigned char>(left_[end]);
    if (!need(end + 1)) return "";
    return name_to_text(take(end + 1));
  }
  std::string characters() {  // <character-string>: a length and so many bytes.
    if (!need(1)) return "";
    const std::size_t size = static_cast<unsigned char>(left_[0]);
    if (!need(1 + size)) return "";
    return quoted_text(take(1 + size).substr(1));
  }
  std::string type() { return need(2) ? type_text(load16(take(2).data())) : ""; }
  std::string_view rest() { return std::exchange(left_, {}); }
  bool ended() const noexcept { return left_.empty(); }
  bool ok() const noexcept { return ok_ && left_.empty(); }

 private:
  bool need(std::size_t n) { return ok_ = ok_ && left_.size() >= n; }
  std::string_view take(std::size_t n) {
    const auto taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }
  std::string_view left_;
  bool ok_ = true;
};

std::string join(std::initializer_list<std::string> words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string all_characters(Fields& fields) {
  std::string text;
  do {
    if (!text.empty()) text += ' ';
    const auto piece = fields.characters();
    if (piece.empty()) return "";
    text += piece;
  } while (!fields.ended());
  return text;
}

// The order of the fields is the wire's: a braced list is read from the left.
std::string own_form(std::uint16_t type, Fields& f) {
  switch (type) {
    case type::kA:
      return f.address(4);
    case type::kAaaa:
      return f.address(16);
    case type::kNs:
    case type::kCname:
    case type::kPtr:
    case type::kDname:
      return f.name();
    case type::kMx:
      return join({f.number16(), f.name()});
    case type::kSoa:
      return join({f.name(), f.name(), f.number32(), f.number32(), f.number32(), f.number32(),
                   f.number32()});
    case type::kSrv:
      return join({f.number16(), f.number16(), f.number16(), f.name()});
    case type::kTxt:
      return all_characters(f);
    case type::kCaa: {
      const auto flags = f.number8();
      const auto tag = f.characters();
      return flags + " " + (tag.size() > 2 ? tag.substr(1, tag.size() - 2) : "?") + " " +
             quoted_text(f.rest());
    }
    case type::kDs:
      return join({f.number16(), f.number8(), f.number8(), hex_text(f.rest())});
    case type::kDnskey:
      return join({f.number16(), f.number8(), f.number8(), base64_text(f.rest())});
    case type::kRrsig:
      return join({f.type(), f.number8(), f.number8(), f.number32(), f.number32(), f.number32(),
                   f.number16(), f.name(), base64_text(f.rest())});
    default:
      return "";
  }
}

std::string general_form(std::string_view rdata) {
  std::string text = "\\# " + std::to_string(rdata.size());
  if (!rdata.empty()) text += " " + hex_text(rdata);
  return text;
}

}  // namespace

std::string rdata_to_text(std::uint16_t type, std::string_view rdata) {
  Fields fields(rdata);
  auto text = own_form(type, fields);
  if (!text.empty() && fields.ok()) return text;
  return general_form(rdata);
}

}  // namespace larder::dns
