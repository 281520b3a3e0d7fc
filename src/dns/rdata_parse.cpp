// Rdata from text: what PUT and pinned entries are written in.
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/text_bytes.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

// What each type takes, a letter for each word: 4 6 addresses, n name, b w l numbers of 8, 16, 32 bits, s a string with its
// length, v one without, + the last letter again and again.
struct Form {
  std::uint16_t type;
  std::string_view words;
  std::string_view example;
};

constexpr Form kForms[] = {
    {type::kA, "4", "192.0.2.1"},
    {type::kAaaa, "6", "2001:db8::1"},
    {type::kNs, "n", "ns.example.com."},
    {type::kCname, "n", "www.example.com."},
    {type::kPtr, "n", "host.example.com."},
    {type::kDname, "n", "example.net."},
    {type::kMx, "wn", "10 mail.example.com."},
    {type::kTxt, "s+", "\"some text\""},
    {type::kSrv, "wwwn", "0 5 5060 sip.example.com."},
    {type::kSoa, "nnlllll", "ns.example.com. root.example.com. 1 7200 900 1209600 300"},
    {type::kCaa, "bsv", "0 issue \"ca.example.net\""},
};

Error bad_rdata(std::uint16_t type, std::string_view text) {
  std::string takes = "\\# 4 C0000201";
  for (const Form& form : kForms) {
    if (form.type == type) takes = form.example;
  }
  return Error{Errc::bad_argument, Effect::refused,
               "record " + type_text(type) + " " + base::quoted(text) + ": is read as in " + takes};
}

bool append_number(std::string& out, std::string_view word, std::uint64_t max, std::size_t bytes) {
  const auto number = base::parse_unsigned(word);
  if (!number || *number > max) return false;
  for (std::size_t i = bytes; i > 0; --i) out += static_cast<char>(*number >> 8 * (i - 1));
  return true;
}

bool append_found(std::string& out, const std::optional<std::string>& bytes) {
  if (bytes) out += *bytes;
  return bytes.has_value();
}

bool append_word(std::string& out, char kind, const std::string& word) {
  switch (kind) {
    case '4':
      return append_found(out, ipv4_bytes(word));
    case '6':
      return append_found(out, ipv6_bytes(word));
    case 'b':
      return append_number(out, word, 0xFF, 1);
    case 'w':
      return append_number(out, word, 0xFFFF, 2);
    case 'l':
      return append_number(out, word, 0xFFFF'FFFF, 4);
    case 'n': {
      const auto name = name_from_text(word);
      if (name) out += *name;
      return name.has_value();
    }
    case 's':
      if (word.size() > 255) return false;
      out += static_cast<char>(word.size());
      [[fallthrough]];
    default:
      out += word;
      return true;
  }
}

Result<std::string> general(std::uint16_t type, std::string_view text,
                            const std::vector<std::string>& words) {
  if (words.size() < 2) return bad_rdata(type, text);
  const auto size = base::parse_unsigned(words[1]);
  std::string digits;
  for (std::size_t i = 2; i < words.size(); ++i) digits += words[i];
  auto bytes = hex_bytes(digits);
  if (!size || !bytes || bytes->size() != *size || *size > 0xFFFF) return bad_rdata(type, text);
  return std::move(*bytes);
}

}  // namespace

Result<std::string> rdata_from_text(std::uint16_t type, std::string_view text) {
  const auto words = zone_words(text);
  if (!words || words->empty()) return bad_rdata(type, text);
  if (words->front() == "\\#") return general(type, text, *words);
  for (const Form& form : kForms) {
    if (form.type != type) continue;
    const bool open = form.words.back() == '+';
    const std::size_t fixed = form.words.size() - (open ? 1 : 0);
    if (words->size() < fixed || (!open && words->size() > fixed)) return bad_rdata(type, text);
    std::string rdata;
    for (std::size_t i = 0; i < words->size(); ++i) {
      if (!append_word(rdata, form.words[std::min(i, fixed - 1)], (*words)[i]))
        return bad_rdata(type, text);
    }
    if (rdata.size() > 0xFFFF) return bad_rdata(type, text);
    return rdata;
  }
  return bad_rdata(type, text);
}

}  // namespace larder::dns
