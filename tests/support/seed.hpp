// Luck for randomised tests: printed, and taken back from LARDER_SEED, so that every failure can be
// replayed.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/random.hpp"

namespace larder::test {

/// The seed of this run: LARDER_SEED if set, else from the operating system. Printed once per call.
inline std::uint64_t seed() {
  std::uint64_t value = base::system_entropy() >> 32;
  if (const char* given = std::getenv("LARDER_SEED")) {
    const std::string_view text(given);
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  std::printf("LARDER_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

inline base::Random seeded_random() { return base::Random(seed()); }

}  // namespace larder::test
