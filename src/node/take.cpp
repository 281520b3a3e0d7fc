// Taking from limits: one, or many of which all must allow it. limits.hpp and sliding_window.hpp have the algorithms.
#include <algorithm>

#include "node/limits.hpp"
#include "node/steps.hpp"
#include "node/wrong_kind.hpp"

namespace larder::node {
namespace {

using engine::Deadline;
using engine::Entry;

/// The state as `state` writes it, kept as long as it means anything.
Result<Decision> keep(Entry& entry, const Decision& decision, std::string_view state,
                      base::Instant now) {
  if (auto done = entry.assign(state, Deadline::at(now + decision.reset_after)); !done)
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
  return keep(entry, decision, to_string(window), now);
}

}  // namespace

Result<Decision> take_limit(Node& node, Entry& entry, const Limit& limit, std::uint32_t count,
                            Taking taking) {
  if (entry.exists() && entry.kind() != engine::Kind::string) return wrong_kind();
  const std::string_view kept = entry.exists() ? entry.value() : std::string_view();
  if (entry.exists() && kept.empty()) return wrong_kind();
  if (limit.algorithm == Algorithm::sliding_window)
    return take_sliding(node, entry, limit, count, taking, kept);
  const base::Instant now = node.clock().now();
  const auto out = decide(kept, limit, count, taking, node.wall_ms(now));
  if (!out) return wrong_kind();
  if (!out->decision.allowed || taking == Taking::peek) return out->decision;
  return keep(entry, out->decision, out->state, now);
}

Result<std::vector<Decision>> take_limits(Node& node, Node::Held& held, unsigned db,
                                          std::span<const LimitAsk> asks, Taking taking) {
  std::vector<Decision> decisions;
  const auto look = [&](Taking how) -> std::optional<Error> {
    decisions.clear();
    for (const LimitAsk& ask : asks) {
      const Mode mode = how == Taking::peek ? Mode::read : Mode::write;
      const auto decision = held.visit(db, ask.key, mode, [&](Entry& entry) {
        return take_limit(node, entry, ask.limit, ask.count, how);
      });
      if (!decision) return decision.error();
      decisions.push_back(*decision);
    }
    return std::nullopt;
  };
  if (asks.size() == 1) {
    if (auto failure = look(taking)) return *failure;
    return decisions;
  }
  if (auto failure = look(Taking::peek)) return *failure;
  const auto allows = [](const Decision& decision) { return decision.allowed; };
  if (taking == Taking::take && std::all_of(decisions.begin(), decisions.end(), allows)) {
    if (auto failure = look(Taking::take)) return *failure;
  }
  return decisions;
}

}  // namespace larder::node
