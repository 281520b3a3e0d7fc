// LARDER_ASSERT: our own bugs stop the process, in release builds too. Never for what a peer, user or disk can cause.
#pragma once

namespace larder::base {
[[noreturn]] void assert_failed(const char* condition, const char* file, int line) noexcept;
}

#define LARDER_ASSERT(condition) \
  ((condition) ? void(0) : ::larder::base::assert_failed(#condition, __FILE__, __LINE__))
