// A limit that all processes share, with what a polite answer to a client needs.
//
//     ./16_limiter [URL]
#include <larder/larder.hpp>

#include <cstdio>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;
  const larder::Limiter api{*store, "api", larder::Rate::sliding_window(3, 1h)};
  api.reset("client-7").value();

  for (int request = 1; request <= 4; ++request) {
    const auto decision = api.allow("client-7").value();
    if (decision.allowed) {
      std::printf("request %d: 200, %u more\n", request, decision.remaining);
    } else {
      std::printf("request %d: 429, %s\n", request,
                  decision.retry_after > 0ms ? "and when to come again" : "now");
    }
  }
  std::printf("another client: %u left\n", api.remaining("client-8").value());
  std::printf("five at once: %s\n", to_string(api.allow("client-8", 5).error().code).data());
  std::printf("three at once: %s\n", api.allow("client-8", 3).value().allowed ? "yes" : "no");
  api.reset("client-7").value();
  api.reset("client-8").value();
}
