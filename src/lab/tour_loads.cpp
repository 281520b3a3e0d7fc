// The tour's second half: what a cache saves the source behind it.
#include <larder/cache.hpp>

#include <atomic>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "base/units.hpp"
#include "lab/distribution.hpp"
#include "lab/report.hpp"
#include "lab/tour_stage.hpp"

namespace larder::lab {

void show_single_load(Stage& stage) {
  constexpr int kCallers = 100;
  const base::Millis slow{stage.fast() ? 50 : 200};
  stage.title(std::to_string(kCallers) + " callers at once miss the same key; its load takes " +
              base::duration_text(slow));
  const Cache<std::string> reports(stage.store(), stage.space("report"), {.ttl = forever});

  std::atomic<int> loads{0};
  std::atomic<int> right{0};
  std::latch together(kCallers);
  const auto call = [&] {
    together.arrive_and_wait();
    const auto report = reports.get_or_load("2026", [&](auto& load) {
      ++loads;
      Stage::wait(slow);
      return "the report of " + std::string(load.key());
    });
    if (report && *report == "the report of 2026") ++right;
  };
  const base::Instant start = stage.clock().now();
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) callers.emplace_back(call);
  for (auto& caller : callers) caller.join();
  const base::Nanos took = stage.clock().now() - start;

  stage.say("100 x reports.get_or_load(\"2026\")",
            std::to_string(right) + " right answers in " + base::duration_text(took));
  stage.say("the loader ran", std::to_string(loads) + (loads == 1 ? " time" : " times"));
  stage.promise(loads == 1 && right == kCallers, "one load served them all");
}

namespace {

constexpr std::uint64_t kKeys = 100;

/// The slow source: a database, a service, a file.
struct Source {
  base::Millis delay;
  std::uint64_t asked = 0;
  std::string find(std::string_view key) {
    ++asked;
    Stage::wait(delay);
    return "row " + std::string(key);
  }
};

struct Timed {
  base::Nanos took{};
  std::uint64_t wrong = 0;
  std::set<std::uint64_t> distinct;
};

/// The same requests each time: four of five go to a fifth of the keys.
template <class Read>
Timed run(Stage& stage, int requests, Read&& read) {
  KeyPicker picker({.law = Distribution::Law::hotspot, .hot_keys = 0.2, .hot_share = 0.8}, kKeys,
                   7);
  Timed result;
  const base::Instant start = stage.clock().now();
  for (int i = 0; i < requests; ++i) {
    const std::uint64_t key = picker.next();
    result.wrong += read(key) == "row " + std::to_string(key) ? 0 : 1;
    result.distinct.insert(key);
  }
  result.took = stage.clock().now() - start;
  return result;
}

}  // namespace

void show_speed(Stage& stage) {
  const int requests = stage.fast() ? 400 : 1'000;
  const base::Millis delay{4};
  stage.title(std::to_string(requests) +
              " reads, 80 % of them of 20 % of the rows; the source takes " +
              base::duration_text(delay) + " a row");
  Source bare{delay};
  const Timed without =
      run(stage, requests, [&](std::uint64_t key) { return bare.find(std::to_string(key)); });
  stage.say("without a cache", base::duration_text(without.took) + ", the source was asked " +
                                   std::to_string(bare.asked) + " times");

  const Cache<std::string> rows(stage.store(), stage.space("row"), {.ttl = forever});
  Source behind{delay};
  const Timed with = run(stage, requests, [&](std::uint64_t key) {
    return Stage::need(rows.get_or_load(key, [&](auto& load) { return behind.find(load.key()); }));
  });
  const double hits = 1 - static_cast<double>(behind.asked) / requests;
  stage.say("rows.get_or_load(key, …)", base::duration_text(with.took) + ", the source was asked " +
                                            std::to_string(behind.asked) + " times");
  stage.say("hits", percent_text(hits));
  const double faster =
      static_cast<double>(without.took.count()) / static_cast<double>(with.took.count());
  stage.say("faster", std::to_string(faster).substr(0, 4) + " times");
  stage.promise(behind.asked == with.distinct.size() && with.wrong + without.wrong == 0,
                "each row was loaded once, and every answer was right");
  stage.promise(faster > 1, "it was faster with the cache");
}

}  // namespace larder::lab
