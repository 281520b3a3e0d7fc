// Several independent servers as one store: each has its share of the keys, and another joins and leaves.
//
//     ./06_ring host:port host:port host:port host:port
//
// Three begin, the fourth joins. What the three hold is flushed; the fourth should be empty.
#include <larder/larder.hpp>

#include <cstdio>

using namespace std::chrono_literals;

namespace {

int found(const larder::Store& store) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1'000; ++i) keys.push_back("user:" + std::to_string(i));
  int count = 0;
  for (const auto& value : store.get_many(keys).value()) count += value.has_value();
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "give four servers: host:port …\n"), 2;
  // Names are what placement knows servers by: one may move to another address and keep its keys.
  const std::string url =
      std::string("redis+ring://") + argv[1] + "," + argv[2] + "," + argv[3] + "?names=ann,bob,cid";
  const auto tell = [](const larder::StoreEvent& event) {
    std::printf("  %s: %s\n", to_string(event.kind).data(), event.server.c_str());
  };
  auto opened = larder::Store::open(url, {.on_event = tell});
  if (!opened) return std::fprintf(stderr, "%s\n", to_string(opened.error()).c_str()), 2;
  const larder::Store store = *opened;

  store.flush().value();
  for (int i = 0; i < 1'000; ++i) store.set("user:" + std::to_string(i), "v").value();
  std::printf("three servers: %d of 1000 found\n", found(store));

  // What moves to the new server is a miss there until it is loaded again; nothing else moves.
  store.add_server(argv[4], {.name = "dot"}).value();
  std::printf("a fourth joins: %d of 1000 found\n", found(store));
  store.remove_server("dot").value();
  std::printf("and leaves: %d of 1000 found\n", found(store));

  for (const auto& server : store.health()) {
    std::printf("%s is %s\n", server.name.c_str(), to_string(server.state).data());
  }
}
