// How entries end: by their own time, by a new one, by hand.
//
//     ./02_expiry_and_invalidation [URL]
#include <larder/larder.hpp>

#include <cstdio>
#include <thread>

using namespace std::chrono_literals;

namespace {

const char* lifetime(const larder::Ttl& ttl) {
  switch (ttl.state) {
    case larder::Ttl::State::missing:
      return "no such entry";
    case larder::Ttl::State::persistent:
      return "never expires";
    case larder::Ttl::State::remaining:
      return ttl.left > 1h ? "more than an hour" : "an hour or less";
  }
  return "?";
}

}  // namespace

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;

  larder::Cache<int> scores{
      *store, "expiry-score", {.ttl = 24h}};  // holds where a call says nothing
  scores.set("by policy", 1).value();
  scores.set("shorter", 2, {.ttl = 30min}).value();
  scores.set("for ever", 3, {.ttl = larder::forever}).value();
  for (const char* key : {"by policy", "shorter", "for ever", "unknown"}) {
    std::printf("%-10s %s\n", key, lifetime(scores.ttl(key).value()));
  }

  // A new deadline for a live entry, and none at all.
  scores.expire("by policy", 10min).value();
  scores.persist("shorter").value();
  std::printf("by policy  %s\n", lifetime(scores.ttl("by policy").value()));
  std::printf("shorter    %s\n", lifetime(scores.ttl("shorter").value()));

  // Expired entries are gone to the millisecond, swept or not.
  scores.expire("shorter", 20ms).value();
  while (scores.get("shorter").value()) std::this_thread::sleep_for(5ms);
  std::printf("20 ms on   %s\n", lifetime(scores.ttl("shorter").value()));

  // By hand: one, or several at once.
  const auto gone = scores.erase_many({"by policy", "shorter", "for ever"}).value();
  std::printf("erased     %zu of 3, the third had expired\n", gone);
}
