#include "dns/text_bytes.hpp"

#include <array>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "dns/rdata_text.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = base::lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// "007" is 7. -1: not three digits of a byte.
int decimal_byte(std::string_view text) noexcept {
  if (text.size() != 3) return -1;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = 10 * value + (c - '0');
  }
  return value < 256 ? value : -1;
}

/// One group of an IPv6 address: 1 to 4 hexadecimal digits.
std::optional<std::uint16_t> hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (hex_digit(c) < 0) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(hex_digit(c));
  }
  return static_cast<std::uint16_t>(value);
}

/// The groups of one side of `::`, an IPv4 tail as two. None: not that.
std::optional<std::string> ipv6_side(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const auto piece = text.substr(0, colon);
    if (piece.find('.') != std::string_view::npos) {
      const auto tail = ipv4_bytes(piece);
      if (!tail || colon != std::string_view::npos) return std::nullopt;
      return bytes + *tail;
    }
    const auto group = hex_group(piece);
    if (!group) return std::nullopt;
    append16(bytes, *group);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return bytes;
}

}  // namespace

std::string hex_text(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<std::string> hex_bytes(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string base64_text(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::string ipv4_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += (text.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
  }
  return text;
}

std::optional<std::string> ipv4_bytes(std::string_view text) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const auto number = base::parse_unsigned(text.substr(0, dot));
    if (!number || *number > 255) return std::nullopt;
    bytes += static_cast<char>(*number);
    text.remove_prefix(i == 3 ? text.size() : dot + 1);
  }
  return bytes;
}

std::string ipv6_text(std::string_view bytes) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = load16(bytes.data() + 2 * i);
  std::size_t best = 8, best_size = 1;  // A single zero group is not shortened.
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t size = 0;
    while (i + size < 8 && groups[i + size] == 0) ++size;
    if (size > best_size) best = i, best_size = size;
  }
  std::string text;
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      text += "::";
      i += best_size;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    static constexpr char kDigits[] = "0123456789abcdef";
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = groups[i] >> shift & 15U;
      begun = begun || digit != 0 || shift == 0;
      if (begun) text += kDigits[digit];
    }
    ++i;
  }
  return text;
}

std::optional<std::string> ipv6_bytes(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto bytes = ipv6_side(text);
    return bytes && bytes->size() == 16 ? bytes : std::nullopt;
  }
  const auto left = ipv6_side(text.substr(0, gap));
  const auto right = ipv6_side(text.substr(gap + 2));
  if (!left || !right || left->size() + right->size() > 14) return std::nullopt;
  return *left + std::string(16 - left->size() - right->size(), '\0') + *right;
}

std::string quoted_text(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      text += '\\';
      text += static_cast<char>('0' + byte / 100);
      text += static_cast<char>('0' + byte / 10 % 10);
      text += static_cast<char>('0' + byte % 10);
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::optional<std::vector<std::string>> zone_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  const auto blank = [&] { return text[at] == ' ' || text[at] == '\t'; };
  while (at < text.size()) {
    if (blank()) {
      ++at;
      continue;
    }
    const bool quoted = text[at] == '"';
    if (quoted) ++at;
    std::string word;
    while (at < text.size() && (quoted ? text[at] != '"' : !blank())) {
      if (text[at] != '\\' || at + 1 == text.size()) {
        word += text[at++];
        continue;
      }
      // Only in quotes: outside of them the word may be a name, which undoes its own escapes.
      if (!quoted) {
        word += text[at++];
        word += text[at++];
      } else if (const int byte = decimal_byte(text.substr(at + 1, 3)); byte >= 0) {
        word += static_cast<char>(byte);
        at += 4;
      } else {
        word += text[at + 1];
        at += 2;
      }
    }
    if (quoted && at == text.size()) return std::nullopt;
    if (quoted) ++at;
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace larder::dns
