// Any pattern on any text (a zero byte parts them): ends soon, and agrees with the recursive definition where that is affordable.
#include "base/glob.hpp"

#include "fuzz.hpp"

namespace {

/// Redis' own structure, stars by recursion; `steps` bounds what it may cost.
bool by_definition(std::string_view p, std::string_view t, int& steps) {
  if (--steps < 0) return false;
  if (p.empty()) return t.empty();
  if (p[0] == '*') {
    for (std::size_t i = 0; i <= t.size(); ++i) {
      if (by_definition(p.substr(1), t.substr(i), steps)) return true;
    }
    return false;
  }
  if (t.empty()) return false;
  if (p[0] == '?') return by_definition(p.substr(1), t.substr(1), steps);
  if (p[0] == '\\' && p.size() >= 2) p.remove_prefix(1);
  return p[0] == t[0] && by_definition(p.substr(1), t.substr(1), steps);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = std::min(bytes.find('\0'), bytes.size());
  const std::string_view pattern = bytes.substr(0, middle);
  const std::string_view text = bytes.substr(std::min(middle + 1, bytes.size()));
  const bool matched = larder::base::glob_match(pattern, text);
  if (pattern.find('[') != std::string_view::npos)
    return 0;  // Classes are not in the definition above.
  int steps = 100'000;
  const bool expected = by_definition(pattern, text, steps);
  if (steps >= 0) larder::fuzz::require(matched == expected, "a match is what the definition says");
  return 0;
}
