#include "redis/slots.hpp"

#include <array>

#include "redis/placement.hpp"

namespace larder::redis {
namespace {

constexpr std::array<std::uint16_t, 256> kCrcTable = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

/// [first, last, [host, port, …], replicas …]
std::optional<SlotRange> read_range(const resp::Value& row, std::string_view asked) {
  if (!row.is_aggregate() || row.size() < 3) return std::nullopt;
  const resp::Value primary = row[2];
  if (!primary.is_aggregate() || primary.size() < 2) return std::nullopt;
  const auto first = row[0].integer(), last = row[1].integer(), port = primary[1].integer();
  if (first < 0 || last < first || last >= kSlots || port <= 0 || port > 65'535) {
    return std::nullopt;
  }
  std::string host(primary[0].is_null() ? std::string_view{} : primary[0].text());
  if (host.empty() || host == "?") host = asked;
  return SlotRange{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last),
                   std::move(host), static_cast<std::uint16_t>(port)};
}

}  // namespace

std::uint16_t crc16(std::string_view bytes) noexcept {
  std::uint16_t crc = 0;
  for (const char c : bytes) {
    crc = static_cast<std::uint16_t>(crc << 8 ^
                                     kCrcTable[(crc >> 8 ^ static_cast<unsigned char>(c)) & 0xFF]);
  }
  return crc;
}

std::uint32_t slot_of(std::string_view key) noexcept { return crc16(placed_part(key)) % kSlots; }

std::optional<std::vector<SlotRange>> read_slots(const resp::Value& reply, std::string_view asked) {
  if (reply.is_error() || !reply.is_aggregate()) return std::nullopt;
  std::vector<SlotRange> ranges;
  for (const resp::Value row : reply) {
    auto range = read_range(row, asked);
    if (!range) return std::nullopt;
    ranges.push_back(*std::move(range));
  }
  return ranges;
}

}  // namespace larder::redis
