#include "cache/flights.hpp"

#include "base/limits.hpp"
#include "base/random.hpp"

namespace larder::cache {
namespace {

struct Registry {
  struct Row {
    std::weak_ptr<StoreDriver> driver;
    std::weak_ptr<Flights> flights;
  };
  std::mutex mutex;
  std::unordered_map<const StoreDriver*, Row> rows;  // guarded by mutex
};

}  // namespace

Flights::Flights()
    : secret_(base::random_hash_key()), table_(secret_, base::limits::kLoadWaitersMax) {}

std::shared_ptr<Flights> Flights::of(const std::shared_ptr<StoreDriver>& driver) {
  // Leaked on purpose: caches in static storage would outlive it.
  static Registry& registry = *new Registry;
  const std::lock_guard lock(registry.mutex);
  std::erase_if(registry.rows, [](const auto& row) { return row.second.flights.expired(); });
  auto& row = registry.rows[driver.get()];
  // A new driver may stand where a dead one stood: the flights count only if the driver is the
  // same.
  auto flights = row.driver.lock() == driver ? row.flights.lock() : nullptr;
  if (!flights) {
    flights = std::make_shared<Flights>();
    row = {driver, flights};
  }
  return flights;
}

std::uint32_t Flights::endings(std::string_view key) const noexcept {
  return endings_[base::keyed_hash(key, secret_) % endings_.size()].load();
}

void Flights::deliver(const Wakes& wakes) noexcept {
  for (const Wake& wake : wakes) {
    const auto sleeper = sleepers_.find(wake.who);
    sleeper->second->wake = wake;
    sleeper->second->notify();
    sleepers_.erase(sleeper);
  }
}

void Flights::recount(std::string_view ended_key) noexcept {
  endings_[base::keyed_hash(ended_key, secret_) % endings_.size()].fetch_add(1);
  active_.store(table_.flights());
}

void Nap::sleep(Flights& flights, Millis at_most) {
  std::unique_lock lock(flights.mutex_);
  woken_.wait_for(lock, at_most, [&] { return wake.has_value(); });
}

Seat::Seat(Flights& flights, std::string_view key, Caller caller, Sleeper& sleeper)
    : flights_(flights), key_(key), sleeper_(sleeper) {
  const std::lock_guard lock(flights_.mutex_);
  Joined joined = flights_.table_.join(key, caller);
  role_ = joined.role;
  ticket_ = joined.ticket;
  outcome_ = std::move(joined.outcome);
  over_ = role_ != Role::lead && role_ != Role::wait;
  if (role_ == Role::wait) flights_.sleepers_.emplace(ticket_, &sleeper_);
  flights_.active_.store(flights_.table_.flights());
}

Seat::~Seat() {
  if (over_ || (role_ == Role::wait && !wake_up()) || over_) return;
  if (storing_) {
    stored();
    return;
  }
  const std::lock_guard lock(flights_.mutex_);
  Wakes wakes;
  flights_.table_.abandoned(ticket_, wakes);
  flights_.deliver(wakes);
  flights_.recount(key_);
}

bool Seat::wake_up() {
  const std::lock_guard lock(flights_.mutex_);
  if (!sleeper_.wake) {
    flights_.sleepers_.erase(ticket_);
    flights_.table_.left(ticket_);
    over_ = true;
    return false;
  }
  const bool leads = sleeper_.wake->what == Wake::What::lead;
  role_ = leads ? Role::lead : Role::landed;
  outcome_ = std::move(sleeper_.wake->outcome);
  over_ = !leads;
  return true;
}

void Seat::lead_on(Caller caller) {
  const std::lock_guard lock(flights_.mutex_);
  flights_.table_.lead_on(ticket_, caller);
}

bool Seat::landed(Outcome outcome, bool wants_store) {
  const std::lock_guard lock(flights_.mutex_);
  Wakes wakes;
  storing_ = flights_.table_.landed(ticket_, std::move(outcome), wants_store, wakes);
  over_ = !storing_;
  flights_.deliver(wakes);
  if (over_) flights_.recount(key_);
  return storing_;
}

void Seat::stored() {
  const std::lock_guard lock(flights_.mutex_);
  Wakes wakes;
  flights_.table_.stored(ticket_, wakes);
  over_ = true;
  flights_.deliver(wakes);
  flights_.recount(key_);
}

WriterSeat::WriterSeat(Flights& flights, std::string_view key, Sleeper& sleeper)
    : flights_(flights), sleeper_(sleeper) {
  const std::lock_guard lock(flights_.mutex_);
  ticket_ = flights_.table_.invalidate(key);
  if (ticket_) flights_.sleepers_.emplace(*ticket_, &sleeper_);
}

WriterSeat::~WriterSeat() {
  if (ticket_) wake_up();
}

bool WriterSeat::wake_up() {
  const std::lock_guard lock(flights_.mutex_);
  const bool woken = sleeper_.wake.has_value();
  if (!woken) {
    flights_.sleepers_.erase(*ticket_);
    flights_.table_.left(*ticket_);
  }
  ticket_.reset();
  return woken;
}

Caller this_caller() noexcept {
  static thread_local char here;
  return reinterpret_cast<Caller>(&here);
}

}  // namespace larder::cache
