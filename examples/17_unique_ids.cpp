// Numbers that no two processes get, and additions that count once however often they are asked for.
//
//     ./17_unique_ids [URL]
#include <larder/larder.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;
  store->erase_many({"example:user", "example:paid:ada", "{example:paid:ada}~o:order-7"}).value();

  // Two servers, each with its own block of three: one trip to the store for three numbers.
  const larder::Ids here{*store, "example:user", {.block = 3}};
  const larder::Ids there{*store, "example:user", {.block = 3}};
  for (int i = 0; i < 2; ++i) {
    std::printf("here %d", static_cast<int>(here.next().value()));
    std::printf(", there %d\n", static_cast<int>(there.next().value()));
  }
  // A process that dies takes the rest of its block with it: nobody gets 3 again.
  const larder::Ids restarted{*store, "example:user", {.block = 3}};
  std::printf("restarted: %d\n", static_cast<int>(restarted.next().value()));

  // Greater than all before, even where the store has forgotten everything.
  const larder::Ids events{*store, "example:event", {.from_time = true}};
  const auto first = events.next().value(), second = events.next().value();
  std::printf("from time: %s\n", second > first && first > (1ULL << 60) ? "growing" : "?");

  // The same order, paid for three times by an impatient client, counts once.
  const larder::Counter paid{*store, "example:paid"};
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto counted = paid.incr_once("ada", "order-7", 25).value();
    std::printf("attempt %d: %d%s\n", attempt, static_cast<int>(counted.sum),
                counted.counted ? "" : ", counted before");
  }
  std::printf("ada has paid %d\n", static_cast<int>(paid.get("ada").value()));
}
