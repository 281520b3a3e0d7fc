// A study before a cache that is a set of names: what is counted, kept, resumed and reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <mutex>
#include <set>

#include "base/memory_disk.hpp"
#include "lab/domains.hpp"
#include "lab/statistics.hpp"
#include "lab/study.hpp"
#include "lab/study_report.hpp"
#include "lab/svg.hpp"
#include "unit/lab/written.hpp"

namespace larder::lab {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Remembers everything; a name is a hit the second time.
class SetSubject final : public StudySubject {
 public:
  Result<void> begin(const StudyCell& cell) override {
    begun.push_back(cell.name());
    seen_.clear();
    counts_.assign(cell.partitions, {});
    return {};
  }
  Reply ask(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    auto& partition = counts_[name.size() % counts_.size()];
    ++partition.requests;
    if (name == fails) return {};
    const bool hit = !seen_.insert(name).second;
    partition.hits += hit;
    partition.keys += !hit;
    return {.answered = true, .hit = hit};
  }
  Result<std::vector<StudyPartition>> end() override { return counts_; }

  std::vector<std::string> begun;
  std::string fails;

 private:
  std::mutex mutex_;
  std::set<std::string> seen_;
  std::vector<StudyPartition> counts_;
};

class StudyTest : public testing::Test {
 protected:
  StudyTest() {
    options.names = synthetic_domains(500, 7);
    options.requests = [this](const std::string& law) {
      return request_order(Distribution::parse(law).value(), options.names.size(), 2'000, seed);
    };
    options.cells = {{.law = "uniform", .partitions = 1},
                     {.law = "zipf:1.0",
                      .partitions = 4,
                      .scheme = "ring",
                      .policy = "allkeys-lfu",
                      .memory_bytes = 4096}};
  }
  Result<std::vector<StudyOutcome>> run() {
    return run_study(options, subject, disk, clock, {.notes = notes.file()}, stop);
  }

  std::uint64_t seed = 7;
  StudyOptions options;
  SetSubject subject;
  base::MemoryDisk disk;
  base::ManualClock clock;
  test::Written notes;
  std::function<bool()> stop = [] { return false; };
};

TEST_F(StudyTest, EveryRequestIsCountedOnceHoweverManyAskAtOnce) {
  options.concurrency = 8;
  const auto outcomes = run().value();
  ASSERT_EQ(outcomes.size(), 2u);
  const auto& uniform = outcomes[0];
  const auto order = options.requests("uniform");
  const auto distinct = std::set<std::uint32_t>(order.begin(), order.end()).size();
  EXPECT_EQ(uniform.requests, 2'000u);
  EXPECT_EQ(uniform.misses, distinct);
  EXPECT_EQ(uniform.hits, 2'000 - distinct);
  EXPECT_EQ(uniform.partitions[0].requests, 2'000u);
  std::uint64_t windows = 0, ranks = 0;
  for (const auto count : uniform.window_requests) windows += count;
  for (const auto count : uniform.rank_requests) ranks += count;
  EXPECT_EQ(windows, 2'000u);
  EXPECT_EQ(ranks, 2'000u);
  EXPECT_EQ(uniform.window_requests.size(), kStudyWindows);
  EXPECT_EQ(uniform.window_requests[0], 40u);
}

TEST_F(StudyTest, UniformRequestsAgreeWithTheClosedForm) {
  const auto checks = uniform_checks(run().value(), options.names.size());
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_TRUE(checks[0].holds()) << checks[0].measured << " " << checks[0].expected;
}

TEST_F(StudyTest, AStoppedStudyGoesOnWhereItWas) {
  const auto whole = run().value();
  SetSubject again;
  const auto resumed =
      run_study(options, again, disk, clock, {.notes = notes.file()}, stop).value();
  EXPECT_TRUE(again.begun.empty());
  EXPECT_EQ(runs_csv(resumed), runs_csv(whole));
}

TEST_F(StudyTest, ButNotWithOtherRequestsNorWithAFileThatIsNotWhole) {
  const auto whole = run().value();
  seed = 8;
  subject.begun.clear();
  run().value();
  EXPECT_EQ(subject.begun.size(), 2u);
  seed = 7;
  const auto text = outcome_text(whole[0], 1);
  EXPECT_TRUE(read_outcome(text, 1));
  EXPECT_FALSE(read_outcome(text, 2));
  EXPECT_FALSE(read_outcome(std::string_view(text).substr(0, text.size() - 4), 1));
}

TEST_F(StudyTest, AStopEndsItAndSaysSo) {
  stop = [] { return true; };
  options.requests = [this](const std::string&) {
    return std::vector<std::uint32_t>(50'000'000, 0);
  };
  options.cells.resize(1);
  const auto stopped = run();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_THAT(stopped.error().detail, HasSubstr("0 of 1 cells are done"));
}

TEST_F(StudyTest, WhatHasNoAnswerIsNeitherHitNorMiss) {
  subject.fails = options.names[0];
  const auto outcomes = run().value();
  const auto& zipf = outcomes[1];
  EXPECT_GT(zipf.failures, 0u);
  EXPECT_EQ(zipf.hits + zipf.misses + zipf.failures, zipf.requests);
  EXPECT_THAT(report_text(outcomes, {}), HasSubstr("requests had no answer"));
}

TEST_F(StudyTest, TheReportHasTheTablesAndThePlotsBesideIt) {
  const auto outcomes = run().value();
  const auto report = report_text(outcomes, {.names = "500 made-up names",
                                             .command = "x",
                                             .name_count = 500,
                                             .request_count = 2'000,
                                             .seed = 7,
                                             .concurrency = 4});
  EXPECT_THAT(report, HasSubstr("within one point"));
  EXPECT_THAT(report, HasSubstr("nothing was evicted"));
  EXPECT_THAT(report, HasSubstr("| zipf:1.0 | 4 | ring |"));
  const auto csv = runs_csv(outcomes);
  const auto header = csv.substr(0, csv.find('\n'));
  const auto row =
      csv.substr(csv.find('\n') + 1, csv.find('\n', csv.find('\n') + 1) - csv.find('\n') - 1);
  EXPECT_EQ(std::count(header.begin(), header.end(), ','), std::count(row.begin(), row.end(), ','));
  for (const auto& plot : study_plots(outcomes, frequencies(options.requests("zipf:1.0"), 500))) {
    EXPECT_THAT(report, HasSubstr("(" + plot.file + ")"));
    EXPECT_THAT(plot.svg, testing::EndsWith("</svg>\n"));
    EXPECT_THAT(plot.svg, Not(HasSubstr("nan")));
    EXPECT_THAT(plot.svg, Not(HasSubstr("inf")));
  }
}

TEST(StudyRequestsTest, TheSameSeedGivesTheSameList) {
  const auto law = Distribution::parse("zipf:1.0").value();
  EXPECT_EQ(request_order(law, 1'000, 5'000, 7), request_order(law, 1'000, 5'000, 7));
  EXPECT_NE(request_order(law, 1'000, 5'000, 7), request_order(law, 1'000, 5'000, 8));
}

TEST(StudyCellTest, ItsNameIsAFileName) {
  const StudyCell cell{.law = "hotspot:0.2,0.8",
                       .partitions = 8,
                       .scheme = "ring",
                       .policy = "volatile-ttl",
                       .memory_bytes = 64,
                       .repeat = 2};
  EXPECT_EQ(cell.name(), "hotspot_0.2_0.8-p8-ring-volatile-ttl-64-r2");
  EXPECT_TRUE(base::check_file_name(cell.name() + ".cell"));
}

TEST(StatisticsTest, WilsonsIntervalIsThePublishedOne) {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  const auto a = share_of(81, 263);
  EXPECT_NEAR(a.low, 0.2553, 5e-5);
  EXPECT_NEAR(a.high, 0.3662, 5e-5);
  const auto b = share_of(0, 20);
  EXPECT_NEAR(b.low, 0, 1e-12);
  EXPECT_NEAR(b.high, 0.1611, 5e-5);
  EXPECT_EQ(share_of(0, 0).high, 0);
}

TEST(StatisticsTest, EvennessAndItsChance) {
  const std::uint64_t even[] = {5, 5, 5, 5}, uneven[] = {10, 0, 10, 0};
  EXPECT_EQ(evenness_of(even).variation, 0);
  EXPECT_EQ(evenness_of(even).chance, 1);
  EXPECT_EQ(evenness_of(uneven).variation, 1);
  EXPECT_EQ(evenness_of(uneven).max_over_mean, 2);
  EXPECT_EQ(evenness_of(uneven).chi_square, 20);
  // Tables of the distribution: 5 % lies above 7.815 for 3 degrees, 1 % above 18.475 for 7.
  EXPECT_NEAR(chi_square_chance(7.815, 3), 0.05, 1e-4);
  EXPECT_NEAR(chi_square_chance(18.475, 7), 0.01, 1e-5);
  EXPECT_NEAR(chi_square_chance(0.352, 3), 0.95, 1e-3);
}

TEST(StatisticsTest, TheClosedFormOfUniformRequests) {
  EXPECT_NEAR(uniform_hit_rate(50'000, 75'000), 0.4821,
              1e-4);  // What the course's 75,000 requests should have had.
  EXPECT_EQ(uniform_hit_rate(1, 1), 0);
  EXPECT_NEAR(uniform_hit_rate(1, 4), 0.75, 1e-12);
  EXPECT_NEAR(uniform_hit_rate(2, 2), 0.25, 1e-12);
}

TEST(StatisticsTest, SpreadMergesToWhatOneWouldHaveSeen) {
  Spread one, a, b;
  for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) {
    one.add(value);
    (value < 5 ? a : b).add(value);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), 8u);
  EXPECT_NEAR(a.mean(), 5, 1e-12);
  EXPECT_NEAR(a.deviation(), one.deviation(), 1e-12);
  EXPECT_NEAR(one.deviation(), std::sqrt(32.0 / 7), 1e-12);
}

TEST(SvgTest, APlotIsOneDocumentWithItsWordsMadeSafe) {
  Plot plot{.title = "a < b & c", .x_label = "x", .y_label = "y"};
  PlotSeries series;
  series.name = "\"s\"";
  series.points = {{0, 0}, {1, NAN}, {2, 4}};
  plot.series.push_back(series);
  plot.log_y = true;
  const auto svg = svg_of(plot);
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; c"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg_of(Plot{.title = "empty", .x_label = "", .y_label = ""}),
              testing::StartsWith("<svg "));
}

}  // namespace
}  // namespace larder::lab
