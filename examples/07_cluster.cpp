// A Redis Cluster as one store: the servers deal out the keys among themselves, and the client follows.
//
//     ./07_cluster $(larder redis start --mode cluster)
//
// What the cluster holds is flushed.
#include <larder/larder.hpp>

#include <cstdio>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "give a redis+cluster:// URL\n"), 2;
  auto opened = larder::Store::open(argv[1]);
  if (!opened) return std::fprintf(stderr, "%s\n", to_string(opened.error()).c_str()), 2;
  const larder::Store store = *opened;

  // A batch goes to each server once, and comes back in the order of the keys.
  store.flush().value();
  std::vector<std::string> keys;
  for (int i = 0; i < 1'000; ++i) keys.push_back("user:" + std::to_string(i));
  std::vector<larder::KeyValue> entries;
  for (const auto& key : keys) entries.push_back({key, key});
  store.set_many(entries).value();
  int found = 0;
  for (const auto& value : store.get_many(keys).value()) found += value.has_value();
  std::printf("%zu servers, %d of 1000 found\n", store.health().size(), found);

  // One step over several names needs them on one server: a {tag} brings them together.
  const larder::Limit ten{.max = 10, .window = 1min};
  const auto apart = store.limit_take_all(
      std::vector<larder::LimitAsk>{{"per-user:7", ten, 1}, {"per-team:3", ten, 1}});
  std::printf("two names apart: %s\n", to_string(apart.error().code).data());
  const auto together = store.limit_take_all(
      std::vector<larder::LimitAsk>{{"per-user:{team3}:7", ten, 1}, {"per-team:{team3}", ten, 1}});
  std::printf("under one tag: %s\n", together.value()[0].allowed ? "allowed" : "refused");

  for (const auto& one : store.capabilities()) {
    std::printf("%s: %s\n", one.what.data(), to_string(one.grade).data());
  }
}
