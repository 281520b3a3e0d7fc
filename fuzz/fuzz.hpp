// What every fuzz target shares: the entry point's shape, a check that stops the fuzzer, and input cut into pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace larder::fuzz {

inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Feeds `bytes` in pieces whose sizes the first byte chooses, each from a fresh copy in memory, to
/// `take(buffer) -> consumed`.
template <class Take>
void in_pieces(std::string_view bytes, std::uint8_t choice, Take&& take) {
  std::string buffer;
  std::size_t step = 1 + choice % 16;
  while (!bytes.empty()) {
    const std::size_t n = step < bytes.size() ? step : bytes.size();
    buffer = buffer + std::string(bytes.substr(0, n));
    bytes.remove_prefix(n);
    buffer.erase(0, take(buffer));
    step = 1 + (step * 7 + choice) % 23;
  }
}

}  // namespace larder::fuzz
