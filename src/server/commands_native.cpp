// LARDER.*: leases, locks, limits and generations in one round trip, what Redis needs a script for.
//
// docs/native-commands.md has grammar and replies; node/steps.hpp does the work.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/side_key.hpp"
#include "base/text.hpp"
#include "node/steps.hpp"
#include "server/call.hpp"
#include "server/deadlines.hpp"
#include "server/handlers.hpp"
#include "server/native_arguments.hpp"

namespace larder::server {
namespace {

using engine::Deadline;
using engine::Entry;
using node::Mode;
namespace limits = base::limits;

std::optional<std::uint64_t> token(Call& call, std::size_t i) {
  const auto number = within(call, i, std::int64_t{limits::kTokenMax}, "token");
  return number ? std::optional{static_cast<std::uint64_t>(*number)} : std::nullopt;
}

/// What follows a value: `[PX milliseconds | KEEPTTL]`. Replies with an error when it makes no sense.
std::optional<Deadline> deadline_from(Call& call, std::size_t i, bool may_keep) {
  const std::size_t words = call.args.size() - i;
  if (words == 0) return Deadline::none();
  if (may_keep && words == 1 && base::same_word(call.arg(i), "keepttl")) return Deadline::keep();
  if (words != 2 || !base::same_word(call.arg(i), "px")) {
    call.fail(errors::kSyntax);
    return std::nullopt;
  }
  const auto deadline = life_from_now(call, i + 1);
  return deadline ? std::optional{Deadline::at(*deadline)} : std::nullopt;
}

void reply_yes(Call& call, const Result<bool>& yes) {
  yes ? call.reply.integer(*yes ? 1 : 0) : call.fail(yes.error());
}

void reply_number(Call& call, std::uint64_t number) {
  call.reply.integer(static_cast<std::int64_t>(number));
}

}  // namespace

void larder_lease(Call& call) {
  const auto ttl = within(call, 2, limits::kLeaseTimeMax.count(), "lease");
  if (!ttl) return;
  call.on_string(call.arg(1), call.reading(), [&](Entry& entry) {
    if (entry.exists()) {
      call.reply.array(2);
      call.reply.bulk("hit");
      return call.reply.bulk(entry.value());
    }
    const Lease lease = node::lease_miss(call.context.node, entry, base::Millis{*ttl});
    call.reply.array(3);
    call.reply.bulk(lease.granted() ? "lease" : "busy");
    reply_number(call, lease.token);
    call.reply.integer(lease.left.count());
  });
}

void larder_fill(Call& call) {
  const auto lease = token(call, 2);
  const auto deadline = lease ? deadline_from(call, 4, false) : std::nullopt;
  if (!deadline) return;
  call.node().visit(call.database(), call.arg(1), Mode::write, [&](Entry& entry) {
    reply_yes(call, node::fill(entry, *lease, call.arg(3), *deadline));
  });
}

void larder_lock(Call& call) {
  if (!owner_fits(call, 2)) return;
  const auto ttl = life(call, 3);
  if (!ttl) return;
  const base::SideKey fence(call.arg(1), base::kFenceTag);
  const std::array keys{call.node().hashed(call.arg(1)), call.node().hashed(fence.view())};
  auto held = call.node().hold(keys);
  const auto grant = node::acquire_lock(call.context.node, held, call.database(), keys[0], keys[1],
                                        call.arg(2), *ttl);
  if (!grant) return call.fail(grant.error());
  call.reply.array(2);
  reply_number(call, grant->token);
  call.reply.integer(grant->left.count());
}

void larder_extend(Call& call) {
  if (!owner_fits(call, 2)) return;
  const auto ttl = life(call, 3);
  if (!ttl) return;
  call.node().visit(call.database(), call.arg(1), Mode::write, [&](Entry& entry) {
    reply_yes(call, node::extend_lock(entry, call.arg(2), call.now() + *ttl));
  });
}

void larder_unlock(Call& call) {
  if (!owner_fits(call, 2)) return;
  const auto released =
      call.node().visit(call.database(), call.arg(1), Mode::write,
                        [&](Entry& entry) { return node::release_lock(entry, call.arg(2)); });
  reply_yes(call, released);
  if (released && *released) tell_released(call, "one");
}

void larder_fenced_set(Call& call) {
  const auto fencing = token(call, 2);
  const auto deadline = fencing ? deadline_from(call, 4, true) : std::nullopt;
  if (!deadline) return;
  const base::SideKey fence(call.arg(1), base::kFenceTag);
  const std::array keys{call.node().hashed(call.arg(1)), call.node().hashed(fence.view())};
  auto held = call.node().hold(keys);
  reply_yes(call, node::fenced_set(call.context.node, held, call.database(), keys[0], keys[1],
                                   *fencing, call.arg(3), *deadline));
}

void larder_generations(Call& call) {
  const auto tags = call.args.subspan(1);
  if (tags.size() > limits::kGenerationsMax) {
    return call.fail("ERR at most " + std::to_string(limits::kGenerationsMax) + " tags at once");
  }
  std::vector<std::string> names;
  names.reserve(tags.size());
  for (const auto tag : tags) names.push_back(base::side_key(tag, base::kGenerationTag));
  const std::vector<std::string_view> keys(names.begin(), names.end());
  std::vector<std::uint64_t> numbers;
  std::optional<Error> refused;
  auto held = call.node().hold(keys);
  held.visit_many(call.database(), keys, Mode::write, [&](std::size_t, Entry& entry) {
    const auto number = node::generation(call.context.node, entry);
    if (!number)
      refused = number.error();
    else
      numbers.push_back(*number);
  });
  if (refused) return call.fail(*refused);
  call.reply.array(numbers.size());
  for (const std::uint64_t number : numbers) reply_number(call, number);
}

void larder_bump(Call& call) {
  const std::string name = base::side_key(call.arg(1), base::kGenerationTag);
  call.node().visit(call.database(), name, Mode::write, [&](Entry& entry) {
    const auto number = node::bump_generation(call.context.node, entry);
    number ? reply_number(call, *number) : call.fail(number.error());
  });
}

}  // namespace larder::server
