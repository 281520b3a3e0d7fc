// What can be changed in a store while it runs.
#include <gmock/gmock.h>

#include "contract/store_contract.hpp"

namespace larder::contract {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Settings : public StoreContract {
 protected:
  ~Settings() override {
    (void)store.configure("max_bytes", "0");
    (void)store.configure("eviction", "noeviction");
  }
};
LARDER_FOR_EVERY_STORE(Settings);

TEST_P(Settings, TheBoundAndThePolicyCanBeChangedWhileItRuns) {
  store.configure("max_bytes", "64MiB").value();
  store.configure("eviction", "allkeys-lru").value();
  EXPECT_THAT(store.info().value(),
              AllOf(HasSubstr("maxmemory:67108864"), HasSubstr("maxmemory_policy:allkeys-lru")));
}

TEST_P(Settings, ALoweredBoundIsKept) {
  const std::string value(10'000, 'v');
  for (int i = 0; i < 2'000; ++i) store.set("k" + std::to_string(i), value).value();
  store.configure("eviction", "allkeys-lru").value();
  store.configure("max_bytes", "3MiB").value();
  for (int i = 0; i < 100; ++i) store.set("n" + std::to_string(i), value).value();
  EXPECT_TRUE(eventually([&] { return store.size().value() < 1'000; }));
}

TEST_P(Settings, AnUnknownOneIsRefusedWithThoseThatThereAre) {
  const auto outcome = store.configure("colour", "red");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::bad_argument);
  EXPECT_THAT(outcome.error().detail, AllOf(HasSubstr("max_bytes"), HasSubstr("eviction")));
}

TEST_P(Settings, AValueThatDoesNotFitIsRefusedWithThoseThatDo) {
  const auto outcome = store.configure("eviction", "sometimes");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::bad_argument);
  EXPECT_THAT(outcome.error().detail, HasSubstr("allkeys-lru"));
  EXPECT_EQ(store.configure("max_bytes", "lots").error().code, Errc::bad_argument);
}

}  // namespace
}  // namespace larder::contract
