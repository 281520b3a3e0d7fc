// ClusterMap: who has which slot, as far as we know.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "redis/slots.hpp"
#include "store/servers/node.hpp"

namespace larder::store {

/// Changed by replacing it. Cost: 32 KiB.
struct ClusterMap {
  static constexpr std::uint16_t kNobody = 0xFFFF;

  std::vector<NodePointer> owners;  ///< Each has a slot, or had one when this was begun.
  std::vector<std::vector<NodePointer>> replicas;  ///< Of each owner; empty where none is read.
  std::array<std::uint16_t, redis::kSlots> of_slot{};

  ClusterMap() { of_slot.fill(kNobody); }

  NodePointer owner(std::uint32_t slot) const {
    return of_slot[slot] == kNobody ? nullptr : owners[of_slot[slot]];
  }
  /// A key is read from one replica as long as that is well: what it shows does not go back in time.
  NodePointer replica(std::uint32_t slot, base::Nanos silence) const {
    if (of_slot[slot] == kNobody) return nullptr;
    const auto& some = replicas[of_slot[slot]];
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto& one = some[(slot + i) % some.size()];
      if (one->client.is_well(silence)) return one;
    }
    return nullptr;
  }
  bool is_owner(std::uint32_t slot, const NodePointer& node) const {
    return of_slot[slot] != kNobody && owners[of_slot[slot]] == node;
  }
  void give(std::uint32_t slot, const NodePointer& node) {
    of_slot[slot] = static_cast<std::uint16_t>(index_of(node));
  }
  std::size_t index_of(const NodePointer& node) {
    if (last_ < owners.size() && owners[last_] == node) return last_;
    for (last_ = 0; last_ < owners.size() && owners[last_] != node;) ++last_;
    if (last_ == owners.size()) {
      owners.push_back(node);
      replicas.emplace_back();
    }
    return last_;
  }

 private:
  std::size_t last_ = 0;  ///< Slots come in runs.
};

}  // namespace larder::store
