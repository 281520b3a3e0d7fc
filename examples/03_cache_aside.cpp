// Cache-aside: ask the cache, load on a miss. However many ask at once, the database is asked once.
//
//     ./03_cache_aside [URL]
#include <larder/larder.hpp>

#include <atomic>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;

namespace {

std::atomic<int> queries{0};

// Stands for a database: slow, and it counts.
std::optional<std::string> slow_query(std::string_view city) {
  ++queries;
  std::this_thread::sleep_for(50ms);
  if (city == "Atlantis") return std::nullopt;
  return "sunny in " + std::string(city);
}

}  // namespace

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;

  larder::Cache<std::string> weather{*store, "aside-weather", {.ttl = 10min}};
  const auto load = [](larder::Load& what) { return slow_query(what.key()); };

  std::vector<std::jthread> callers;
  for (int i = 0; i < 100; ++i) {
    callers.emplace_back([&] { weather.get_or_load("Lisbon", load).value(); });
  }
  callers.clear();
  std::printf("100 callers at once: %d query, \"%s\"\n", queries.load(),
              weather.get("Lisbon").value()->c_str());

  // fetch tells where the value came from.
  const auto again = weather.fetch("Lisbon", load).value();
  std::printf("asked again: a %s\n", std::string(to_string(again.source)).c_str());

  // Changed in the database? Erase: the next caller loads, and no load under way undoes that.
  weather.erase("Lisbon").value();
  std::printf("after erase: %s\n",
              std::string(to_string(weather.fetch("Lisbon", load).value().source)).c_str());

  // Where there may be no such thing the loader answers an optional, and so does get_or_load.
  std::optional<std::string> none = weather.get_or_load("Atlantis", load).value();
  std::printf("Atlantis: %s\n", none ? none->c_str() : "no such city");

  // What a loader throws becomes an error that names the entry.
  const auto bad = weather.get_or_load(
      "Oslo", []() -> std::string { throw std::runtime_error("the database is down"); });
  std::printf("Oslo: %s\n", to_string(bad.error()).c_str());
  weather.erase("Lisbon").value();
}
