// What a visit costs, in process: GET to a copied value, SET, batches; 16-byte keys, 64-byte values, keys drawn
// uniformly (the hard case for a processor's caches) or by a Zipf law of 0.99.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "node/node.hpp"

namespace {

using namespace larder;
using node::Mode;
using node::Node;

constexpr std::size_t kDraws = 1 << 20;
constexpr std::size_t kValueBytes = 64;
constexpr std::size_t kBatch = 16;

using Key = std::array<char, 24>;

Key key_of(std::size_t number) {
  Key key;
  std::snprintf(key.data(), key.size(), "key:%012zu", number);
  return key;
}
std::string_view view(const Key& key) { return {key.data(), 16}; }

/// A filled node and the order in which its keys will be asked for; made once for each size and law.
struct Scene {
  Scene(std::size_t entries, bool zipf, std::size_t bytes_max = 0)
      : node({.bytes_max = bytes_max, .seed = 1}, base::SystemClock::instance()) {
    const std::string value(kValueBytes, 'v');
    for (std::size_t i = 0; i < entries; ++i) {
      node.visit(0, view(key_of(i)), Mode::write, [&](engine::Entry& entry) {
        entry.assign(value, engine::Deadline::none()).value();
      });
    }
    base::Random random{7};
    draws.reserve(kDraws);
    for (std::size_t i = 0; i < kDraws; ++i) {
      draws.push_back(key_of(zipf ? zipf_draw(random, entries) : random.below(entries)));
    }
  }

  // The inverse of the continuous Zipf law, scattered over the keys; near enough for a benchmark.
  static std::size_t zipf_draw(base::Random& random, std::size_t entries) {
    constexpr double kOneMinusS = 1 - 0.99;
    const double top = std::pow(static_cast<double>(entries), kOneMinusS);
    const double rank = std::pow(1 + random.unit() * (top - 1), 1 / kOneMinusS);
    return static_cast<std::size_t>(rank) * 2'654'435'761u % entries;
  }

  Node node;
  std::vector<Key> draws;
};

Scene& scene(const benchmark::State& state) {
  static std::unique_ptr<Scene> scenes[2][2];
  const auto entries = static_cast<std::size_t>(state.range(0));
  const bool zipf = state.range(1) != 0;
  std::unique_ptr<Scene>& here = scenes[entries > 100'000][zipf];
  if (!here) here = std::make_unique<Scene>(entries, zipf);
  return *here;
}

// Google Benchmark runs this once before the threads of a benchmark start.
void prepare(const benchmark::State& state) { scene(state); }

std::size_t first_draw(const benchmark::State& state) {
  return static_cast<std::size_t>(state.thread_index()) * kDraws / 2;
}

void BM_Get(benchmark::State& state) {
  Scene& at = scene(state);
  std::array<char, kValueBytes> copy{};
  std::size_t i = first_draw(state);
  for (auto _ : state) {
    at.node.visit(0, view(at.draws[i++ % kDraws]), Mode::read, [&](engine::Entry& entry) {
      if (entry.exists()) entry.value().copy(copy.data(), copy.size());
    });
    benchmark::DoNotOptimize(copy);
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_GetBatch16(benchmark::State& state) {
  Scene& at = scene(state);
  std::array<std::array<char, kValueBytes>, kBatch> copies{};
  std::array<std::string_view, kBatch> keys;
  std::size_t i = first_draw(state);
  for (auto _ : state) {
    for (std::string_view& key : keys) key = view(at.draws[i++ % kDraws]);
    at.node.visit_many(0, keys, Mode::read, [&](std::size_t n, engine::Entry& entry) {
      if (entry.exists()) entry.value().copy(copies[n].data(), kValueBytes);
    });
    benchmark::DoNotOptimize(copies);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

void BM_Set(benchmark::State& state) {
  Scene& at = scene(state);
  const std::string value(kValueBytes, 'w');
  std::size_t i = first_draw(state);
  for (auto _ : state) {
    at.node.visit(0, view(at.draws[i++ % kDraws]), Mode::write, [&](engine::Entry& entry) {
      benchmark::DoNotOptimize(entry.assign(value, engine::Deadline::none()).has_value());
    });
  }
  state.SetItemsProcessed(state.iterations());
}

/// Ever new keys into a full node: each write evicts.
void BM_SetEvicting(benchmark::State& state) {
  static Scene full{200'000, false, 20'000'000};
  const std::string value(kValueBytes, 'w');
  std::size_t i = 1'000'000'000 + static_cast<std::size_t>(state.thread_index()) * 100'000'000;
  for (auto _ : state) {
    const Key key = key_of(i++);
    full.node.visit(0, view(key), Mode::write, [&](engine::Entry& entry) {
      benchmark::DoNotOptimize(entry.assign(value, engine::Deadline::none()).has_value());
    });
  }
  state.SetItemsProcessed(state.iterations());
}

void scenes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"entries", "zipf"})->Setup(prepare)->UseRealTime()->MeasureProcessCPUTime();
  for (const std::int64_t entries : {100'000, 1'000'000}) {
    for (const std::int64_t zipf : {0, 1}) bench->Args({entries, zipf});
  }
  bench->Threads(1)->Threads(2);
}

BENCHMARK(BM_Get)->Apply(scenes);
BENCHMARK(BM_GetBatch16)->Apply(scenes);
BENCHMARK(BM_Set)->Apply(scenes);
BENCHMARK(BM_SetEvicting)->Threads(1)->Threads(2)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
