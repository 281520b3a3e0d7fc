// LARDER.*, the other half: limits, sums that count once, shares of a name.
//
// docs/native-commands.md has grammar and replies; node/steps.hpp does the work.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/side_key.hpp"
#include "base/text.hpp"
#include "node/limits.hpp"
#include "node/steps.hpp"
#include "server/call.hpp"
#include "server/deadlines.hpp"
#include "server/handlers.hpp"
#include "server/native_arguments.hpp"

namespace larder::server {
namespace {

using engine::Entry;
using node::Mode;
namespace limits = base::limits;

std::optional<std::uint32_t> small(Call& call, std::size_t i, std::int64_t max,
                                   std::string_view what) {
  const auto number = within(call, i, max, what);
  return number ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

std::optional<Algorithm> algorithm_at(Call& call, std::size_t i) {
  for (std::size_t a = 0; a < node::kAlgorithmNames.size(); ++a) {
    if (base::same_word(call.arg(i), node::kAlgorithmNames[a])) return static_cast<Algorithm>(a);
  }
  call.fail("ERR algorithm must be SLIDING, FIXED, LOG or BUCKET");
  return std::nullopt;
}

/// `key max window count algorithm burst`, from argument `i` on.
std::optional<LimitAsk> ask_at(Call& call, std::size_t i) {
  const auto algorithm = algorithm_at(call, i + 4);
  if (!algorithm) return std::nullopt;
  const bool log = *algorithm == Algorithm::sliding_log;
  const auto max = small(call, i + 1, log ? limits::kLogLimitMax : limits::kLimitMax, "limit");
  if (!max) return std::nullopt;
  const auto window = within(call, i + 2, limits::kLimitWindowMax.count(), "window");
  if (!window) return std::nullopt;
  const auto burst = small(call, i + 5, limits::kLimitMax, "burst");
  if (!burst) return std::nullopt;
  LimitAsk ask{call.arg(i), {*max, base::Millis{*window}, *algorithm, *burst}};
  const auto count = small(call, i + 3, node::capacity_of(ask.limit), "count");
  if (!count) return std::nullopt;
  ask.count = *count;
  return ask;
}

void reply_decision(Call& call, const Decision& decision) {
  call.reply.array(4);
  call.reply.integer(decision.allowed ? 1 : 0);
  call.reply.integer(decision.remaining);
  call.reply.integer(decision.retry_after.count());
  call.reply.integer(decision.reset_after.count());
}

void reply_whether(Call& call, const Result<bool>& yes) {
  yes ? call.reply.integer(*yes ? 1 : 0) : call.fail(yes.error());
}

}  // namespace

void larder_limit(Call& call) {
  const bool peek = call.args.size() == 6 && base::same_word(call.arg(5), "peek");
  if (call.args.size() > 5 && !peek) return call.fail(errors::kSyntax);
  const auto max = small(call, 2, limits::kLimitMax, "limit");
  if (!max) return;
  const auto window = within(call, 3, limits::kLimitWindowMax.count(), "window");
  if (!window) return;
  const auto count = small(call, 4, *max, "count");
  if (!count) return;
  const Limit limit{*max, base::Millis{*window}};
  const auto taking = peek ? node::Taking::peek : node::Taking::take;
  call.on_string(call.arg(1), peek ? call.reading() : Mode::write, [&](Entry& entry) {
    const auto decision = node::take_limit(call.context.node, entry, limit, *count, taking);
    decision ? reply_decision(call, *decision) : call.fail(decision.error());
  });
}

void larder_limits(Call& call) {
  const bool peek = base::same_word(call.arg(1), "peek");
  if (!peek && !base::same_word(call.arg(1), "take")) return call.fail(errors::kSyntax);
  if ((call.args.size() - 2) % 6 != 0) return call.fail(errors::kSyntax);
  if (call.args.size() - 2 > 6 * limits::kLimitsAtOnceMax)
    return call.fail("ERR at most " + std::to_string(limits::kLimitsAtOnceMax) + " limits at once");
  std::vector<LimitAsk> asks;
  std::vector<std::string_view> keys;
  for (std::size_t i = 2; i < call.args.size(); i += 6) {
    const auto ask = ask_at(call, i);
    if (!ask) return;
    if (std::find(keys.begin(), keys.end(), ask->key) != keys.end())
      return call.fail("ERR a key is asked for twice; ask once for the sum");
    asks.push_back(*ask);
    keys.push_back(ask->key);
  }
  auto held = call.node().hold(keys);
  const auto decisions = node::take_limits(call.context.node, held, call.database(), asks,
                                           peek ? node::Taking::peek : node::Taking::take);
  if (!decisions) return call.fail(decisions.error());
  call.reply.array(decisions->size());
  for (const Decision& decision : *decisions) reply_decision(call, decision);
}

void larder_add_once(Call& call) {
  const auto delta = call.integer(3);
  if (!delta) return;
  const auto life = within(call, 4, limits::kOnceTimeMax.count(), "life");
  if (!life) return;
  if (call.arg(1) == call.arg(2)) return call.fail("ERR a key cannot remember its own additions");
  std::optional<base::Millis> ttl;
  if (call.args.size() > 5) {
    if (call.args.size() != 7 || !base::same_word(call.arg(5), "px"))
      return call.fail(errors::kSyntax);
    ttl = server::life(call, 6);
    if (!ttl) return;
  }
  const std::array<std::string_view, 2> keys{call.arg(1), call.arg(2)};
  auto held = call.node().hold(keys);
  const auto counted = node::add_once(call.context.node, held, call.database(), keys[0], keys[1],
                                      *delta, base::Millis{*life}, ttl);
  if (!counted) return call.fail(counted.error());
  call.reply.array(2);
  call.reply.integer(counted->sum);
  call.reply.integer(counted->counted ? 1 : 0);
}

void larder_share(Call& call) {
  if (!owner_fits(call, 2)) return;
  const auto ttl = server::life(call, 3);
  if (!ttl) return;
  const auto capacity = small(call, 5, limits::kSharesMax, "capacity");
  if (!capacity) return;
  const auto weight = small(call, 4, *capacity, "weight");
  if (!weight) return;
  const base::SideKey fence(call.arg(1), base::kFenceTag);
  const std::array keys{call.node().hashed(call.arg(1)), call.node().hashed(fence.view())};
  auto held = call.node().hold(keys);
  const auto grant = node::acquire_share(call.context.node, held, call.database(), keys[0], keys[1],
                                         call.arg(2), *ttl, {*weight, *capacity});
  if (!grant) return call.fail(grant.error());
  call.reply.array(2);
  call.reply.integer(static_cast<std::int64_t>(grant->token));
  call.reply.integer(grant->left.count());
}

void larder_reshare(Call& call) {
  if (!owner_fits(call, 2)) return;
  const auto ttl = server::life(call, 3);
  if (!ttl) return;
  call.node().visit(call.database(), call.arg(1), Mode::write, [&](Entry& entry) {
    reply_whether(call, node::extend_share(call.context.node, entry, call.arg(2), *ttl));
  });
}

void larder_unshare(Call& call) {
  if (!owner_fits(call, 2)) return;
  const auto released = call.node().visit(
      call.database(), call.arg(1), Mode::write,
      [&](Entry& entry) { return node::release_share(call.context.node, entry, call.arg(2)); });
  reply_whether(call, released);
  if (released && *released) tell_released(call, "all");
}

}  // namespace larder::server
