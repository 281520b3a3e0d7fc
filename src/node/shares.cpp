// Shares of one name: a semaphore's permits, or the readers and the writer of a lock. One entry holds all of them.
//
//   shares := "s" (" " token " " ends " " weight " " bytes " " owner)+     ; ends in milliseconds since the epoch
//
// A share is granted where its weight and those of all others whose time is not over fit the capacity. Who is over is
// forgotten by the next who looks; the entry itself lives as long as the longest.
#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "node/steps.hpp"
#include "node/wrong_kind.hpp"

namespace larder::node {
namespace {

using engine::Deadline;
using engine::Entry;
namespace limits = base::limits;

struct Holding {
  std::uint64_t token;
  std::int64_t ends;
  std::uint64_t weight;
  std::string owner;
};
using Shares = std::vector<Holding>;

/// The next word as a number, taken off with the blank before it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  if (text.empty() || text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return base::parse_unsigned(word);
}

std::optional<Holding> take_share(std::string_view& text) {
  const auto token = take_number(text), ends = take_number(text), weight = take_number(text),
             bytes = take_number(text);
  if (!token || !ends || !weight || !bytes) return std::nullopt;
  if (*ends > (std::uint64_t{1} << 60) || *weight > limits::kSharesMax) return std::nullopt;
  if (text.size() < *bytes + 1 || text.front() != ' ') return std::nullopt;
  Holding share{*token, static_cast<std::int64_t>(*ends), *weight,
                std::string(text.substr(1, *bytes))};
  text.remove_prefix(*bytes + 1);
  return share;
}

/// Those whose time is not over.
Result<Shares> shares_of(const Entry& entry, std::int64_t now) {
  if (!entry.exists()) return Shares{};
  if (entry.kind() != engine::Kind::string) return wrong_kind();
  std::string_view text = entry.value();
  if (!text.starts_with("s ")) return wrong_kind();
  text.remove_prefix(1);
  Shares shares;
  while (!text.empty()) {
    auto share = take_share(text);
    if (!share) return wrong_kind();
    if (share->ends > now) shares.push_back(std::move(*share));
  }
  return shares;
}

Result<void> keep(Node& node, Entry& entry, const Shares& shares, std::int64_t now) {
  if (shares.empty()) {
    entry.erase();
    return {};
  }
  std::string text = "s";
  std::int64_t last = 0;
  for (const Holding& share : shares) {
    text.append(" ").append(std::to_string(share.token));
    text.append(" ").append(std::to_string(share.ends));
    text.append(" ").append(std::to_string(share.weight));
    text.append(" ").append(std::to_string(share.owner.size()));
    text.append(" ").append(share.owner);
    last = std::max(last, share.ends);
  }
  return entry.assign(text, Deadline::at(node.clock().now() + Millis{last - now}));
}

Holding* find(Shares& shares, std::string_view owner) {
  const auto found = std::find_if(shares.begin(), shares.end(),
                                  [&](const Holding& share) { return share.owner == owner; });
  return found == shares.end() ? nullptr : &*found;
}

/// How long until `weight` would fit, if nobody extends; none: it fits now.
std::optional<Millis> wait_for(Shares shares, const Share& want, std::int64_t now) {
  std::uint64_t used = want.weight;
  for (const Holding& share : shares) used += share.weight;
  if (used <= want.capacity) return std::nullopt;
  std::sort(shares.begin(), shares.end(),
            [](const Holding& a, const Holding& b) { return a.ends < b.ends; });
  auto next = shares.begin();
  for (; next != shares.end(); ++next) {
    used -= next->weight;
    if (used <= want.capacity) break;
  }
  return Millis{next == shares.end() ? 0 : next->ends - now};
}

}  // namespace

Result<LockGrant> acquire_share(Node& node, Node::Held& held, unsigned db, const HashedKey& name,
                                const HashedKey& fence, std::string_view owner, Millis life,
                                const Share& want) {
  const std::int64_t now = node.wall_ms(node.clock().now());
  auto shares =
      held.visit(db, name, Mode::read, [&](Entry& entry) { return shares_of(entry, now); });
  if (!shares) return shares.error();
  std::uint64_t token = 0;
  if (Holding* mine = find(*shares, owner)) {
    mine->ends = now + life.count();
    token = mine->token;
  } else {
    if (const auto left = wait_for(*shares, want, now)) return LockGrant{0, *left};
    const auto next = next_fence(node, held, db, fence, life);
    if (!next) return next.error();
    token = *next;
    shares->push_back({token, now + life.count(), want.weight, std::string(owner)});
  }
  const auto kept = held.visit(db, name, Mode::write,
                               [&](Entry& entry) { return keep(node, entry, *shares, now); });
  if (!kept) return kept.error();
  return LockGrant{token, life};
}

Result<bool> extend_share(Node& node, Entry& entry, std::string_view owner, Millis life) {
  const std::int64_t now = node.wall_ms(node.clock().now());
  auto shares = shares_of(entry, now);
  if (!shares) return shares.error();
  Holding* const mine = find(*shares, owner);
  if (!mine) return false;
  mine->ends = now + life.count();
  if (auto kept = keep(node, entry, *shares, now); !kept) return kept.error();
  return true;
}

Result<bool> release_share(Node& node, Entry& entry, std::string_view owner) {
  const std::int64_t now = node.wall_ms(node.clock().now());
  auto shares = shares_of(entry, now);
  if (!shares) return shares.error();
  const auto gone =
      std::erase_if(*shares, [&](const Holding& share) { return share.owner == owner; });
  if (gone == 0) return false;
  if (auto kept = keep(node, entry, *shares, now); !kept) return kept.error();
  return true;
}

}  // namespace larder::node
