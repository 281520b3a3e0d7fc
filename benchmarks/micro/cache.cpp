// What the typed cache and the counter add to the store beneath them: one hit each, one thread, 64-byte values. The floor
// is a lookup and a copy in a std::unordered_map behind a mutex: what one would write without a cache.
#include <larder/cache.hpp>
#include <larder/counter.hpp>

#include <benchmark/benchmark.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"

namespace {

using namespace larder;
using namespace std::chrono_literals;

constexpr std::size_t kEntries = 10'000;

std::vector<std::string> names(const std::string& prefix) {
  base::Random random{7};
  std::vector<std::string> drawn(1 << 14);
  for (auto& name : drawn) name = prefix + "user" + std::to_string(random.below(kEntries));
  return drawn;
}

struct Scene {
  Scene() {
    for (std::size_t i = 0; i < kEntries; ++i) {
      raw.set("user" + std::to_string(i), value).value();
      map["raw:user" + std::to_string(i)] = value;
    }
  }
  Bytes value{std::string(64, 'v')};
  Store store = Store::open("memory:").value();
  Cache<Bytes> raw{store, "raw", {.ttl = 1h}};
  std::unordered_map<std::string, std::string> map;
  std::mutex mutex;
  std::vector<std::string> short_names = names("");
  std::vector<std::string> full_names = names("raw:");
};

Scene& scene() {
  static Scene made;
  return made;
}

template <class Call>
void run(benchmark::State& state, const std::vector<std::string>& drawn, Call call) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(call(drawn[i++ & (drawn.size() - 1)]));
  state.SetItemsProcessed(state.iterations());
}

void cache_floor_map(benchmark::State& state) {
  auto& s = scene();
  run(state, s.full_names, [&](const std::string& name) {
    const std::lock_guard lock(s.mutex);
    return std::string(s.map.find(name)->second);
  });
}
void cache_store_get(benchmark::State& state) {
  auto& s = scene();
  run(state, s.full_names, [&](const std::string& name) { return s.store.get(name); });
}
void cache_get(benchmark::State& state) {
  auto& s = scene();
  run(state, s.short_names, [&](const std::string& name) { return s.raw.get(name); });
}
void cache_get_or_load_hit(benchmark::State& state) {
  auto& s = scene();
  const auto load = [](Load&) { return Bytes("loaded"); };
  run(state, s.short_names, [&](const std::string& name) { return s.raw.get_or_load(name, load); });
}
void cache_set(benchmark::State& state) {
  auto& s = scene();
  run(state, s.short_names, [&](const std::string& name) { return s.raw.set(name, s.value); });
}
void counter_incr(benchmark::State& state) {
  const Counter visits(scene().store, "visits");
  run(state, scene().short_names, [&](const std::string& name) { return visits.incr(name); });
}

BENCHMARK(cache_floor_map);
BENCHMARK(cache_store_get);
BENCHMARK(cache_get);
BENCHMARK(cache_get_or_load_hit);
BENCHMARK(cache_set);
BENCHMARK(counter_incr);

}  // namespace
