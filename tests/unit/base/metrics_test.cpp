#include "base/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace larder::base {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, PrintsCountersAndGaugesAsPrometheusReadsThem) {
  Metrics metrics;
  metrics.counter("larder_commands_total", "Commands run.", {{"command", "get"}}).add(3);
  metrics.counter("larder_commands_total", "Commands run.", {{"command", "set"}}).add();
  metrics.gauge("larder_connections", "Open connections.").set(7);
  EXPECT_EQ(metrics.text(),
            "# HELP larder_commands_total Commands run.\n"
            "# TYPE larder_commands_total counter\n"
            "larder_commands_total{command=\"get\"} 3\n"
            "larder_commands_total{command=\"set\"} 1\n"
            "# HELP larder_connections Open connections.\n"
            "# TYPE larder_connections gauge\n"
            "larder_connections 7\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  EXPECT_EQ(&metrics.counter("c", "", {{"a", "1"}}), &metrics.counter("c", "", {{"a", "1"}}));
  EXPECT_NE(&metrics.counter("c", "", {{"a", "1"}}), &metrics.counter("c", "", {{"a", "2"}}));
}

TEST(Metrics, EscapesLabelsAndHelp) {
  Metrics metrics;
  metrics.gauge("g", "two\nlines \\ \"quoted\"", {{"path", "a\"b\\c\nd"}}).set(1);
  EXPECT_EQ(metrics.text(),
            "# HELP g two\\nlines \\\\ \"quoted\"\n"
            "# TYPE g gauge\n"
            "g{path=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(Metrics, TimingBucketsAreCumulative) {
  Metrics metrics;
  Timing& timing = metrics.timing("t_seconds", "Time.", {{"k", "v"}});
  timing.observe(500ns);
  timing.observe(1us);
  timing.observe(3us);
  timing.observe(1h);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# TYPE t_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{k=\"v\",le=\"1e-06\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{k=\"v\",le=\"2e-06\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{k=\"v\",le=\"4e-06\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{k=\"v\",le=\"33.554432\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{k=\"v\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_count{k=\"v\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_sum{k=\"v\"} 3600.0000045\n"));
}

TEST(Timing, ABoundBelongsToItsOwnBucket) {
  for (std::size_t i = 0; i < Timing::kBounds; ++i) {
    Timing timing;
    timing.observe(Timing::bound(i));
    EXPECT_EQ(timing.at_most(i), 1U) << i;
    timing.observe(Timing::bound(i) + 1ns);
    EXPECT_EQ(timing.at_most(i), 1U) << i;
  }
}

TEST(Metrics, AsksForNumbersThatOthersKeep) {
  Metrics metrics;
  double entries = 5;
  metrics.observe(Metrics::Kind::gauge, "larder_entries", "Entries.", [&] { return entries; });
  EXPECT_THAT(metrics.text(), HasSubstr("larder_entries 5\n"));
  entries = 6;
  EXPECT_THAT(metrics.text(), HasSubstr("larder_entries 6\n"));
}

TEST(Metrics, LabelsThatAPeerChoosesDoNotBecomeMemory) {
  Metrics metrics;
  for (std::size_t i = 0; i < limits::kMetricSeriesMax + 100; ++i) {
    metrics.counter("c_total", "", {{"who", std::to_string(i)}}).add();
  }
  EXPECT_THAT(metrics.text(), HasSubstr("c_total{who=\"other\"} 100\n"));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("who=\"1030\"")));
}

TEST(MetricsDeathTest, OneNameHasOneType) {
  Metrics metrics;
  metrics.counter("x", "");
  EXPECT_DEATH(metrics.gauge("x", ""), "assertion failed");
}

}  // namespace
}  // namespace larder::base
