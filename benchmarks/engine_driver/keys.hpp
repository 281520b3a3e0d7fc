// The keys of all measurements: 16 bytes, `user:` and eleven digits.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "lab/distribution.hpp"

namespace larder::bench {

struct Key16 {
  static constexpr std::string_view kSpace = "user";

  Key16() = default;
  explicit Key16(std::uint64_t number) noexcept {
    std::memcpy(text, "user:00000000000", sizeof text);
    for (char* digit = text + sizeof text; number > 0; number /= 10) {
      *--digit = static_cast<char>('0' + number % 10);
    }
  }
  /// What the store sees.
  std::string_view full() const noexcept { return {text, sizeof text}; }
  /// What a Cache of the space `user` is asked for.
  std::string_view in_space() const noexcept { return full().substr(kSpace.size() + 1); }

  char text[16];
};

/// `count` draws among `entries` keys, made beforehand so that they cost the measurement nothing.
/// Popular keys lie scattered over the numbers, and so over the memory that a loader filled in
/// order.
inline std::vector<Key16> zipf_draws(std::uint64_t entries, std::size_t count, double skew = 0.99) {
  base::Random random{7};
  const lab::Zipf rank{entries, skew};
  std::vector<Key16> draws;
  draws.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    draws.emplace_back(rank(random) * 2'654'435'761u % entries);
  }
  return draws;
}

}  // namespace larder::bench
