#include "node/player.hpp"

#include <algorithm>
#include <string>

#include "base/limits.hpp"

namespace larder::node {
namespace {

using engine::Deadline;
using engine::Entry;
using engine::Operation;

constexpr std::size_t kTogether = Node::kGroupKeysMax;

Error no_operation() {
  return {Errc::io, Effect::refused,
          "a checksum fits, and what it is of is no operation that this Larder knows"};
}

}  // namespace

Player::Player(Node& node, LoadClock& clock)
    : node_(node),
      clock_(clock),
      held_at_((clock.hold(), clock.now())),
      wall_at_hold_(clock.wall().time_since_epoch()) {
  writes_.reserve(kTogether);
}

Player::~Player() { clock_.release(); }

/// One that has passed becomes this very moment, at which an entry still lives.
Deadline Player::deadline_of(const Operation& operation) const {
  if (!operation.deadline_ms) return Deadline::none();
  // Beyond what a clock can say: as late as it can.
  constexpr std::int64_t kFar = std::int64_t{1} << 52;
  constexpr base::Millis kLatest = std::chrono::floor<base::Millis>(base::Nanos::max());
  const base::Millis left{std::clamp(*operation.deadline_ms, -kFar, kFar) - wall_at_hold_.count()};
  // In milliseconds throughout: what is far off has no nanoseconds.
  const auto now = std::chrono::floor<base::Millis>(held_at_.time_since_epoch());
  const auto held =
      std::chrono::floor<base::Millis>(held_at_.time_since_epoch() + LoadClock::kAhead);
  if (held + left <= now) return Deadline::at(held_at_);
  return Deadline::at(base::Instant{std::min(held + left, kLatest)});
}

Result<void> Player::play(std::string_view bytes) {
  Operation operation;
  while (!bytes.empty()) {
    if (!engine::take_operation(bytes, operation)) return no_operation();
    if (operation.db >= node_.databases() || operation.other_db >= node_.databases()) {
      return no_operation();
    }
    ++operations_;
    const bool write = operation.what == Operation::What::write;
    const bool joins = write && writes_.size() < kTogether &&
                       (writes_.empty() || writes_.front().db == operation.db);
    if (!joins) {
      if (auto done = play_writes(); !done) return done;
    }
    if (write) {
      writes_.push_back(operation);
    } else if (auto done = apply(operation); !done) {
      return done;
    }
  }
  return play_writes();  // Their views die with `bytes`.
}

Result<void> Player::play_writes() {
  if (writes_.empty()) return {};
  keys_.clear();
  for (const Operation& write : writes_) keys_.push_back(write.key);
  Result<void> outcome;
  node_.visit_many(writes_.front().db, keys_, Mode::write, [&](std::size_t i, Entry& entry) {
    if (outcome) outcome = entry.assign(writes_[i].value, deadline_of(writes_[i]));
  });
  writes_.clear();
  return outcome;
}

Result<void> Player::apply(const Operation& operation) {
  using What = Operation::What;
  switch (operation.what) {
    case What::write:
      break;  // Together with its neighbours.
    case What::patch:
      return patch(operation);
    case What::deadline:
      node_.visit(operation.db, operation.key, Mode::write, [&](Entry& entry) {
        if (!entry.exists()) return;
        const Deadline deadline = deadline_of(operation);
        entry.set_deadline(deadline.mode == Deadline::Mode::at ? std::optional(deadline.when)
                                                               : std::nullopt);
      });
      break;
    case What::erase:
      node_.visit(operation.db, operation.key, Mode::write, [](Entry& entry) { entry.erase(); });
      break;
    case What::flush:
      node_.flush(operation.db);
      break;
    case What::swap:
      node_.hold_all().swap_databases(operation.db, operation.other_db);
      break;
  }
  return {};
}

/// Onto a value that may be of a later time, and shorter: what then comes out is written over before the end.
Result<void> Player::patch(const Operation& operation) {
  if (operation.offset > base::limits::kValueBytesMax) return no_operation();
  return node_.visit(operation.db, operation.key, Mode::write, [&](Entry& entry) -> Result<void> {
    const Deadline deadline = deadline_of(operation);
    const std::size_t size = entry.exists() ? entry.value().size() : 0;
    const auto offset = static_cast<std::size_t>(operation.offset);
    const std::size_t end = offset + operation.value.size();
    if (entry.exists() && end <= size) {
      entry.overwrite(offset, operation.value);
    } else if (entry.exists() && offset == size) {
      if (auto done = entry.append(operation.value); !done) return done;
    } else {
      std::string value(entry.exists() ? entry.value() : std::string_view{});
      value.resize(std::max(size, end));
      operation.value.copy(value.data() + offset, operation.value.size());
      return entry.assign(value, deadline);
    }
    entry.set_deadline(deadline.mode == Deadline::Mode::at ? std::optional(deadline.when)
                                                           : std::nullopt);
    return {};
  });
}

}  // namespace larder::node
