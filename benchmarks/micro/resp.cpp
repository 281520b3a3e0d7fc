// The hot path of a server: a pipeline of requests read, their replies written.
#include <benchmark/benchmark.h>

#include "base/buffer.hpp"
#include "resp/reply_reader.hpp"
#include "resp/request_reader.hpp"
#include "resp/writer.hpp"

namespace {

using larder::base::Buffer;
using namespace larder::resp;

/// 16 requests, as a pipelining client sends them.
Buffer requests(std::string_view value) {
  Buffer out;
  for (int i = 0; i < 16; ++i) {
    if (value.empty())
      append_command(out, {"GET", "user:00000000001"});
    else
      append_command(out, {"SET", "user:00000000001", value});
  }
  return out;
}

void read_requests(benchmark::State& state, const Buffer& input) {
  RequestReader reader;
  for (auto _ : state) {
    std::size_t at = 0, bytes = 0;
    while (reader.next(input.view().substr(at)) == RequestReader::Status::command) {
      at += reader.consumed();
      bytes += reader.args()[1].size();
    }
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * 16);
}

void BM_RequestReader_Get(benchmark::State& state) { read_requests(state, requests("")); }
BENCHMARK(BM_RequestReader_Get);

void BM_RequestReader_Set64(benchmark::State& state) {
  read_requests(state, requests(std::string(64, 'x')));
}
BENCHMARK(BM_RequestReader_Set64);

void BM_Writer_Bulk(benchmark::State& state) {
  const std::string value(static_cast<std::size_t>(state.range(0)), 'x');
  Buffer out;
  for (auto _ : state) {
    out.clear();
    Writer writer(out, Version::resp3);
    for (int i = 0; i < 16; ++i) writer.bulk(value);
    benchmark::DoNotOptimize(out.view().data());
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(BM_Writer_Bulk)->Arg(64)->Arg(1024);

void BM_Writer_Integer(benchmark::State& state) {
  Buffer out;
  for (auto _ : state) {
    out.clear();
    Writer writer(out);
    for (int i = 0; i < 16; ++i) writer.integer(1'000 + i);
    benchmark::DoNotOptimize(out.view().data());
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(BM_Writer_Integer);

void BM_AppendCommand_Set64(benchmark::State& state) {
  const std::string value(64, 'x');
  Buffer out;
  for (auto _ : state) {
    out.clear();
    for (int i = 0; i < 16; ++i) append_command(out, {"SET", "user:00000000001", value});
    benchmark::DoNotOptimize(out.view().data());
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(BM_AppendCommand_Set64);

void BM_ReplyReader_Bulk64(benchmark::State& state) {
  Buffer input;
  Writer writer(input);
  for (int i = 0; i < 16; ++i) writer.bulk(std::string(64, 'x'));
  ReplyReader reader;
  for (auto _ : state) {
    std::size_t at = 0, bytes = 0;
    while (reader.next(input.view().substr(at)) == ReplyReader::Status::reply) {
      at += reader.consumed();
      bytes += reader.value().text().size();
    }
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(BM_ReplyReader_Bulk64);

void BM_ReplyReader_Array100(benchmark::State& state) {
  Buffer input;
  Writer writer(input);
  writer.array(100);
  for (int i = 0; i < 100; ++i) writer.bulk("user:00000000001");
  ReplyReader reader;
  for (auto _ : state) {
    benchmark::DoNotOptimize(reader.next(input.view()));
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(BM_ReplyReader_Array100);

}  // namespace
