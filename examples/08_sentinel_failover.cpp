// A primary dies under a program that counts: calls wait for its heir, and what is in doubt is said to be.
//
//     ./08_sentinel_failover $(larder redis start --mode sentinel)
//
// When it says so, kill the primary: `larder redis status` tells its process. The sentinels notice it after two seconds.
#include <larder/larder.hpp>

#include <atomic>
#include <cstdio>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "give a redis+sentinel:// URL\n"), 2;
  std::atomic<bool> changed{false};
  const auto listen = [&](const larder::StoreEvent& event) {
    if (event.kind == larder::StoreEvent::Kind::primary_changed) changed = true;
  };
  auto opened = larder::Store::open(argv[1], {.on_event = listen});
  if (!opened) return std::fprintf(stderr, "%s\n", to_string(opened.error()).c_str()), 2;
  const larder::Store store = *opened;

  store.erase("orders").value();
  std::printf("counting: kill the primary\n");
  std::fflush(stdout);
  // An add is never sent twice. `maybe_executed`: it was under way when the primary died, and nobody can know.
  std::int64_t done = 0, in_doubt = 0, failed = 0;
  const auto end = std::chrono::steady_clock::now() + 60s;
  for (int after = 0; after < 1'000 && std::chrono::steady_clock::now() < end; after += changed) {
    const auto sum = store.add("orders", std::int64_t{1}, std::nullopt, {.deadline = 30s});
    ++(sum ? done : sum.error().effect == larder::Effect::maybe_executed ? in_doubt : failed);
  }
  std::printf("another primary: %s\n", changed ? "yes" : "no");
  std::printf("calls that failed: %lld; at most one in doubt: %s\n", static_cast<long long>(failed),
              in_doubt <= 1 ? "yes" : "no");
  // What the old primary acknowledged and had not replicated yet is lost; twice is nothing added.
  const auto orders = std::stoll(store.get("orders").value().value_or(larder::Bytes("0")));
  std::printf("counted twice: %s\n", orders > done + in_doubt ? "yes" : "no");
}
