#include "base/text.hpp"

namespace larder::base {
namespace {

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
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
  if (byte >= 0x20 && byte < 0x7f) {
    out.push_back(c);
  } else {
    out += "\\x";
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = upper(c);
  return result;
}

std::string quoted(std::string_view text, std::size_t bytes_max) {
  std::string result = "\"";
  for (const char c : text.substr(0, bytes_max)) append_escaped(result, c);
  result += text.size() > bytes_max ? "...\"" : "\"";
  return result;
}

bool same_secret(std::string_view a, std::string_view b) noexcept {
  // Walks `b` whatever `a` is; an empty `b` has no byte to compare with.
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const char other = a.empty() ? '\0' : a[i % a.size()];
    difference |= static_cast<unsigned char>(static_cast<unsigned char>(other) ^
                                             static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace larder::base
