#include "contract/store_contract.hpp"

#include <ostream>
#include <thread>

#include "support/servers.hpp"

namespace larder::contract {
namespace {

std::string redis_url() {
  static test::RedisServer server;
  return server.url();
}

#ifdef LARDER_BINARY
std::string larder_url() {
  static test::LarderServer server{LARDER_BINARY};
  return server.url();
}
#endif

Store open(const std::string& url) {
  auto opened = Store::open(url);
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  return *std::move(opened);
}

}  // namespace

std::vector<Engine> engines() {
  return {
      {"memory", [] { return std::string{"memory:"}; }},
      {"redis", &redis_url},
#ifdef LARDER_BINARY
      {"larder", &larder_url},
#endif
  };
}

void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

StoreContract::StoreContract() : store(open(GetParam().url())) { store.flush().value(); }

Store StoreContract::another() const {
  return GetParam().name == "memory" ? store : open(GetParam().url());
}

bool StoreContract::eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace larder::contract
