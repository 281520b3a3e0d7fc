#include "dns/name.hpp"

#include "base/text.hpp"

namespace larder::dns {
namespace {

Error bad_name(std::string_view text, std::string_view why) {
  return Error{Errc::bad_argument, Effect::refused,
               "name " + base::quoted(text) + ": " + std::string(why)};
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// One character of a label: `\X`, `\DDD` or itself. Moves `at` past it. -1: a broken escape.
int label_byte(std::string_view text, std::size_t& at) noexcept {
  const char c = text[at++];
  if (c != '\\') return static_cast<unsigned char>(c);
  if (at == text.size()) return -1;
  if (!is_digit(text[at])) return static_cast<unsigned char>(text[at++]);
  if (at + 3 > text.size() || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) return -1;
  const int value = 100 * (text[at] - '0') + 10 * (text[at + 1] - '0') + (text[at + 2] - '0');
  at += 3;
  return value < 256 ? value : -1;
}

void append_label_byte(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte <= 0x20 || byte >= 0x7F) {
    out += '\\';
    out += static_cast<char>('0' + byte / 100);
    out += static_cast<char>('0' + byte / 10 % 10);
    out += static_cast<char>('0' + byte % 10);
    return;
  }
  if (std::string_view("\".;\\()@$").find(c) != std::string_view::npos) out += '\\';
  out += c;
}

}  // namespace

Result<std::string> name_from_text(std::string_view text) {
  if (text.empty()) return bad_name(text, "is empty; the root is written \".\"");
  std::string wire;
  if (text == ".") return std::string(1, '\0');
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length_at = wire.size();
    wire += '\0';
    while (at < text.size() && text[at] != '.') {
      const int byte = label_byte(text, at);
      if (byte < 0) return bad_name(text, "has a broken escape; `\\.` and `\\032` are read");
      wire += static_cast<char>(byte);
      if (wire.size() > kNameBytesMax) return bad_name(text, "is longer than 253 characters");
    }
    const std::size_t label_bytes = wire.size() - length_at - 1;
    if (label_bytes == 0) return bad_name(text, "has an empty label");
    if (label_bytes > kLabelBytesMax) return bad_name(text, "has a label of more than 63 bytes");
    wire[length_at] = static_cast<char>(label_bytes);
    ++at;  // The dot.
  }
  wire += '\0';
  if (wire.size() > kNameBytesMax) return bad_name(text, "is longer than 253 characters");
  return wire;
}

std::string name_to_text(std::string_view wire) {
  std::string text;
  std::size_t at = 0;
  while (at < wire.size() && wire[at] != 0) {
    const std::size_t size = static_cast<unsigned char>(wire[at]);
    for (const char c : wire.substr(at + 1, size)) append_label_byte(text, c);
    text += '.';
    at += 1 + size;
  }
  return text.empty() ? "." : text;
}

std::string lowered(std::string_view wire) {
  std::string low(wire);
  lower_in_place(low.data(), low.size());
  return low;
}

void lower_in_place(char* bytes, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) bytes[i] = base::lower(bytes[i]);
}

bool same_name(std::string_view a, std::string_view b) noexcept { return base::same_word(a, b); }

bool is_within(std::string_view name, std::string_view zone) noexcept {
  for (;;) {
    if (same_name(name, zone)) return true;
    if (name.size() <= 1) return false;
    name = parent_of(name);
  }
}

std::string_view parent_of(std::string_view wire) noexcept {
  if (wire.size() <= 1) return wire;
  return wire.substr(1 + static_cast<unsigned char>(wire[0]));
}

}  // namespace larder::dns
