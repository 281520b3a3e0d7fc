// Reading what another thread may be writing, in order to find out afterwards whether one did.
//
// Such a read may see anything: it is copied, never followed further than its bounds allow, and thrown
// away unless the writer's version has stayed the same. The language knows no such reads; these are
// single loads that no compiler splits or repeats, and the thread sanitizer is told to overlook them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SANITIZE_THREAD__)
/// Of a function that reads so. What it calls is LARDER_RACY too, or inlined into it.
#define LARDER_RACY __attribute__((no_sanitize("thread")))
#define LARDER_UNDER_TSAN 1
#else
#define LARDER_RACY
#define LARDER_UNDER_TSAN 0
#endif
/// Of a small function that such a one calls.
#define LARDER_RACY_INLINE __attribute__((always_inline)) inline

namespace larder::base {

/// A number of up to eight bytes, in one load.
template <class T>
LARDER_RACY_INLINE T racy_load(const T& place) noexcept {
  return __atomic_load_n(&place, __ATOMIC_RELAXED);
}

/// A number of this type from any place in memory.
template <class T>
LARDER_RACY_INLINE T racy_load_at(const char* place) noexcept {
#if LARDER_UNDER_TSAN
  T number = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    number = static_cast<T>(number << 8 | static_cast<unsigned char>(racy_load(place[i])));
  return number;
#else
  struct [[gnu::packed, gnu::may_alias]] Unaligned {
    T number;
  };
  return reinterpret_cast<const volatile Unaligned*>(place)->number;
#endif
}

/// Whether `bytes` bytes are the same.
LARDER_RACY_INLINE bool racy_equal(const char* a, const char* b, std::size_t bytes) noexcept {
  if (bytes >= 8) {
    std::size_t at = 0;
    for (; at + 8 < bytes; at += 8) {
      if (racy_load_at<std::uint64_t>(a + at) != racy_load_at<std::uint64_t>(b + at)) return false;
    }
    return racy_load_at<std::uint64_t>(a + bytes - 8) == racy_load_at<std::uint64_t>(b + bytes - 8);
  }
  for (std::size_t at = 0; at < bytes; ++at) {
    if (racy_load(a[at]) != racy_load(b[at])) return false;
  }
  return true;
}

/// Makes `to`, a std::optional of a string, a copy of `from`. Errors: throws std::bad_alloc.
template <class Optional>
LARDER_RACY void racy_emplace(Optional& to, std::string_view from) {
#if LARDER_UNDER_TSAN
  auto& copy = to.emplace();
  copy.resize(from.size());
  char* const at = copy.data();
  for (std::size_t i = 0; i < from.size(); ++i) at[i] = racy_load(from.data()[i]);
#else
  to.emplace(from);
#endif
}

}  // namespace larder::base
