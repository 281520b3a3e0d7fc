#include <larder/store.hpp>

#include <malloc.h>

#include <string>

#include "machine.hpp"
#include "target.hpp"

namespace larder::bench {
namespace {

class StoreTarget final : public Target {
 public:
  explicit StoreTarget(const std::string& url) : store_(Store::open(url).value()) {}

  void set(std::string_view key, std::string_view value, std::uint64_t ttl_ms) override {
    SetOptions options;
    if (ttl_ms > 0) options.ttl = Millis{ttl_ms};
    store_.set(key, value, options).value();
  }
  void erase(std::string_view key) override {
    if (!store_.erase(key).value()) throw std::runtime_error("a key is gone that should be there");
  }
  void finish() override {}
  std::uint64_t resident() const override { return resident_bytes(); }
  std::optional<std::uint64_t> accounted() const override {
    const std::string info = store_.info().value();
    constexpr std::string_view kName = "used_memory:";
    const std::size_t at = info.find(kName);
    if (at == info.npos) return std::nullopt;
    return std::stoull(info.substr(at + kName.size()));
  }

 private:
  Store store_;
};

/// Brings the code into memory, so that it does not count as memory for entries.
void warm_up(const std::string& url) {
  StoreTarget target(url);
  for (int i = 0; i < 1000; ++i) target.set(std::to_string(i), "value", 1 + i % 2);
  for (int i = 0; i < 1000; ++i) target.set(std::to_string(i), "value", 0);
  for (int i = 0; i < 1000; ++i) target.erase(std::to_string(i));
  target.accounted();
}

}  // namespace

std::unique_ptr<Target> make_store_target(const Options& options) {
  const std::string url = options.text("url", "memory:");
  warm_up(url);
  malloc_trim(0);
  return std::make_unique<StoreTarget>(url);
}

}  // namespace larder::bench
