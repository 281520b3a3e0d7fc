// Placement: which of several independent nodes keeps a key. The same on every machine and in every build: integers only,
// and the vectors in tests/unit/redis/placement_test.cpp are part of the promise.
//
// rendezvous  Each node bids hash(key, node's name) for the key, and the highest bid wins (Thaler and Ravishankar, 1998). A
//             node of weight w bids w times, so it wins in exactly that share. A node that comes takes 1/n from all, one
//             that goes leaves its keys to all; nothing else moves.
// ketama      A circle of 40 · n · weight / sum MD5 sums a node with four points each (libketama, 2007), for those who
//             share nodes with other clients.
// jump        Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014. Without weights; only the last
//             node can go.
// modulo      hash(key) % n. Nearly every key moves when n changes.
// range       Keys in the order of their bytes, cut at split points: node i has what is below split i.
//
// Of a key with a hash tag, the part in the first {…}, only the tag counts, as in Redis Cluster: so what Larder keeps
// beside an entry, and what a user tags alike, is on one node.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::redis {

enum class Scheme : std::uint8_t { rendezvous, ketama, jump, modulo, range };

std::optional<Scheme> scheme_from(std::string_view word) noexcept;

inline constexpr unsigned kWeightMax = 100;
inline constexpr std::size_t kRingNodesMax = 1'000;

/// A node as placement knows it. The name decides, not the address: it stays when a server moves.
struct PlacedNode {
  std::string name;
  unsigned weight = 1;
};

/// The part of a key that decides where it lives.
std::string_view placed_part(std::string_view key) noexcept;

/// 64 bits of a key: FNV-1a, then SplitMix64's finalizer.
std::uint64_t placing_hash(std::string_view bytes) noexcept;

/// Does not change once made. Threads: safe from any.
class Placement {
 public:
  /// `splits`: for `range`, one fewer than nodes, ascending; for others none.
  /// Errors: `bad_argument`: no node, two of one name, a weight where there can be none, splits that do not fit.
  static Result<Placement> make(Scheme scheme, std::vector<PlacedNode> nodes,
                                std::vector<std::string> splits = {});

  /// The index of the key's node, and of the next where `alive` says that one is not (at least one is).
  /// Cost: rendezvous 1 to 2 ns for each unit of weight; ketama a binary search; jump about ln n steps.
  std::size_t place(std::string_view key) const noexcept;
  std::size_t place_among(std::string_view key, const std::vector<bool>& alive) const noexcept;

  const std::vector<PlacedNode>& nodes() const noexcept { return nodes_; }
  Scheme scheme() const noexcept { return scheme_; }

 private:
  struct Bidder {
    std::uint64_t seed;
    std::uint32_t node;
  };
  struct Point {
    std::uint32_t at;
    std::uint32_t node;
  };

  Placement(Scheme scheme, std::vector<PlacedNode> nodes, std::vector<std::string> splits);
  void add_bidders();
  void add_points();
  std::size_t highest_bid(std::uint64_t hash, const std::vector<bool>* alive) const noexcept;
  std::size_t on_circle(std::string_view part, const std::vector<bool>* alive) const noexcept;

  Scheme scheme_;
  std::vector<PlacedNode> nodes_;
  std::vector<std::string> splits_;
  std::vector<Bidder> bidders_;
  std::vector<Point> points_;
};

}  // namespace larder::redis
