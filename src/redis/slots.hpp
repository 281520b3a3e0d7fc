// Slots: how Redis Cluster deals keys out, and what CLUSTER SLOTS and CLUSTER NODES tell of who has which.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply.hpp"

namespace larder::redis {

inline constexpr std::uint32_t kSlots = 16'384;

/// The slot of a key, or of its hash tag where it has one.
std::uint32_t slot_of(std::string_view key) noexcept;

struct SlotServer {
  std::string host;
  std::uint16_t port = 0;
  std::string id = {};  ///< What the cluster knows it by; empty: not told.
};

struct SlotRange {
  std::uint32_t first = 0, last = 0;  ///< Both included.
  SlotServer owner;
  std::vector<SlotServer> replicas = {};
  std::uint64_t epoch = 0;  ///< The owner's config epoch; 0: not known.
};

/// `asked`: the host that answered, which stands where the reply names none. None: it is not what CLUSTER SLOTS answers.
std::optional<std::vector<SlotRange>> read_slots(const resp::Value& reply, std::string_view asked);
/// Gives the ranges the epochs of their owners, as the text of CLUSTER NODES has them. What it does not know stays 0.
void add_epochs(std::vector<SlotRange>& ranges, std::string_view nodes);

}  // namespace larder::redis
