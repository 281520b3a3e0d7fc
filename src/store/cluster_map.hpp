// ClusterMap: who has which slot, as far as we know.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "redis/slots.hpp"
#include "store/redis_node.hpp"

namespace larder::store {

/// Changed by replacing it. Cost: 32 KiB.
struct ClusterMap {
  static constexpr std::uint16_t kNobody = 0xFFFF;

  std::vector<NodePointer> owners;  ///< Each has a slot, or had one when this was begun.
  std::array<std::uint16_t, redis::kSlots> of_slot{};

  ClusterMap() { of_slot.fill(kNobody); }

  NodePointer owner(std::uint32_t slot) const {
    return of_slot[slot] == kNobody ? nullptr : owners[of_slot[slot]];
  }
  void give(std::uint32_t first, std::uint32_t last, const NodePointer& node) {
    std::size_t at = 0;
    while (at < owners.size() && owners[at] != node) ++at;
    if (at == owners.size()) owners.push_back(node);
    for (std::uint32_t slot = first; slot <= last; ++slot) {
      of_slot[slot] = static_cast<std::uint16_t>(at);
    }
  }
};

}  // namespace larder::store
