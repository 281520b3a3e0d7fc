// A table under a manual clock, spoken to in words as short as the manual's.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "engine/table.hpp"

namespace larder::engine::test {

using namespace std::chrono_literals;

/// The seed of a randomised test: LARDER_SEED, or a fixed one; printed either way when the test
/// fails.
inline std::uint64_t seed() {
  const char* text = std::getenv("LARDER_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 20'240'917;
}

/// What a change said, copied.
struct Heard {
  Change::What what;
  unsigned db;
  std::string key, value;
  std::uint64_t version;
  std::optional<base::Instant> deadline;
  Change::Part part;
  unsigned other_db;
};

class Listener final : public ChangeSink {
 public:
  void changed(const Change& change) noexcept override {
    heard.push_back({change.what, change.db, std::string{change.key}, std::string{change.value},
                     change.version, change.deadline, change.part, change.other_db});
  }
  std::vector<Heard> heard;
};

struct Setting {
  std::optional<base::Nanos> ttl = std::nullopt;
  bool keep_ttl = false;
  unsigned db = 0;
};

class TableTest : public ::testing::Test {
 protected:
  static constexpr unsigned kDatabases = 16;

  explicit TableTest(std::size_t bytes_max = 0,
                     policy::Eviction eviction = policy::Eviction::noeviction)
      : budget(bytes_max),
        table({.shard = 3,
               .eviction = eviction,
               .hash_key = {1, 2},
               .seed = seed(),
               .segment_bytes = bytes_max == 0 ? 32u * 1024 : 4u * 1024},
              budget, clock) {
    table.listen(listener);
  }

  Deadline deadline(const Setting& how) const {
    if (how.keep_ttl) return Deadline::keep();
    return how.ttl ? Deadline::at(clock.now() + *how.ttl) : Deadline::none();
  }
  Result<void> try_set(std::string_view key, std::string_view value, const Setting& how = {}) {
    return table.visit(how.db, key, Mode::write).assign(value, deadline(how));
  }
  void set(std::string_view key, std::string_view value, const Setting& how = {}) {
    ASSERT_TRUE(try_set(key, value, how).has_value()) << key;
  }
  std::optional<std::string> get(std::string_view key, unsigned db = 0) {
    const Entry entry = table.visit(db, key, Mode::read);
    if (!entry.exists()) return std::nullopt;
    return std::string{entry.value()};
  }
  std::uint64_t version(std::string_view key) { return table.visit(0, key, Mode::peek).version(); }
  bool erase(std::string_view key, unsigned db = 0) {
    return table.visit(db, key, Mode::write).erase();
  }
  std::size_t sweep(std::size_t slots_max = 1'000'000) { return table.sweep(slots_max); }
  std::size_t size(unsigned db = 0) const { return table.size(db); }

  base::ManualClock clock;
  Budget budget;
  Table table;
  Listener listener;
};

}  // namespace larder::engine::test
