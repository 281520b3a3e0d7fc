// Taking from limits: one, or many of which all must allow it. limits.hpp and sliding_window.hpp have the algorithms.
#include <algorithm>
#include <string>
#include <utility>

#include "node/limits.hpp"
#include "node/steps.hpp"
#include "node/wrong_kind.hpp"

namespace larder::node {
namespace {

using engine::Deadline;
using engine::Entry;

/// The state that is there; empty: none is.
Result<std::string_view> state_of(const Entry& entry) {
  if (!entry.exists()) return std::string_view();
  if (entry.kind() != engine::Kind::string || entry.value().empty()) return wrong_kind();
  return entry.value();
}

/// The state as `state` writes it, kept as long as it means anything: a millisecond at least, for something was taken.
Result<Decision> keep(Entry& entry, const Decision& decision, std::string_view state,
                      base::Instant now) {
  if (auto done = entry.assign(state, Deadline::ahead(now + decision.reset_after)); !done)
    return done.error();
  return decision;
}

/// The common one, without a detour over text that is not written.
Result<Decision> take_sliding(Node& node, Entry& entry, const Limit& limit, std::uint32_t count,
                              Taking taking, std::string_view kept) {
  const base::Instant now = node.clock().now();
  Window window;
  if (!kept.empty()) {
    const auto parsed = parse_window(kept);
    if (!parsed) {
      // Another algorithm's, which counts as none; or nobody's.
      if (!decide(kept, limit, count, Taking::peek, 0)) return wrong_kind();
    } else {
      window = *parsed;
    }
  }
  const Decision decision = decide(window, limit, count, taking, node.wall_ms(now));
  if (!decision.allowed || taking == Taking::peek) return decision;
  char text[kWindowTextMax];
  return keep(entry, decision, write_window(window, text), now);
}

}  // namespace

Result<Decision> take_limit(Node& node, Entry& entry, const Limit& limit, std::uint32_t count,
                            Taking taking) {
  const auto kept = state_of(entry);
  if (!kept) return kept.error();
  if (limit.algorithm == Algorithm::sliding_window)
    return take_sliding(node, entry, limit, count, taking, *kept);
  const base::Instant now = node.clock().now();
  const auto out = decide(*kept, limit, count, taking, node.wall_ms(now));
  if (!out) return wrong_kind();
  if (!out->decision.allowed || taking == Taking::peek) return out->decision;
  return keep(entry, out->decision, out->state, now);
}

namespace {

/// What a take would change, before it is written.
struct Plan {
  std::string_view key;
  std::string state, before;  ///< Empty: there is none yet.
  Deadline deadline, deadline_before;

  bool grows() const noexcept { return state.size() > before.size(); }
};

void bring_back(Node::Held& held, unsigned db, const Plan& plan) {
  held.visit(db, plan.key, Mode::write, [&](Entry& entry) {
    // Evicted meanwhile, it is forgotten, as under any pressure.
    if (plan.before.empty() || !entry.assign(plan.before, plan.deadline_before)) entry.erase();
  });
}

/// All of them or, where memory runs out, none. Those that grow come first, for they alone may find no memory; to bring
/// back what was shorter, or not there, takes none.
Result<void> write_all(Node::Held& held, unsigned db, std::vector<Plan>& plans) {
  std::stable_partition(plans.begin(), plans.end(), [](const Plan& plan) { return plan.grows(); });
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const auto done = held.visit(db, plans[i].key, Mode::write, [&](Entry& entry) {
      return entry.assign(plans[i].state, plans[i].deadline);
    });
    if (done) continue;
    while (i-- > 0) bring_back(held, db, plans[i]);
    return done;
  }
  return {};
}

/// All of one moment, looked at together.
class Look {
 public:
  Look(Node& node, Node::Held& held, unsigned db) noexcept
      : node_(node), held_(held), db_(db), now_(node.clock().now()) {}

  /// What the limit answers, and what it would be after it.
  Result<Decision> at(const LimitAsk& ask, Taking taking, Plan* plan = nullptr) {
    return held_.visit(db_, ask.key, Mode::read, [&](Entry& entry) -> Result<Decision> {
      const auto kept = state_of(entry);
      if (!kept) return kept.error();
      auto out = decide(*kept, ask.limit, ask.count, taking, node_.wall_ms(now_));
      if (!out) return wrong_kind();
      if (!plan) return out->decision;
      const auto end = entry.deadline();
      *plan = {ask.key, std::move(out->state), std::string(*kept),
               Deadline::at(now_ + out->decision.reset_after),
               end ? Deadline::at(*end) : Deadline::none()};
      return out->decision;
    });
  }

 private:
  Node& node_;
  Node::Held& held_;
  unsigned db_;
  base::Instant now_;
};

}  // namespace

Result<std::vector<Decision>> take_limits(Node& node, Node::Held& held, unsigned db,
                                          std::span<const LimitAsk> asks, Taking taking) {
  std::vector<Decision> decisions(asks.size());
  std::vector<Plan> plans(asks.size());
  Look look(node, held, db);
  bool all = taking == Taking::take;
  for (std::size_t i = 0; all && i < asks.size(); ++i) {
    const auto decision = look.at(asks[i], Taking::take, &plans[i]);
    if (!decision) return decision.error();
    decisions[i] = *decision;
    all = decision->allowed;
  }
  if (all) {
    if (auto done = write_all(held, db, plans); !done) return done.error();
    return decisions;
  }
  // As they are, for nothing was taken.
  for (std::size_t i = 0; i < asks.size(); ++i) {
    const auto decision = look.at(asks[i], Taking::peek);
    if (!decision) return decision.error();
    decisions[i] = *decision;
  }
  return decisions;
}

}  // namespace larder::node
