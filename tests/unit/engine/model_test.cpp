// A table against a std::map: seeded random operations, every answer compared.
#include <map>

#include "base/random.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

struct Modelled {
  std::string value;
  std::optional<base::Instant> deadline;
};

/// The plain truth that a table must agree with. Keys that the table says it evicted are taken out
/// of it too.
class ModelTest : public TableTest, public ChangeSink {
 protected:
  explicit ModelTest(std::size_t bytes_max = 0,
                     policy::Eviction eviction = policy::Eviction::noeviction)
      : TableTest(bytes_max, eviction), random(seed()) {
    table.listen(*this);
  }

  void changed(const Change& change) noexcept override {
    if (change.what == Change::What::evict) {
      EXPECT_EQ(model.erase({change.db, std::string{change.key}}), 1u)
          << "evicted twice, or never there";
    }
  }

  const Modelled* expected(unsigned db, const std::string& key) {
    const auto at = model.find({db, key});
    if (at == model.end()) return nullptr;
    if (!at->second.deadline || clock.now() <= *at->second.deadline) return &at->second;
    model.erase(at);
    return nullptr;
  }

  std::optional<base::Instant> random_deadline() {
    if (random.below(2) == 0) return std::nullopt;
    return clock.now() + base::Millis{random.below(20'000)};
  }

  void write(unsigned db, const std::string& key) {
    const std::string value(random.below(10) == 0 ? random.below(3'000) : random.below(60),
                            'a' + random.below(26));
    const auto when = random_deadline();
    const bool keep = random.below(4) == 0;
    const Modelled* before = expected(db, key);
    const auto kept = before ? before->deadline : std::nullopt;
    const auto result = table.visit(db, key, Mode::write)
                            .assign(value, keep   ? Deadline::keep()
                                           : when ? Deadline::at(*when)
                                                  : Deadline::none());
    if (result) model[{db, key}] = {value, keep ? kept : when};
  }

  void append(unsigned db, const std::string& key) {
    const std::string tail(random.below(30), 'z');
    const bool had = expected(db, key) != nullptr;
    if (!table.visit(db, key, Mode::write).append(tail)) return;
    if (!had) model[{db, key}] = {};
    model[{db, key}].value += tail;
  }

  void prolong(unsigned db, const std::string& key) {
    const auto when = random_deadline();
    const Modelled* before = expected(db, key);
    Entry entry = table.visit(db, key, Mode::write);
    ASSERT_EQ(entry.exists(), before != nullptr);
    if (!before) return;
    entry.set_deadline(when);
    model[{db, key}].deadline = when;
  }

  void compare(unsigned db, const std::string& key) {
    const Modelled* want = expected(db, key);
    const Entry entry = table.visit(db, key, Mode::read);
    ASSERT_EQ(entry.exists(), want != nullptr) << key;
    if (!want) return;
    ASSERT_EQ(entry.value(), want->value);
    ASSERT_EQ(entry.deadline(), want->deadline);
  }

  void step() {
    const unsigned db = random.below(10) == 0 ? 5 : 0;
    const std::string key = "key:" + std::to_string(random.below(keys));
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        return write(db, key);
      case 3:
        return append(db, key);
      case 4:
        return prolong(db, key);
      case 5: {
        const bool had = expected(db, key) != nullptr;
        ASSERT_EQ(table.visit(db, key, Mode::write).erase(), had);
        model.erase({db, key});
        return;
      }
      case 6:
        return clock.advance(base::Millis{random.below(40)});
      case 7:
        sweep(random.below(300));
        return;
      default:
        return compare(db, key);
    }
  }

  void run(std::size_t steps) {
    SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
    for (std::size_t i = 0; i < steps && !HasFatalFailure(); ++i) {
      if (i % 10'000 == 0) keys = 10 + random.below(4'000);  // Grows and shrinks the table.
      if (i % 25'000 == 24'999) flush_one();
      step();
    }
    check_totals();
  }

  void flush_one() {
    table.flush(5);
    std::erase_if(model, [](const auto& item) { return item.first.first == 5; });
  }

  void check_totals() {
    clock.advance(1h);
    for (std::size_t guard = 0; guard < 1'000 && sweep(10'000) > 0; ++guard) continue;
    std::erase_if(model, [&](const auto& item) { return item.second.deadline.has_value(); });
    std::size_t data = 0;
    for (const auto& [name, entry] : model) {
      ASSERT_EQ(get(name.second, name.first), entry.value);
      data += name.second.size() + entry.value.size();
    }
    EXPECT_EQ(table.stats().entries.get(), model.size());
    EXPECT_EQ(table.stats().entries_with_deadline.get(), 0u);
    EXPECT_EQ(table.stats().bytes_data.get(), data);
  }

  base::Random random;
  std::size_t keys = 1'000;
  std::map<std::pair<unsigned, std::string>, Modelled> model;
};

TEST_F(ModelTest, ATableAgreesWithAMap) { run(200'000); }

class SmallModelTest : public ModelTest, public ::testing::WithParamInterface<policy::Eviction> {
 protected:
  static constexpr std::size_t kBytesMax = 60'000;
  SmallModelTest() : ModelTest(kBytesMax, GetParam()) {}
};

TEST_P(SmallModelTest, ATableThatEvictsAgreesWithAMapThatForgetsTheSame) {
  run(60'000);
  EXPECT_LE(table.stats().bytes_used.get(), kBytesMax + 2'048);
  EXPECT_EQ(table.stats().evicted.get() > 0, GetParam() != policy::Eviction::noeviction);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, SmallModelTest,
    ::testing::Values(policy::Eviction::adaptive, policy::Eviction::noeviction,
                      policy::Eviction::allkeys_lru, policy::Eviction::allkeys_lfu,
                      policy::Eviction::allkeys_random, policy::Eviction::volatile_lru,
                      policy::Eviction::volatile_lfu, policy::Eviction::volatile_random,
                      policy::Eviction::volatile_ttl),
    [](const auto& chosen) {
      std::string name{policy::to_string(chosen.param)};
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace larder::engine::test
