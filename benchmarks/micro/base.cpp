// Hashes, checksums, metrics, globs.
#include <benchmark/benchmark.h>

#include "base/glob.hpp"
#include "base/hash.hpp"
#include "base/hash_detail.hpp"
#include "base/histogram.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"

namespace {

using namespace larder::base;

void BM_KeyedHash(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(keyed_hash(text, {1, 2}));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_KeyedHash)->Arg(16)->Arg(64)->Arg(4096);

void BM_Crc32c(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c)->Arg(64)->Arg(4096);

void BM_Crc32cTables(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(detail::crc32c_tables(text, 0));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32cTables)->Arg(4096);

void BM_CounterAdd(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) counter.add();
}
BENCHMARK(BM_CounterAdd)->Threads(1)->Threads(2);

void BM_HistogramRecord(benchmark::State& state) {
  Histogram histogram;
  Random random(1);
  for (auto _ : state) histogram.record(random() >> 40);
}
BENCHMARK(BM_HistogramRecord);

void BM_Glob(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(glob_match("user:*:profile", "user:00000000001:profile"));
}
BENCHMARK(BM_Glob);

}  // namespace
