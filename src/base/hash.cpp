// SipHash-1-3 and CRC-32C.
//
// CRC-32C has three bodies: SSE4.2's and ARMv8's instruction, chosen once at start, and
// slicing-by-8 tables for processors without either.
#include "base/hash.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

#include "base/hash_detail.hpp"

namespace larder::base {
namespace {

std::uint64_t load64(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

struct Sip {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

/// The last 0–7 bytes and the length, as SipHash packs them.
std::uint64_t tail_word(const char* tail, std::size_t total) noexcept {
  std::uint64_t word = static_cast<std::uint64_t>(total) << 56;
  const std::size_t left = total & 7;
  for (std::size_t i = 0; i < left; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(tail[i])) << (8 * i);
  }
  return word;
}

template <int kCompress, int kFinish>
std::uint64_t sip_hash(std::string_view bytes, HashKey key) noexcept {
  Sip s{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d, key.k0 ^ 0x6c7967656e657261,
        key.k1 ^ 0x7465646279746573};
  const auto absorb = [&s](std::uint64_t word) {
    s.v3 ^= word;
    for (int i = 0; i < kCompress; ++i) s.round();
    s.v0 ^= word;
  };
  const char* at = bytes.data();
  for (const char* end = at + (bytes.size() & ~std::size_t{7}); at != end; at += 8) {
    absorb(load64(at));
  }
  absorb(tail_word(at, bytes.size()));
  s.v2 ^= 0xff;
  for (int i = 0; i < kFinish; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

// slices[k][b]: the CRC of byte b followed by k zero bytes.
constexpr auto kSlices = [] {
  std::array<std::array<std::uint32_t, 256>, 8> slices{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78U : 0U);
    slices[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      slices[k][b] = (slices[k - 1][b] >> 8) ^ slices[0][slices[k - 1][b] & 0xff];
    }
  }
  return slices;
}();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t crc) noexcept {
  std::uint64_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) state = _mm_crc32_u64(state, load64(at));
  auto narrow = static_cast<std::uint32_t>(state);
  for (; at != end; ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) std::uint32_t crc32c_arm(std::string_view bytes,
                                                         std::uint32_t crc) noexcept {
  std::uint32_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) state = __crc32cd(state, load64(at));
  for (; at != end; ++at) state = __crc32cb(state, static_cast<unsigned char>(*at));
  return ~state;
}
#endif

using Crc = std::uint32_t (*)(std::string_view, std::uint32_t) noexcept;

Crc best_crc() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return &crc32c_sse42;
#elif defined(__aarch64__)
  if (getauxval(AT_HWCAP) & HWCAP_CRC32) return &crc32c_arm;
#endif
  return &detail::crc32c_tables;
}

}  // namespace

namespace detail {

std::uint32_t crc32c_tables(std::string_view bytes, std::uint32_t crc) noexcept {
  std::uint32_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load64(at) ^ state;
    state = 0;
    for (std::size_t i = 0; i < 8; ++i) state ^= kSlices[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (; at != end; ++at) {
    state = (state >> 8) ^ kSlices[0][(state ^ static_cast<unsigned char>(*at)) & 0xff];
  }
  return ~state;
}

std::uint64_t sip_hash_2_4(std::string_view bytes, HashKey key) noexcept {
  return sip_hash<2, 4>(bytes, key);
}

}  // namespace detail

std::uint64_t keyed_hash(std::string_view bytes, HashKey key) noexcept {
  return sip_hash<1, 3>(bytes, key);
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) noexcept {
  static const Crc chosen = best_crc();
  return chosen(bytes, crc);
}

}  // namespace larder::base
