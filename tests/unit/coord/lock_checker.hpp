// A linearizability checker for one lock and the resource that it guards.
//
// Each operation has an interval, from when it was sent to when its answer came; somewhere in it, it took effect. The
// checker looks for an order of all of them, and a moment for each, that one lock and one fenced resource could have
// seen. It searches depth first, with the states it has been in set aside (Wing and Gong 1993; Lowe 2017). A lease may
// end by itself, not before the moment of its grant and its time, and not after the grant's answer and its time.
//
// An operation whose answer never came took effect in its interval, or not at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace larder::coord::test {

struct LockOp {
  enum class Kind : std::uint8_t { acquire, extend, release, write };
  Kind kind;
  int owner;                ///< Of this acquisition: never the same for two.
  std::uint64_t token = 0;  ///< Granted by an acquire, shown by a write.
  bool yes = false;         ///< Taken, extended, released, written.
  bool known = true;
  std::int64_t
      sent = 0,
      answered =
          0;  ///< Milliseconds. Of one whose answer is not known, when it took effect at the latest.
  std::int64_t ttl = 0;
  std::int64_t early = 0, late = 0;  ///< How far from its time a lease may end.
};

class LockChecker {
 public:
  explicit LockChecker(std::vector<LockOp> ops) : ops_(std::move(ops)), done_(ops_.size(), 'n') {
    std::stable_sort(ops_.begin(), ops_.end(),
                     [](const LockOp& a, const LockOp& b) { return a.sent < b.sent; });
  }

  /// Whether there is such an order.
  bool linearizable() {
    State start;
    return search(0, start, std::numeric_limits<std::int64_t>::min());
  }
  /// How far it came: the operation for which there is no place, and those before it.
  std::string stuck() const {
    std::string text;
    const std::size_t from = furthest_ < 24 ? 0 : furthest_ - 24;
    for (std::size_t i = from; i < ops_.size() && i <= furthest_ + 8; ++i) {
      const LockOp& op = ops_[i];
      constexpr std::string_view kKinds[] = {"acquire", "extend", "release", "write"};
      text.append(i == furthest_ ? "\n> " : "\n  ")
          .append(kKinds[static_cast<std::size_t>(op.kind)]);
      text += " by " + std::to_string(op.owner) + ", token " + std::to_string(op.token) + ", " +
              std::to_string(op.sent) + " to " + std::to_string(op.answered) + " for " +
              std::to_string(op.ttl) + (op.known ? op.yes ? ": yes" : ": no" : ": no answer");
    }
    return text;
  }

 private:
  struct State {
    int owner = 0;
    std::uint64_t last_token = 0, fence = 0;
    std::int64_t ends_first = 0, ends_last = 0;
  };

  /// `first`: all before it are done. `now`: the moment of the last one.
  bool search(std::size_t first, const State& state, std::int64_t now) {
    while (first < ops_.size() && done_[first] != 'n') ++first;
    furthest_ = std::max(furthest_, first);
    if (first == ops_.size()) return true;
    if (!seen_.insert(name_of(first, state, now)).second) return false;
    // Whoever was sent after one had been answered comes after it.
    std::int64_t earliest_answer = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = first; i < ops_.size() && ops_[i].sent <= earliest_answer; ++i) {
      if (done_[i] != 'n') continue;
      if (ops_[i].known) earliest_answer = std::min(earliest_answer, ops_[i].answered);
    }
    for (std::size_t i = first; i < ops_.size() && ops_[i].sent <= earliest_answer; ++i) {
      if (done_[i] != 'n') continue;
      if (try_one(i, first, state, now)) return true;
    }
    return false;
  }

  bool try_one(std::size_t i, std::size_t first, const State& state, std::int64_t now) {
    const LockOp& op = ops_[i];
    done_[i] = 'y';
    highest_ = std::max(highest_, i);
    for (const bool yes : {true, false}) {
      if (op.known && yes != op.yes) continue;
      State next = state;
      std::int64_t moment = std::max(now, op.sent);
      if (apply(op, yes, next, moment) && moment <= op.answered && search(first, next, moment))
        return true;
    }
    // Never carried out.
    if (!op.known && search(first, state, now)) return true;
    done_[i] = 'n';
    return false;
  }

  /// False: this lock could not have answered so.
  static bool apply(const LockOp& op, bool yes, State& state, std::int64_t& moment) {
    const std::int64_t over = state.ends_first + 1;  // Dead strictly after its end.
    switch (op.kind) {
      case LockOp::Kind::acquire:
        if (!yes) return state.owner != 0 && moment <= state.ends_last;
        if (state.owner != 0) moment = std::max(moment, over);
        if (op.known && op.token <= state.last_token) return false;
        if (op.known) state.last_token = op.token;
        grant(op, state, moment);
        return true;
      case LockOp::Kind::extend:
        if (!yes) return lost(op, state, moment, over);
        if (state.owner != op.owner || moment > state.ends_last) return false;
        grant(op, state, moment);
        return true;
      case LockOp::Kind::release:
        if (!yes) return lost(op, state, moment, over);
        if (state.owner != op.owner || moment > state.ends_last) return false;
        state.owner = 0;
        return true;
      case LockOp::Kind::write:
        if (!yes) return op.token < state.fence;
        if (op.token < state.fence) return false;
        state.fence = op.token;
        return true;
    }
    return false;
  }
  static bool lost(const LockOp& op, State& state, std::int64_t& moment, std::int64_t over) {
    if (state.owner != op.owner) return true;
    moment = std::max(moment, over);
    state.owner = 0;
    return true;
  }
  static void grant(const LockOp& op, State& state, std::int64_t moment) {
    state.owner = op.owner;
    state.ends_first = moment + op.ttl - op.early;
    state.ends_last = op.answered + op.ttl + op.late;
  }

  std::string name_of(std::size_t first, const State& state, std::int64_t now) const {
    std::string name = std::to_string(first);
    // All that may be done: one whose answer took long may stand in front of hundreds.
    name.append(done_, first, highest_ + 1 - std::min(first, highest_ + 1));
    for (const std::int64_t number :
         {std::int64_t{state.owner}, static_cast<std::int64_t>(state.last_token),
          static_cast<std::int64_t>(state.fence), state.ends_first, state.ends_last, now})
      name.append(" ").append(std::to_string(number));
    return name;
  }

  std::vector<LockOp> ops_;
  std::string done_;
  std::unordered_set<std::string> seen_;
  std::size_t furthest_ = 0, highest_ = 0;
};

}  // namespace larder::coord::test
