// The end of the process on a broken invariant: says where, then aborts so that a core can tell
// why.
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace larder::base {

void assert_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace larder::base
