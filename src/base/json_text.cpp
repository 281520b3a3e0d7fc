// The plain bytes between two special ones are copied as one run; nearly all strings are a single
// run.
#include "base/json_text.hpp"

#include <cstdint>
#include <cstring>

namespace larder::base {
namespace {

bool continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Length of the well-formed sequence at the start of `text`, 0 if there is none. Requires a
/// non-empty text.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return text.size() >= 2 && continuation(text[1]) ? 2 : 0;
  if (lead < 0xf0) {
    if (text.size() < 3 || !continuation(text[1]) || !continuation(text[2])) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;  // Overlong.
    if (lead == 0xed && at(1) > 0x9f) return 0;  // A surrogate.
    return 3;
  }
  if (lead > 0xf4 || text.size() < 4) return 0;
  if (!continuation(text[1]) || !continuation(text[2]) || !continuation(text[3])) return 0;
  if (lead == 0xf0 && at(1) < 0x90) return 0;  // Overlong.
  if (lead == 0xf4 && at(1) > 0x8f) return 0;  // Beyond U+10FFFF.
  return 4;
}

/// Bytes from the start that a JSON string shows as they are and that are ASCII, eight at a time.
std::size_t plain_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    const auto zero_bytes = [](std::uint64_t x) { return (x - kOnes) & ~x & kHighs; };
    const std::uint64_t special = (word & kHighs) | zero_bytes(word ^ (kOnes * '"')) |
                                  zero_bytes(word ^ (kOnes * '\\')) |
                                  ((word - kOnes * 0x20) & ~word & kHighs);
    if (special != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return i;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
  out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
}

/// False at the first byte that is not UTF-8, unless `lossy`.
bool append_body(std::string& out, std::string_view text, bool lossy) {
  while (true) {
    const std::size_t run = plain_prefix(text);
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) return true;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escape(out, text[0]);
      text.remove_prefix(1);
    } else if (const std::size_t length = sequence_length(text)) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      if (!lossy) return false;
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
    }
  }
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = sequence_length(text.substr(i));
    if (length == 0) break;
    i += length;
  }
  return i;
}

bool append_json_string(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.push_back('"');
  if (!append_body(out, text, false)) {
    out.resize(start);
    return false;
  }
  out.push_back('"');
  return true;
}

void append_json_string_lossy(std::string& out, std::string_view text) {
  out.push_back('"');
  append_body(out, text, true);
  out.push_back('"');
}

}  // namespace larder::base
