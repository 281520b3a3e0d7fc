#include "cache/flight_table.hpp"

#include "base/assert.hpp"

namespace larder::cache {

struct FlightTable::Flight {
  enum class Phase : std::uint8_t { loading, storing };

  std::string key;
  Ticket leader = 0;
  Caller leader_caller = 0;
  Phase phase = Phase::loading;
  bool voided = false;
  Outcome outcome;
  // In order of arrival. Who left keeps its number here but has no seat: leaving costs no search.
  std::deque<Ticket> waiters;
  std::deque<Ticket> writers;
  std::size_t waiting = 0;
};

FlightTable::FlightTable(base::HashKey secret, std::size_t waiters_max)
    : by_key_(0, Hash{secret}), waiters_max_(waiters_max) {}

Joined FlightTable::join(std::string_view key, Caller caller) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    auto flight = std::make_shared<Flight>();
    flight->key = key;
    flight->leader = seat(flight, caller);
    flight->leader_caller = caller;
    by_key_.emplace(flight->key, flight);
    ++flights_;
    return {Joined::Role::lead, flight->leader};
  }
  const FlightPtr& flight = found->second;
  if (flight->phase == Flight::Phase::storing) return {Joined::Role::landed, 0, flight->outcome};
  if (caller != 0 && circular(*flight, caller)) return {Joined::Role::would_deadlock};
  if (flight->waiting >= waiters_max_) return {Joined::Role::full};
  const Ticket ticket = seat(flight, caller);
  flight->waiters.push_back(ticket);
  ++flight->waiting;
  if (caller != 0) waiting_[caller] = flight.get();
  return {Joined::Role::wait, ticket};
}

void FlightTable::lead_on(Ticket leader, Caller caller) {
  Flight& flight = *seats_.at(leader).flight;
  LARDER_ASSERT(flight.leader == leader);
  flight.leader_caller = caller;
}

bool FlightTable::landed(Ticket leader, Outcome outcome, bool wants_store, Wakes& wakes) {
  const FlightPtr flight = seats_.at(leader).flight;
  LARDER_ASSERT(flight->leader == leader && flight->phase == Flight::Phase::loading);
  flight->outcome = std::move(outcome);
  flight->leader_caller = 0;
  wake_all(flight->waiters, Wake::What::landed, flight->outcome, wakes);
  if (!wants_store || flight->voided) {
    end(flight, wakes);
    return false;
  }
  flight->phase = Flight::Phase::storing;
  return true;
}

void FlightTable::stored(Ticket leader, Wakes& wakes) {
  const FlightPtr flight = seats_.at(leader).flight;
  LARDER_ASSERT(flight->leader == leader && flight->phase == Flight::Phase::storing);
  end(flight, wakes);
}

void FlightTable::abandoned(Ticket leader, Wakes& wakes) {
  const FlightPtr flight = seats_.at(leader).flight;
  LARDER_ASSERT(flight->leader == leader && flight->phase == Flight::Phase::loading);
  while (!flight->waiters.empty()) {
    const Ticket next = flight->waiters.front();
    flight->waiters.pop_front();
    const auto place = seats_.find(next);
    if (place == seats_.end()) continue;
    const Caller caller = place->second.caller;
    waiting_.erase(caller);
    seats_.erase(leader);
    --flight->waiting;
    flight->leader = next;
    flight->leader_caller = caller;
    wakes.push_back({next, Wake::What::lead});
    return;
  }
  end(flight, wakes);
}

void FlightTable::left(Ticket waiter) {
  Flight& flight = *seats_.at(waiter).flight;
  LARDER_ASSERT(flight.leader != waiter);
  if (flight.phase == Flight::Phase::loading) --flight.waiting;
  unseat(waiter);
}

std::optional<Ticket> FlightTable::invalidate(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const FlightPtr flight = found->second;
  if (flight->phase == Flight::Phase::storing) {
    const Ticket ticket = seat(flight, 0);
    flight->writers.push_back(ticket);
    return ticket;
  }
  flight->voided = true;
  by_key_.erase(found);
  return std::nullopt;
}

bool FlightTable::circular(const Flight& flight, Caller caller) const {
  // Ends: a link that closed a circle would have been refused when it was made.
  for (const Flight* next = &flight;;) {
    if (next->leader_caller == caller) return true;
    const auto blocked = waiting_.find(next->leader_caller);
    if (blocked == waiting_.end()) return false;
    next = blocked->second;
  }
}

Ticket FlightTable::seat(const FlightPtr& flight, Caller caller) {
  seats_.emplace(++last_ticket_, Seat{flight, caller});
  return last_ticket_;
}

void FlightTable::unseat(Ticket ticket) {
  const auto place = seats_.find(ticket);
  if (place->second.caller != 0) waiting_.erase(place->second.caller);
  seats_.erase(place);
}

void FlightTable::wake_all(std::deque<Ticket>& tickets, Wake::What what, const Outcome& outcome,
                           Wakes& wakes) {
  for (const Ticket ticket : tickets) {
    if (!seats_.contains(ticket)) continue;
    wakes.push_back({ticket, what, outcome});
    unseat(ticket);
  }
  tickets.clear();
}

void FlightTable::end(const FlightPtr& flight, Wakes& wakes) {
  wake_all(flight->writers, Wake::What::stored, nullptr, wakes);
  if (!flight->voided) by_key_.erase(flight->key);
  seats_.erase(flight->leader);
  --flights_;
}

}  // namespace larder::cache
