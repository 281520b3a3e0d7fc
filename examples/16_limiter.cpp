// A limit that all processes share, as an HTTP server uses it: a status, headers, and many limits for one request.
//
//     ./16_limiter [URL]
#include <larder/larder.hpp>

#include <cstdio>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;
  // While the store is away this process lets pass what it counts itself, rather than nobody or everybody.
  const larder::Limiter api{*store,
                            "api",
                            larder::Rate::sliding_window(3, 1h),
                            {.outage = larder::Outage::local_estimate}};
  const larder::Limiter service{*store, "service", larder::Rate::token_bucket(100, 24h, 5)};
  api.reset("client-7").value();
  api.reset("client-8").value();
  service.reset("all").value();

  for (int request = 1; request <= 4; ++request) {
    const auto decision = api.allow("client-7").value();
    std::printf("request %d: %d, %u more\n", request, larder::http_status(decision),
                decision.remaining);
    if (decision.allowed) continue;
    for (const auto& [name, value] : larder::rate_limit_headers(api.rate(), decision))
      std::printf("  %s: %s\n", name.c_str(), name.ends_with("-Policy") ? value.c_str() : "...");
  }
  std::printf("five at once: %s\n", to_string(api.allow("client-8", 5).error().code).data());

  // One request, two limits: taken from both, or from none.
  const auto first = larder::allow_all({{api, "client-8", 2}, {service, "all", 2}}).value();
  const auto second = larder::allow_all({{api, "client-8", 2}, {service, "all", 2}}).value();
  std::printf("both allow: %s\n", first.allowed ? "yes" : "no");
  std::printf("then limit %d denies, and the other has %u left\n",
              static_cast<int>(*second.denied_by), second.each[1].remaining);
  for (const auto* client : {"client-7", "client-8"}) api.reset(client).value();
  service.reset("all").value();
}
