// Values to bytes and back.
#include <larder/codec.hpp>

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using larder::Codec;

struct User {
  std::string id, name, email;
  int age = 0;
  std::vector<std::string> roles;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, name, email, age, roles))

template <class T>
void encode(benchmark::State& state, const T& value) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(Codec<T>::encode(value, out).has_value());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

template <class T>
void decode(benchmark::State& state, const T& value) {
  std::string text;
  Codec<T>::encode(value, text).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(Codec<T>::decode(text).has_value());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

const User kUser{"123", "John Doe", "john@example.com", 42, {"reader", "writer"}};

void BM_Encode_Int(benchmark::State& state) { encode(state, std::int64_t{1'234'567}); }
void BM_Decode_Int(benchmark::State& state) { decode(state, std::int64_t{1'234'567}); }
void BM_Encode_Double(benchmark::State& state) { encode(state, 0.1); }
void BM_Decode_Double(benchmark::State& state) { decode(state, 0.1); }
void BM_Encode_Text(benchmark::State& state) { encode(state, std::string(10'000, 'x')); }
void BM_Decode_Text(benchmark::State& state) { decode(state, std::string(10'000, 'x')); }
void BM_Encode_Struct(benchmark::State& state) { encode(state, kUser); }
void BM_Decode_Struct(benchmark::State& state) { decode(state, kUser); }
void BM_Encode_Ints1000(benchmark::State& state) { encode(state, std::vector<int>(1000, 12345)); }
void BM_Decode_Ints1000(benchmark::State& state) { decode(state, std::vector<int>(1000, 12345)); }
BENCHMARK(BM_Encode_Int);
BENCHMARK(BM_Decode_Int);
BENCHMARK(BM_Encode_Double);
BENCHMARK(BM_Decode_Double);
BENCHMARK(BM_Encode_Text);
BENCHMARK(BM_Decode_Text);
BENCHMARK(BM_Encode_Struct);
BENCHMARK(BM_Decode_Struct);
BENCHMARK(BM_Encode_Ints1000);
BENCHMARK(BM_Decode_Ints1000);

}  // namespace
