#include "base/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

namespace larder::base {
namespace {

TEST(StopSignalsTest, ARequestFromAnyThreadEndsTheWait) {
  StopSignals signals;
  std::thread{[] { StopSignals::request(); }}.join();
  EXPECT_EQ(signals.wait(), "SIGTERM");
}

TEST(StopSignalsTest, AnInterruptIsNamed) {
  StopSignals signals;
  ::raise(SIGINT);
  EXPECT_EQ(signals.wait(), "SIGINT");
}

TEST(StopSignalsTest, AHangupIsACallAndNoEndWhereItIsAskedFor) {
  StopSignals signals(true);
  ::raise(SIGHUP);
  int calls = 0;
  EXPECT_EQ(signals.wait([&] {
    if (++calls == 1) ::raise(SIGHUP);
    if (calls == 2) ::raise(SIGTERM);
  }),
            "SIGTERM");
  EXPECT_EQ(calls, 2);
}

TEST(StopSignalsDeathTest, TheSecondSignalEndsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        StopSignals signals;
        StopSignals::request();
        signals.wait();
        StopSignals::request();
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(ProcessTest, KnowsItsMemoryAndDescriptors) {
  const auto usage = process_usage();
  EXPECT_GT(usage.memory_bytes, 100'000u);
  EXPECT_GE(usage.descriptors_open, 3u);
  EXPECT_GE(usage.descriptors_max, usage.descriptors_open);
}

TEST(ProcessTest, AMissingVariableReadsAsNothing) {
  EXPECT_EQ(environment("LARDER_NO_SUCH_VARIABLE"), "");
}

}  // namespace
}  // namespace larder::base
