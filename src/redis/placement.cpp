#include "redis/placement.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace larder::redis {
namespace {

constexpr std::array<std::string_view, 5> kSchemes{"rendezvous", "ketama", "jump", "modulo",
                                                   "range"};

constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

using Md5 = std::array<unsigned char, 16>;

Md5 md5(std::string_view text) {
  Md5 sum{};
  EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_md5(), nullptr);
  return sum;
}

/// Word `index` of four, the low byte first.
std::uint32_t word(const Md5& sum, std::size_t index) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | sum[index * 4 + i];
  return value;
}

std::size_t jump(std::uint64_t hash, std::size_t nodes) noexcept {
  std::int64_t node = -1, next = 0;
  while (next < static_cast<std::int64_t>(nodes)) {
    node = next;
    hash = hash * 2862933555777941757U + 1;
    next = static_cast<std::int64_t>(static_cast<double>(node + 1) *
                                     (2147483648.0 / static_cast<double>((hash >> 33) + 1)));
  }
  return static_cast<std::size_t>(node);
}

Error bad_ring(std::string detail) {
  return {Errc::bad_argument, Effect::not_sent, std::move(detail)};
}

std::optional<Error> problem_of(Scheme scheme, const std::vector<PlacedNode>& nodes) {
  if (nodes.empty() || nodes.size() > kRingNodesMax) {
    return bad_ring("takes 1 to " + std::to_string(kRingNodesMax) + " nodes, not " +
                    std::to_string(nodes.size()));
  }
  std::vector<std::string_view> names;
  for (const auto& node : nodes) {
    names.push_back(node.name);
    if (node.weight == 0 || node.weight > kWeightMax) {
      return bad_ring("weight " + std::to_string(node.weight) + " of " + node.name +
                      " is not 1 to " + std::to_string(kWeightMax));
    }
    if (node.weight != nodes[0].weight && scheme != Scheme::rendezvous &&
        scheme != Scheme::ketama) {
      return bad_ring(std::string(kSchemes[static_cast<std::size_t>(scheme)]) +
                      " has no weights; rendezvous and ketama have");
    }
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return std::nullopt;
  return bad_ring("has two nodes named " + std::string(*twice) + "; names=… tells them apart");
}

std::optional<Error> problem_of(Scheme scheme, const std::vector<std::string>& splits,
                                std::size_t nodes) {
  if (scheme != Scheme::range) {
    if (splits.empty()) return std::nullopt;
    return bad_ring("splits are for scheme=range");
  }
  if (splits.size() + 1 != nodes) {
    return bad_ring("scheme=range over " + std::to_string(nodes) + " nodes takes " +
                    std::to_string(nodes - 1) + " splits, not " + std::to_string(splits.size()));
  }
  if (std::is_sorted(splits.begin(), splits.end(), std::less_equal<>{})) return std::nullopt;
  return bad_ring("splits must ascend");
}

}  // namespace

std::optional<Scheme> scheme_from(std::string_view word) noexcept {
  const auto* found = std::find(kSchemes.begin(), kSchemes.end(), word);
  if (found == kSchemes.end()) return std::nullopt;
  return static_cast<Scheme>(found - kSchemes.begin());
}

std::string_view placed_part(std::string_view key) noexcept {
  const auto open = key.find('{');
  if (open == key.npos) return key;
  const auto close = key.find('}', open + 1);
  if (close == key.npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::uint64_t placing_hash(std::string_view bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix(hash);
}

Result<Placement> Placement::make(Scheme scheme, std::vector<PlacedNode> nodes,
                                  std::vector<std::string> splits) {
  if (auto bad = problem_of(scheme, nodes)) return *std::move(bad);
  if (auto bad = problem_of(scheme, splits, nodes.size())) return *std::move(bad);
  return Placement{scheme, std::move(nodes), std::move(splits)};
}

Placement::Placement(Scheme scheme, std::vector<PlacedNode> nodes, std::vector<std::string> splits)
    : scheme_(scheme), nodes_(std::move(nodes)), splits_(std::move(splits)) {
  if (scheme_ == Scheme::rendezvous) add_bidders();
  if (scheme_ == Scheme::ketama) add_points();
}

// The n-th bid of a node is the same whatever its weight: one that grows only gains keys.
void Placement::add_bidders() {
  unsigned common = 0;
  for (const auto& node : nodes_) common = std::gcd(common, node.weight);
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const std::uint64_t seed = placing_hash(nodes_[i].name);
    for (unsigned bid = 0; bid < nodes_[i].weight / common; ++bid) {
      bidders_.push_back({mix(seed + bid * 0x9e3779b97f4a7c15U), i});
    }
  }
}

// In integers where libketama has floats: the same number of points wherever its rounding is not at an edge.
void Placement::add_points() {
  std::uint64_t sum = 0;
  for (const auto& node : nodes_) sum += node.weight;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const std::uint64_t sums = 40 * nodes_.size() * nodes_[i].weight / sum;
    for (std::uint64_t k = 0; k < sums; ++k) {
      const Md5 four = md5(nodes_[i].name + "-" + std::to_string(k));
      for (std::size_t w = 0; w < 4; ++w) points_.push_back({word(four, w), i});
    }
  }
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
    return a.at != b.at ? a.at < b.at : a.node < b.node;
  });
}

std::size_t Placement::highest_bid(std::uint64_t hash,
                                   const std::vector<bool>* alive) const noexcept {
  std::uint64_t highest = 0;
  std::size_t winner = bidders_.front().node;
  bool any = false;
  for (const Bidder& bidder : bidders_) {
    if (alive && !(*alive)[bidder.node]) continue;
    const std::uint64_t bid = mix(hash ^ bidder.seed);
    if (any && bid <= highest) continue;
    highest = bid;
    winner = bidder.node;
    any = true;
  }
  return winner;
}

std::size_t Placement::on_circle(std::string_view part,
                                 const std::vector<bool>* alive) const noexcept {
  const std::uint32_t at = word(md5(part), 0);
  auto point = std::lower_bound(points_.begin(), points_.end(), at,
                                [](const Point& p, std::uint32_t value) { return p.at < value; });
  for (std::size_t looked = 0; looked < points_.size(); ++looked, ++point) {
    if (point == points_.end()) point = points_.begin();
    if (!alive || (*alive)[point->node]) return point->node;
  }
  return points_.front().node;
}

std::size_t Placement::place(std::string_view key) const noexcept {
  const std::string_view part = placed_part(key);
  switch (scheme_) {
    case Scheme::rendezvous:
      return highest_bid(placing_hash(part), nullptr);
    case Scheme::ketama:
      return on_circle(part, nullptr);
    case Scheme::jump:
      return jump(placing_hash(part), nodes_.size());
    case Scheme::modulo:
      return static_cast<std::size_t>(placing_hash(part) % nodes_.size());
    case Scheme::range:
      break;
  }
  return static_cast<std::size_t>(std::upper_bound(splits_.begin(), splits_.end(), part) -
                                  splits_.begin());
}

// Who inherits where no bid or circle says so: the highest bid of a rendezvous among the living.
std::size_t Placement::place_among(std::string_view key,
                                   const std::vector<bool>& alive) const noexcept {
  const std::string_view part = placed_part(key);
  if (scheme_ == Scheme::rendezvous) return highest_bid(placing_hash(part), &alive);
  if (scheme_ == Scheme::ketama) return on_circle(part, &alive);
  const std::size_t home = place(key);
  if (alive[home]) return home;
  std::uint64_t highest = 0;
  std::size_t heir = home;
  for (std::size_t i = 0; i < alive.size(); ++i) {
    if (!alive[i]) continue;
    const std::uint64_t bid = mix(placing_hash(part) ^ placing_hash(nodes_[i].name));
    if (heir != home && bid <= highest) continue;
    highest = bid;
    heir = i;
  }
  return heir;
}

}  // namespace larder::redis
