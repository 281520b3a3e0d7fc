// Slots: how Redis Cluster deals keys out, and what CLUSTER SLOTS tells of who has which.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply.hpp"

namespace larder::redis {

inline constexpr std::uint32_t kSlots = 16'384;

/// CRC-16/XMODEM, as in the cluster specification's appendix.
std::uint16_t crc16(std::string_view bytes) noexcept;
/// The slot of a key, or of its hash tag where it has one.
std::uint32_t slot_of(std::string_view key) noexcept;

struct SlotRange {
  std::uint32_t first = 0, last = 0;  ///< Both included.
  std::string host;
  std::uint16_t port = 0;
};

/// The primaries' ranges. `asked`: the host that answered, which stands where the reply names none.
/// None: it is not what CLUSTER SLOTS answers.
std::optional<std::vector<SlotRange>> read_slots(const resp::Value& reply, std::string_view asked);

}  // namespace larder::redis
