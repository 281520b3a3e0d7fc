#include "lab/replay.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "lab/bench.hpp"
#include "unit/lab/written.hpp"

namespace larder::lab {
namespace {

class ReplayTest : public testing::Test {
 protected:
  ~ReplayTest() override {
    if (!path_.empty()) std::remove(path_.c_str());
  }

  /// A trace file of this test alone.
  std::string trace(const std::string& text) {
    path_ = testing::TempDir() + "larder_" +
            testing::UnitTest::GetInstance()->current_test_info()->name() + ".txt";
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }

  /// Runs it; what it wrote is in results_ and notes_ then.
  int run(const ReplayOptions& options) {
    test::Written results, notes;
    const int status = replay(options, {results.file(), notes.file()});
    results_ = results.text();
    notes_ = notes.text();
    return status;
  }

  std::string path_, results_, notes_;
};

TEST_F(ReplayTest, AGeneratedTraceIsPlayedAndCountedExactly) {
  EXPECT_EQ(
      run({.source = {.generate = "zipf:1.0", .keys = 1'000, .requests = 10'000}, .json = true}),
      kDone);
  EXPECT_NE(results_.find("\"requests\": 10000"), std::string::npos) << results_;
  EXPECT_NE(results_.find("\"exact\": true"), std::string::npos) << results_;
  EXPECT_NE(results_.find("\"wrong\": 0"), std::string::npos) << results_;
  EXPECT_EQ(notes_, "");
}

TEST_F(ReplayTest, TheSameSeedGivesTheSameHits) {
  const ReplayOptions options{
      .source = {.generate = "hotspot", .keys = 1'000, .requests = 3'000, .seed = 42},
      .json = true};
  const auto hits = [&] {
    EXPECT_EQ(run(options), kDone);
    const std::size_t at = results_.find("\"hits\": ");
    return results_.substr(at, results_.find(',', at) - at);
  };
  const std::string first = hits();
  EXPECT_EQ(first, hits());
}

TEST_F(ReplayTest, AFileIsPlayedAsItIs) {
  EXPECT_EQ(run({.source = {.trace = trace("1 100\n2 50\n1 100\n3 20\n1 100\n2 50\n")}}), kDone);
  EXPECT_NE(results_.find("  requests   6 in "), std::string::npos) << results_;
  EXPECT_NE(results_.find("  distinct   3 keys\n"), std::string::npos) << results_;
  EXPECT_NE(results_.find("  hits       3, 50.000 %: requests minus distinct keys, exactly\n"),
            std::string::npos)
      << results_;
}

TEST_F(ReplayTest, ABadLineIsOneLineThatNamesItAndStatusTwo) {
  const std::string path = trace("1 100\n2 50\nabc\n");
  EXPECT_EQ(run({.source = {.trace = path}}), kBadInput);
  EXPECT_EQ(
      notes_,
      "larder replay: " + path +
          ":3: expected \"key size [ttl]\", found \"abc\" (stopped there, after 2 requests)\n");
  EXPECT_EQ(results_, "");
}

TEST_F(ReplayTest, AMissingTraceIsOneLineAndStatusTwo) {
  EXPECT_EQ(run({.source = {.trace = "no/such/trace"}}), kBadInput);
  EXPECT_EQ(notes_, "larder replay: no/such/trace: No such file or directory\n");
}

TEST_F(ReplayTest, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(run({}), kBadInput);
  EXPECT_EQ(run({.source = {.trace = "a", .generate = "uniform"}}), kBadInput);
  EXPECT_EQ(run({.source = {.generate = "normal"}}), kBadInput);
  EXPECT_EQ(run({.source = {.generate = "uniform", .keys = 0}}), kBadInput);
  EXPECT_EQ(run({.source = {.generate = "uniform"}, .threads = 0}), kBadInput);
  EXPECT_EQ(run({.source = {.generate = "uniform"}, .url = "nonsense"}), kBadInput);
  EXPECT_EQ(std::count(notes_.begin(), notes_.end(), '\n'), 1);
}

TEST_F(ReplayTest, AStoreTooSmallSaysHowManyHitsWereLost) {
  EXPECT_EQ(run({.source = {.generate = "zipf:1.0", .keys = 10'000, .requests = 20'000},
                 .url = "memory:?max_bytes=256KiB&eviction=allkeys-lru&shards=1"}),
            kDone);
  EXPECT_NE(results_.find("fewer than requests minus distinct keys"), std::string::npos)
      << results_;
}

TEST(BenchTest, OptionsThatMakeNoSenseAreOneLineAndStatusTwo) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const notes = open_memstream(&text, &size);
  EXPECT_EQ(bench({.pipeline = 0}, {stdout, notes}), kBadInput);
  std::fclose(notes);
  EXPECT_EQ(std::string(text, size), "larder bench: a pipeline is at least 1 deep\n");
  std::free(text);
}

}  // namespace
}  // namespace larder::lab
