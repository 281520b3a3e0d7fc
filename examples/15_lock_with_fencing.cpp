// A lock that is held by one at a time, and a store that refuses a holder who comes too late.
//
//     ./15_lock_with_fencing [URL]
#include <larder/larder.hpp>

#include <cstdio>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;
  store->erase("index:head").value();
  const larder::Lock lock{*store, "reindex", {.ttl = 10s, .wait = 1s}};

  auto first = lock.try_acquire().value();
  std::printf("first: %s\n", first ? "has it" : "busy");
  std::printf("somebody else: %s\n", lock.try_acquire().value() ? "has it" : "busy");
  first->extend(30s).value();
  std::printf("extended beyond 10 s: %s\n", first->left() > 10s ? "yes" : "no");

  // The first holder is paused for longer than its lock's time; here we end that by hand.
  store->erase("reindex").value();
  const auto second = lock.acquire().value();
  std::printf("second's token is greater: %s\n", second->token() > first->token() ? "yes" : "no");

  const auto write = [&](const larder::HeldLock& by, const char* value) {
    return store->fenced_set("index:head", value, by.token()).value() ? "written" : "refused";
  };
  std::printf("second writes: %s\n", write(*second, "segment-2"));
  std::printf("first wakes up and writes: %s\n", write(*first, "segment-1"));
  std::printf("there is: %s\n", store->get("index:head").value()->c_str());
  std::printf("first gives back: %s\n", to_string(first->release().error().code).data());
}
