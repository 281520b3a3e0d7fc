// Additions that count once however often they are asked for: a second entry remembers the sum that the first one gave.
#include <larder/error.hpp>

#include "base/numbers.hpp"
#include "node/steps.hpp"
#include "node/wrong_kind.hpp"

namespace larder::node {
namespace {

using engine::Deadline;
using engine::Entry;

Result<std::int64_t> sum_of(const Entry& entry, std::int64_t delta) {
  if (entry.exists() && entry.kind() != engine::Kind::string) return wrong_kind();
  const auto number =
      entry.exists() ? base::parse_integer(entry.value()) : std::optional{std::int64_t{0}};
  if (!number)
    return Error{Errc::not_a_number, Effect::refused, "value is not an integer or out of range"};
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*number, delta, &sum))
    return Error{Errc::overflow, Effect::refused, "increment or decrement would overflow"};
  return sum;
}

}  // namespace

Result<Counted> add_once(Node& node, Node::Held& held, unsigned db, std::string_view key,
                         std::string_view once, std::int64_t delta, Millis life,
                         std::optional<Millis> ttl_if_new) {
  const base::Instant now = node.clock().now();
  const auto seen =
      held.visit(db, once, Mode::read, [](Entry& entry) -> Result<std::optional<std::int64_t>> {
        if (!entry.exists()) return std::optional<std::int64_t>{};
        if (entry.kind() != engine::Kind::string) return wrong_kind();
        const auto sum = base::parse_integer(entry.value());
        if (!sum) return wrong_kind();
        return sum;
      });
  if (!seen) return seen.error();
  if (*seen) return Counted{**seen, false};
  const auto sum =
      held.visit(db, key, Mode::read, [&](Entry& entry) { return sum_of(entry, delta); });
  if (!sum) return sum.error();
  // What remembers it first, and taken back where the sum then finds no memory.
  const auto text = std::to_string(*sum);
  auto done = held.visit(db, once, Mode::write, [&](Entry& entry) {
    return entry.assign(text, Deadline::at(now + life));
  });
  if (!done) return done.error();
  done = held.visit(db, key, Mode::write, [&](Entry& entry) {
    Deadline deadline = Deadline::keep();
    if (!entry.exists()) deadline = ttl_if_new ? Deadline::at(now + *ttl_if_new) : Deadline::none();
    return entry.assign(text, deadline);
  });
  if (done) return Counted{*sum, true};
  held.visit(db, once, Mode::write, [](Entry& entry) { return entry.erase(); });
  return done.error();
}

}  // namespace larder::node
