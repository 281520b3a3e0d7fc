#include "dns/rest_target.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace larder::dns {

Error bad_parameter(std::string_view name, std::string_view why) {
  return {Errc::bad_argument, Effect::not_sent, std::string(name) + ": " + std::string(why)};
}

namespace {

int percent_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = base::lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

Result<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_blank) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? percent_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? percent_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return bad_parameter("target", "a % must be followed by two hexadecimal digits, in " +
                                           base::quoted(text, 80));
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return bad_parameter("target", "a zero byte is part of no name");
    out += c;
  }
  return out;
}

}  // namespace

Result<RestTarget> RestTarget::parse(std::string_view target) {
  RestTarget result;
  const auto mark = target.find('?');
  std::string_view path = target.substr(0, mark),
                   query = mark == target.npos ? "" : target.substr(mark + 1);
  while (!path.empty()) {
    if (path.front() == '/') {
      path.remove_prefix(1);
      continue;
    }
    const auto piece = path.substr(0, path.find('/'));
    auto plain = percent_decoded(piece, false);
    if (!plain) return plain.error();
    result.path_.push_back(std::move(*plain));
    path.remove_prefix(piece.size());
  }
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(equals == pair.npos ? "" : pair.substr(equals + 1), true);
    if (!name) return name.error();
    if (!value) return value.error();
    if (result.find(*name)) return bad_parameter(*name, "given twice; which one is meant?");
    result.query_.emplace_back(std::move(*name), std::move(*value));
  }
  return result;
}

const std::string* RestTarget::find(std::string_view name) const noexcept {
  const auto found = std::find_if(query_.begin(), query_.end(),
                                  [&](const auto& pair) { return pair.first == name; });
  return found == query_.end() ? nullptr : &found->second;
}

std::string RestTarget::text(std::string_view name, std::string_view otherwise) const {
  const auto* found = find(name);
  return found ? *found : std::string(otherwise);
}

Result<bool> RestTarget::flag(std::string_view name) const {
  const auto* found = find(name);
  if (!found || *found == "0" || base::same_word(*found, "false")) return false;
  if (found->empty() || *found == "1" || base::same_word(*found, "true")) return true;
  return bad_parameter(name, "expected 0, 1, true or false, found " + base::quoted(*found, 40));
}

Result<std::uint64_t> RestTarget::number(std::string_view name, std::uint64_t otherwise,
                                         std::uint64_t most) const {
  const auto* found = find(name);
  if (!found) return otherwise;
  const auto value = base::parse_unsigned(*found);
  if (value && *value <= most) return *value;
  return bad_parameter(name, "expected a number up to " + std::to_string(most) + ", found " +
                                 base::quoted(*found, 40));
}

}  // namespace larder::dns
