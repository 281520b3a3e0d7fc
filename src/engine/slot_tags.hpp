// Which of a bucket's tags fit: all of them compared at once where the processor can.
#pragma once

#include <cstddef>
#include <cstdint>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace larder::engine {

/// Tags have 14 bits; the two above are another's and do not take part.
constexpr std::uint16_t kTagMask = 0x3fff;

/// Bit i of the result says that tag i of `count` fits. The plain way, for any processor.
template <std::size_t count>
unsigned tags_fitting_plain(const std::uint16_t* tags, std::uint16_t tag) noexcept {
  unsigned fitting = 0;
  for (unsigned i = 0; i < count; ++i) fitting |= unsigned{(tags[i] & kTagMask) == tag} << i;
  return fitting;
}

/// The same. `tags` begin a structure in which the next 16 bytes, or
/// with more than 8 tags 32, can be read: what follows the tags is compared too and not looked at.
template <std::size_t count>
[[gnu::always_inline]] inline unsigned tags_fitting(const void* tags, std::uint16_t tag) noexcept {
  static_assert(count <= 16);
#ifdef __SSE2__
  const __m128i mask = _mm_set1_epi16(kTagMask);
  const __m128i wanted = _mm_set1_epi16(static_cast<short>(tag));
  const auto fits = [&](__m128i lanes) {
    return _mm_cmpeq_epi16(_mm_and_si128(lanes, mask), wanted);
  };
  const auto* lanes = static_cast<const __m128i*>(tags);
  const __m128i low = fits(_mm_loadu_si128(lanes));
  const __m128i high = count > 8 ? fits(_mm_loadu_si128(lanes + 1)) : _mm_setzero_si128();
  const int bits = _mm_movemask_epi8(_mm_packs_epi16(low, high));
  return static_cast<unsigned>(bits) & ((1U << count) - 1);
#else
  return tags_fitting_plain<count>(static_cast<const std::uint16_t*>(tags), tag);
#endif
}

}  // namespace larder::engine
