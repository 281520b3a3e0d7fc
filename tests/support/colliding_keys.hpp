// Keys that all have one hash by MurmurHash64A, whatever its seed, and so one std::hash in libstdc++.
//
// MurmurHash64A mixes each 8-byte block on its own, by steps that can be undone, and then does
// h = (h ^ block) * m. A flip of the top bit survives the multiplication as a flip of the top bit, and
// the next block can flip it back: each pair of blocks has two forms that hash alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larder::test {

constexpr std::uint64_t kMurmurMultiplier = 0xc6a4a7935bd1e995;

/// The block that the hash's mixing turns into `mixed`.
inline std::uint64_t unmixed_block(std::uint64_t mixed) {
  std::uint64_t inverse = kMurmurMultiplier;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kMurmurMultiplier * inverse;  // Newton, modulo 2^64.
  mixed *= inverse;
  mixed ^= mixed >> 47;
  return mixed * inverse;
}

/// 2^bits keys of 16 bytes for each bit.
inline std::vector<std::string> colliding_keys(unsigned bits) {
  std::vector<std::string> keys(std::size_t{1} << bits);
  for (std::uint64_t choice = 0; choice < keys.size(); ++choice) {
    for (std::uint64_t bit = 0; bit < bits; ++bit) {
      const std::uint64_t flip = (choice >> bit & 1) << 63;
      for (const std::uint64_t mixed : {2 * bit + 1 + flip, 2 * bit + 2 + flip}) {
        const std::uint64_t block = unmixed_block(mixed);
        keys[choice].append(reinterpret_cast<const char*>(&block), sizeof block);
      }
    }
  }
  return keys;
}

}  // namespace larder::test
