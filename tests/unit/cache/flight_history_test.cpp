// Random histories of loads, writes and departures, against the promises of single flight.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.hpp"
#include "cache/flight_table.hpp"
#include "cache/words.hpp"
#include "support/seed.hpp"

namespace larder::cache {
namespace {

using Role = Joined::Role;

/// Plays callers against a table and checks after every step what must hold.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), table_({seed, 1}, 1'000) {}

  void step() {
    switch (random_.below(8)) {
      case 0:
      case 1:
      case 2:
        return join();
      case 3:
        return land();
      case 4:
        return finish_fill();
      case 5:
        return write();
      case 6:
        return abandon();
      default:
        return leave();
    }
  }

  void drain() {
    while (!loading_.empty() || !storing_.empty()) {
      land();
      finish_fill();
    }
    EXPECT_EQ(table_.flights(), 0u);
    EXPECT_TRUE(waiting_.empty()) << "nobody sleeps for ever";
    EXPECT_TRUE(writers_.empty());
  }

 private:
  struct Place {
    std::string key;
    int version;  ///< How many writes the key had seen when the load, or the wait, began.
  };

  std::string any_key() { return std::string(1, char('a' + random_.below(3))); }

  template <class Map>
  typename Map::iterator any_of(Map& map) {
    return std::next(map.begin(), std::ptrdiff_t(random_.below(map.size())));
  }

  void join() {
    const std::string key = any_key();
    const Joined joined = table_.join(key, 0);
    if (joined.role == Role::lead) {
      for (const auto& [ticket, place] : loading_) {
        EXPECT_FALSE(place.key == key && place.version == versions_[key]) << "two loads at once";
      }
      loading_[joined.ticket] = {key, versions_[key]};
    } else if (joined.role == Role::wait) {
      waiting_[joined.ticket] = {key, versions_[key]};
    } else {
      ASSERT_EQ(joined.role, Role::landed);
      EXPECT_GE(std::stoi(***joined.outcome), versions_[key]) << "served what a write had voided";
    }
  }

  void land() {
    if (loading_.empty()) return;
    const auto [ticket, place] = *any_of(loading_);
    loading_.erase(ticket);
    Wakes wakes;
    const bool wants = random_.below(4) != 0;
    auto outcome = outcome_of(std::optional<std::string>(std::to_string(place.version)));
    const bool store = table_.landed(ticket, std::move(outcome), wants, wakes);
    EXPECT_EQ(store, wants && place.version == versions_[place.key]);
    if (store) storing_[ticket] = place;
    take(wakes);
  }

  void finish_fill() {
    if (storing_.empty()) return;
    const auto [ticket, place] = *any_of(storing_);
    storing_.erase(ticket);
    EXPECT_EQ(place.version, versions_[place.key]) << "a write overtook a fill";
    Wakes wakes;
    table_.stored(ticket, wakes);
    take(wakes);
  }

  void write() {
    const std::string key = any_key();
    if (const auto ticket = table_.invalidate(key)) {
      writers_[*ticket] = key;
    } else {
      ++versions_[key];
    }
  }

  void abandon() {
    if (loading_.empty()) return;
    const Ticket ticket = any_of(loading_)->first;
    loading_.erase(ticket);
    Wakes wakes;
    table_.abandoned(ticket, wakes);
    take(wakes);
  }

  void leave() {
    if (waiting_.empty()) return;
    const Ticket ticket = any_of(waiting_)->first;
    waiting_.erase(ticket);
    table_.left(ticket);
  }

  void take(const Wakes& wakes) {
    for (const Wake& wake : wakes) {
      if (wake.what == Wake::What::stored) {
        ASSERT_TRUE(writers_.contains(wake.who));
        ++versions_[writers_[wake.who]];
        writers_.erase(wake.who);
        continue;
      }
      ASSERT_TRUE(waiting_.contains(wake.who)) << "woken twice, or after it left";
      const Place place = waiting_[wake.who];
      waiting_.erase(wake.who);
      if (wake.what == Wake::What::lead) {
        loading_[wake.who] = place;
      } else {
        EXPECT_GE(std::stoi(***wake.outcome), place.version) << "older than when the wait began";
      }
    }
  }

  base::Random random_;
  FlightTable table_;
  std::map<std::string, int> versions_;
  std::map<Ticket, Place> loading_, storing_, waiting_;
  std::map<Ticket, std::string> writers_;
};

TEST(FlightHistoryTest, NoLoadIsDoubledNoSleeperForgottenNoVoidedValueStored) {
  const std::uint64_t seed = larder::test::seed();
  for (std::uint64_t run = 0; run < 300; ++run) {
    SCOPED_TRACE("run " + std::to_string(run));
    History history(seed + run);
    for (int i = 0; i < 300; ++i) history.step();
    history.drain();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace larder::cache
