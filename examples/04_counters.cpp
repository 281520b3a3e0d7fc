// Counters that many threads, processes and languages may share.
//
//     ./04_counters [URL]
#include <larder/larder.hpp>

#include <cstdio>
#include <limits>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;

  larder::Counter visits{*store, "counters-visits"};
  visits.reset("home").value();

  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) visits.incr("home").value();
    });
  }
  threads.clear();
  std::printf("8 threads, 1000 each: %lld\n", static_cast<long long>(visits.get("home").value()));
  std::printf("decr by 3000: %lld\n", static_cast<long long>(visits.decr("home", 3'000).value()));

  // Plain text in the store: INCR of any Redis client goes on counting here.
  std::printf("in the store: %s\n", store->get("counters-visits:home").value()->c_str());

  // A counter for one day: the deadline is set by the call that creates it, and by no other.
  visits.incr("today", 1, {.ttl_if_new = 24h}).value();
  visits.incr("today", 1, {.ttl_if_new = 24h}).value();
  std::printf("today: %lld, expires: %s\n", static_cast<long long>(visits.get("today").value()),
              visits.ttl("today").value().state == larder::Ttl::State::remaining ? "yes" : "no");

  // Past the end of 64 bits is an error, and nothing changes.
  visits.add("full", std::numeric_limits<std::int64_t>::max()).value();
  std::printf("beyond the most: %s\n",
              std::string(to_string(visits.incr("full").error().code)).c_str());

  larder::DoubleCounter weight{*store, "counters-weight"};
  weight.add("parcel", 0.1).value();
  std::printf("0.1 + 0.2 = %g\n", weight.add("parcel", 0.2).value());

  for (const char* key : {"home", "today", "full"}) visits.reset(key).value();
  weight.reset("parcel").value();
}
