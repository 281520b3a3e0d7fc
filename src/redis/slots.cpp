#include "redis/slots.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/numbers.hpp"
#include "redis/placement.hpp"

namespace larder::redis {
namespace {

/// [host, port, id, …]
std::optional<SlotServer> read_server(const resp::Value& row, std::string_view asked) {
  if (!row.is_aggregate() || row.size() < 2) return std::nullopt;
  const auto port = row[1].integer();
  if (port <= 0 || port > 65'535) return std::nullopt;
  std::string host(row[0].is_null() ? std::string_view{} : row[0].text());
  if (host.empty() || host == "?") host = asked;
  return SlotServer{std::move(host), static_cast<std::uint16_t>(port),
                    std::string(row.size() > 2 ? row[2].text() : std::string_view{})};
}

/// [first, last, owner, replica …]
std::optional<SlotRange> read_range(const resp::Value& row, std::string_view asked) {
  if (!row.is_aggregate() || row.size() < 3) return std::nullopt;
  const auto first = row[0].integer(), last = row[1].integer();
  if (first < 0 || last < first || last >= kSlots) return std::nullopt;
  auto owner = read_server(row[2], asked);
  if (!owner) return std::nullopt;
  SlotRange range{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last),
                  *std::move(owner)};
  for (std::size_t i = 3; i < row.size(); ++i) {
    // One that cannot be reached by what is told of it is none that we could ask.
    if (auto replica = read_server(row[i], asked)) range.replicas.push_back(*std::move(replica));
  }
  return range;
}

/// The next word, and what follows it.
std::string_view next_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace

std::uint32_t slot_of(std::string_view key) noexcept {
  return base::crc16(placed_part(key)) % kSlots;
}

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

// Lines of: id address flags primary ping-sent pong-received config-epoch link-state slot …
void add_epochs(std::vector<SlotRange>& ranges, std::string_view nodes) {
  constexpr int kWordsBeforeEpoch = 5;
  while (!nodes.empty()) {
    const auto end = std::min(nodes.find('\n'), nodes.size());
    std::string_view line = nodes.substr(0, end);
    nodes.remove_prefix(std::min(end + 1, nodes.size()));
    const std::string_view id = next_word(line);
    for (int i = 0; i < kWordsBeforeEpoch; ++i) next_word(line);
    const auto epoch = base::parse_unsigned(next_word(line));
    if (id.empty() || !epoch) continue;
    for (auto& range : ranges) {
      if (range.owner.id == id) range.epoch = *epoch;
    }
  }
}

}  // namespace larder::redis
