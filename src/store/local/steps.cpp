// The local driver's leases, locks, limits and generations: node/steps.hpp has what they do.
#include "node/steps.hpp"

#include <array>

#include "base/side_key.hpp"
#include "store/local/driver.hpp"

namespace larder::store {
namespace {

using engine::Deadline;
using engine::Entry;
using node::Mode;

}  // namespace

Result<Lease> LocalDriver::answer(const LeaseMiss& op, const CallOptions&) {
  return node_.visit(kDatabase, op.key, Mode::read, [&](Entry& entry) -> Result<Lease> {
    if (!entry.exists()) return node::lease_miss(node_, entry, op.ttl);
    if (entry.kind() != engine::Kind::string)
      return Error{Errc::wrong_type, Effect::refused, "the key holds another kind of value"};
    return Lease{.value = Bytes(entry.value())};
  });
}

Result<bool> LocalDriver::answer(const Fill& op, const CallOptions&) {
  auto filled = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) {
    return node::fill(entry, op.token, op.value, deadline({.ttl = op.ttl}));
  });
  after_write(op.ttl.has_value());
  return filled;
}

Result<LockGrant> LocalDriver::answer(const LockAcquire& op, const CallOptions&) {
  const base::SideKey fence(op.key, base::kFenceTag);
  const std::array keys{node_.hashed(op.key), node_.hashed(fence.view())};
  upkeep_.wake();  // Before the locks: it has one of its own.
  auto held = node_.hold(keys);
  return node::acquire_lock(node_, held, kDatabase, keys[0], keys[1], op.owner, op.ttl);
}

Result<bool> LocalDriver::answer(const LockExtend& op, const CallOptions&) {
  return node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) {
    return node::extend_lock(entry, op.owner, node_.clock().now() + op.ttl);
  });
}

Result<bool> LocalDriver::answer(const LockRelease& op, const CallOptions&) {
  auto released = node_.visit(kDatabase, op.key, Mode::write,
                              [&](Entry& entry) { return node::release_lock(entry, op.owner); });
  if (released && *released) wakes_.ring(op.key, base::Wakes::Whom::first);
  return released;
}

Result<bool> LocalDriver::answer(const FencedSet& op, const CallOptions&) {
  const base::SideKey fence(op.key, base::kFenceTag);
  const std::array keys{node_.hashed(op.key), node_.hashed(fence.view())};
  upkeep_.wake();
  auto held = node_.hold(keys);
  return node::fenced_set(node_, held, kDatabase, keys[0], keys[1], op.token, op.value,
                          deadline(op.options));
}

Result<Decision> LocalDriver::answer(const LimitTake& op, const CallOptions&) {
  const auto taking = op.peek ? node::Taking::peek : node::Taking::take;
  auto decision = node_.visit(
      kDatabase, op.key, op.peek ? Mode::read : Mode::write,
      [&](Entry& entry) { return node::take_limit(node_, entry, op.limit, op.count, taking); });
  if (!op.peek) upkeep_.wake();
  return decision;
}

Result<std::vector<Decision>> LocalDriver::answer(const LimitTakeAll& op, const CallOptions&) {
  const auto taking = op.peek ? node::Taking::peek : node::Taking::take;
  std::vector<std::string_view> keys;
  keys.reserve(op.asks.size());
  for (const LimitAsk& ask : op.asks) keys.push_back(ask.key);
  upkeep_.wake();
  auto held = node_.hold(keys);
  return node::take_limits(node_, held, kDatabase, op.asks, taking);
}

Result<Counted> LocalDriver::answer(const AddOnce& op, const CallOptions&) {
  const std::array<std::string_view, 2> keys{op.key, op.once};
  upkeep_.wake();
  auto held = node_.hold(keys);
  return node::add_once(node_, held, kDatabase, op.key, op.once, op.delta, op.remember,
                        op.ttl_if_new);
}

Result<LockGrant> LocalDriver::answer(const ShareAcquire& op, const CallOptions&) {
  const base::SideKey fence(op.key, base::kFenceTag);
  const std::array keys{node_.hashed(op.key), node_.hashed(fence.view())};
  upkeep_.wake();
  auto held = node_.hold(keys);
  return node::acquire_share(node_, held, kDatabase, keys[0], keys[1], op.owner, op.ttl, op.share);
}

Result<bool> LocalDriver::answer(const ShareExtend& op, const CallOptions&) {
  return node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) {
    return node::extend_share(node_, entry, op.owner, op.ttl);
  });
}

Result<bool> LocalDriver::answer(const ShareRelease& op, const CallOptions&) {
  auto released = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) {
    return node::release_share(node_, entry, op.owner);
  });
  if (released && *released) wakes_.ring(op.key, base::Wakes::Whom::all);
  return released;
}

Result<std::vector<std::uint64_t>> LocalDriver::answer(const Generations& op, const CallOptions&) {
  Result<std::vector<std::uint64_t>> answer{std::vector<std::uint64_t>{}};
  std::vector<std::string> names;
  for (const auto& key : op.keys) names.push_back(base::side_key(key, base::kGenerationTag));
  const std::vector<std::string_view> keys(names.begin(), names.end());
  node_.hold(keys).visit_many(kDatabase, keys, Mode::write, [&](std::size_t, Entry& entry) {
    const auto number = node::generation(node_, entry);
    if (!number)
      answer = number.error();
    else if (answer)
      answer->push_back(*number);
  });
  upkeep_.wake();
  return answer;
}

Result<std::uint64_t> LocalDriver::answer(const BumpGeneration& op, const CallOptions&) {
  const std::string name = base::side_key(op.key, base::kGenerationTag);
  auto number = node_.visit(kDatabase, name, Mode::write,
                            [&](Entry& entry) { return node::bump_generation(node_, entry); });
  upkeep_.wake();
  return number;
}

}  // namespace larder::store
