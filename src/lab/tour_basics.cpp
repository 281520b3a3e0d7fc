// The tour's first half: entries that expire, entries that are erased, counters that add up.
#include <larder/cache.hpp>
#include <larder/counter.hpp>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "base/units.hpp"
#include "lab/tour_stage.hpp"

namespace larder::lab {
namespace {

template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? std::to_string(*value) : "a miss";
}

std::string shown(const Ttl& ttl) {
  switch (ttl.state) {
    case Ttl::State::missing:
      return "no such entry";
    case Ttl::State::persistent:
      return "for ever";
    case Ttl::State::remaining:
      return base::duration_text(ttl.left) + " left";
  }
  return {};
}

std::string shown(bool done, const char* yes, const char* no) { return done ? yes : no; }

}  // namespace

void show_expiry(Stage& stage) {
  const base::Millis life = stage.fast() ? base::Millis{600} : base::Millis{5'000};
  stage.title("A player's score that lives " + base::duration_text(life));
  const Cache<int> scores(stage.store(), stage.space("score"), {.ttl = life});

  const base::Instant start = stage.clock().now();
  Stage::need(scores.set("ada", 1'200));
  stage.say("scores.set(\"ada\", 1200)", "written");
  stage.say("scores.get(\"ada\")", shown(Stage::need(scores.get("ada"))));

  Ttl ttl = Stage::need(scores.ttl("ada"));
  base::Millis last_left = life;
  bool falls = ttl.state == Ttl::State::remaining;
  while (ttl.state == Ttl::State::remaining) {
    stage.say("scores.ttl(\"ada\")", shown(ttl));
    falls = falls && ttl.left <= last_left;
    last_left = ttl.left;
    // The last wait ends just behind the deadline.
    Stage::wait(std::min(life / 5, ttl.left + base::Millis{2}));
    ttl = Stage::need(scores.ttl("ada"));
  }
  const base::Nanos lived = stage.clock().now() - start;
  stage.say("scores.ttl(\"ada\")", shown(ttl));
  const auto gone = Stage::need(scores.get("ada"));
  stage.say("scores.get(\"ada\")", shown(gone));
  stage.promise(falls, "its remaining time only ever fell");
  stage.promise(
      !gone && ttl.state == Ttl::State::missing && lived >= life,
      "it was gone when its time was over, not before: seen after " + base::duration_text(lived));
}

void show_invalidation(Stage& stage) {
  stage.title("A value that changed at its source: erased by hand");
  const Cache<std::string> pages(stage.store(), stage.space("page"), {.ttl = forever});
  const auto get = [&] {
    auto page = Stage::need(pages.get("/news"));
    stage.say("pages.get(\"/news\")", page ? *page : "a miss");
    return page;
  };
  Stage::need(pages.set("/news", "Larder 0.1 is out"));
  stage.say("pages.set(\"/news\", …)", "written");
  stage.say("pages.ttl(\"/news\")", shown(Stage::need(pages.ttl("/news"))));
  const auto before = get();
  const bool erased = Stage::need(pages.erase("/news"));
  stage.say("pages.erase(\"/news\")", shown(erased, "erased", "there was nothing"));
  const auto after = get();
  const bool again = Stage::need(pages.erase("/news"));
  stage.say("pages.erase(\"/news\")", shown(again, "erased", "there was nothing"));
  stage.promise(before == "Larder 0.1 is out" && erased && !after && !again,
                "it was there, was erased once, and no reader sees it again");
}

void show_counter(Stage& stage) {
  constexpr int kThreads = 8;
  const int each = stage.fast() ? 500 : 5'000;
  stage.title("One counter, " + std::to_string(kThreads) + " threads that add to it");
  const Counter visits(stage.store(), stage.space("visits"));

  std::atomic<int> failed{0};
  const base::Instant start = stage.clock().now();
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < each; ++n) failed += visits.incr("home") ? 0 : 1;
    });
  }
  for (auto& thread : threads) thread.join();
  const base::Nanos took = stage.clock().now() - start;

  const std::int64_t total = Stage::need(visits.get("home"));
  const std::int64_t expected = std::int64_t{kThreads} * each;
  stage.say(std::to_string(kThreads) + " threads: visits.incr(\"home\")",
            base::count_text(static_cast<std::uint64_t>(each)) + " times each, in " +
                base::duration_text(took));
  stage.say("visits.get(\"home\")", base::count_text(static_cast<std::uint64_t>(total)));
  stage.promise(total == expected && failed == 0, "not one addition was lost or counted twice");
}

}  // namespace larder::lab
