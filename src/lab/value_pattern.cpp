#include "lab/value_pattern.hpp"

#include "base/random.hpp"

namespace larder::lab {

void ValuePattern::reserve(std::size_t bytes) {
  if (pattern_.size() >= kPlaces + bytes) return;
  // Letters and digits, so that a person who looks at a value in redis-cli can read it. From the
  // start each time: what was there before must come out the same.
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  base::Random random(0x1a2de2);
  pattern_.resize(kPlaces + bytes + bytes / 2);
  for (char& c : pattern_) c = kLetters[random.below(kLetters.size())];
}

}  // namespace larder::lab
