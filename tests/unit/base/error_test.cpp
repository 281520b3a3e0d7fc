#include <larder/error.hpp>

#include <gtest/gtest.h>

#include "base/assert.hpp"

namespace larder {
namespace {

TEST(Error, PrintsCodeEffectAndDetail) {
  const Error error{Errc::timeout, Effect::maybe_executed,
                    "redis://10.0.0.4:6379: no answer in 500 ms"};
  EXPECT_EQ(to_string(error),
            "timeout (maybe executed): redis://10.0.0.4:6379: no answer in 500 ms");
}

TEST(Error, WithoutADetailItStopsAfterTheEffect) {
  EXPECT_EQ(to_string(Error{Errc::overloaded, Effect::not_sent, ""}), "overloaded (not sent)");
}

TEST(Error, EveryCodeHasItsOwnName) {
  for (int code = 1; code <= static_cast<int>(Errc::loader_failed); ++code) {
    EXPECT_NE(to_string(static_cast<Errc>(code)), "unknown") << code;
  }
}

TEST(Result, ValueOfAFailureThrowsWithTheError) {
  const Result<int> result = Error{Errc::io, Effect::refused, "disk full"};
  try {
    (void)result.value();
    FAIL() << "value() did not throw";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), Errc::io);
    EXPECT_EQ(failure.error().detail, "disk full");
    EXPECT_STREQ(failure.what(), "io (refused): disk full");
  }
}

TEST(AssertDeathTest, ABrokenInvariantStopsTheProcessAndNamesIt) {
  EXPECT_DEATH(LARDER_ASSERT(1 + 1 == 3), "error_test.cpp:.*assertion failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace larder
