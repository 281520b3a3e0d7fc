// Glob matching by greedy stars: when a match fails, only the last star needs to take one byte
// more, because an earlier star that took more could only reach places that the last star reaches
// too.
#include "base/glob.hpp"

#include <algorithm>
#include <cstddef>

namespace larder::base {
namespace {

/// Outcome of one pattern element against one byte.
struct Step {
  bool matched;
  std::size_t next;  ///< Where the next element begins.
};

Step match_class(std::string_view pattern, std::size_t at, unsigned char byte) noexcept {
  ++at;  // '['
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  const auto char_at = [&](std::size_t i) { return static_cast<unsigned char>(pattern[i]); };
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      found |= char_at(at + 1) == byte;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      const unsigned char one = char_at(at), other = char_at(at + 2);
      found |= std::min(one, other) <= byte && byte <= std::max(one, other);
      at += 3;
    } else {
      found |= char_at(at) == byte;
      ++at;
    }
  }
  if (at < pattern.size()) ++at;  // ']'
  return {found != negated, at};
}

Step match_one(std::string_view pattern, std::size_t at, char byte) noexcept {
  switch (pattern[at]) {
    case '?':
      return {true, at + 1};
    case '[':
      return match_class(pattern, at, static_cast<unsigned char>(byte));
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {pattern[at] == byte, at + 1};
  }
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t p = 0, t = 0;
  std::size_t after_star = kNone;  // The element behind the last star...
  std::size_t star_text = 0;       // ...and where in the text it was last tried.
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size()) {
      const Step step = match_one(pattern, p, text[t]);
      if (step.matched) {
        p = step.next;
        ++t;
        continue;
      }
    }
    if (after_star == kNone) return false;
    if (after_star == pattern.size()) return true;
    p = after_star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace larder::base
