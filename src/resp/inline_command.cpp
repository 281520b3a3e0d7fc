// The rules are those of Redis' sdssplitargs, which clients and scripts rely on.
#include "resp/inline_command.hpp"

namespace larder::resp {
namespace {

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) noexcept {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Copies from behind the opening quote to the closing one, which must end the argument. `at` ends
/// behind it.
bool take_double_quoted(std::string_view line, std::size_t& at, std::string& text) {
  while (at < line.size()) {
    const char c = line[at];
    const std::size_t left = line.size() - at;
    if (c == '\\' && left >= 4 && line[at + 1] == 'x' && hex_digit(line[at + 2]) >= 0 &&
        hex_digit(line[at + 3]) >= 0) {
      text.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
      at += 4;
    } else if (c == '\\' && left >= 2) {
      text.push_back(escaped(line[at + 1]));
      at += 2;
    } else if (c == '"') {
      ++at;
      return at == line.size() || is_space(line[at]);
    } else {
      text.push_back(c);
      ++at;
    }
  }
  return false;
}

bool take_single_quoted(std::string_view line, std::size_t& at, std::string& text) {
  while (at < line.size()) {
    if (line.substr(at, 2) == "\\'") {
      text.push_back('\'');
      at += 2;
    } else if (line[at] == '\'') {
      ++at;
      return at == line.size() || is_space(line[at]);
    } else {
      text.push_back(line[at++]);
    }
  }
  return false;
}

}  // namespace

bool split_line(std::string_view line, std::string& text, std::vector<std::string_view>& args) {
  text.clear();
  text.reserve(line.size());  // Unquoting never grows: the views below stay good.
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    const std::size_t start = text.size();
    while (at < line.size() && !is_space(line[at])) {
      const char c = line[at++];
      if (c == '"') {
        if (!take_double_quoted(line, at, text)) return false;
      } else if (c == '\'') {
        if (!take_single_quoted(line, at, text)) return false;
      } else {
        text.push_back(c);
      }
    }
    args.emplace_back(text.data() + start, text.size() - start);
  }
}

}  // namespace larder::resp
