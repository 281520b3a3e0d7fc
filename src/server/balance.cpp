#include "server/balance.hpp"

#include <algorithm>
#include <numeric>

namespace larder::server {

std::optional<Gift> gift_of(std::span<const std::uint64_t> work, std::size_t own,
                            std::uint64_t millis) {
  if (work.size() < 2) return std::nullopt;
  const auto idlest = std::min_element(work.begin(), work.end());
  const std::uint64_t difference = work[own] - *idlest;
  if (difference < kWorthMoving * millis || difference < work[own] / 4) return std::nullopt;
  const std::uint64_t mean =
      std::accumulate(work.begin(), work.end(), std::uint64_t{0}) / work.size();
  if (work[own] <= mean) return std::nullopt;
  return Gift{static_cast<std::size_t>(idlest - work.begin()),
              std::min(work[own] - mean, mean - *idlest)};
}

std::vector<std::size_t> choose_connections(std::span<const std::uint64_t> work_of_each,
                                            std::uint64_t work) {
  std::vector<std::size_t> order(work_of_each.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return work_of_each[a] > work_of_each[b]; });
  std::vector<std::size_t> chosen;
  for (const std::size_t i : order) {
    if (chosen.size() == kMovesMax || work_of_each[i] == 0) break;
    if (work_of_each[i] > work) continue;
    work -= work_of_each[i];
    chosen.push_back(i);
  }
  return chosen;
}

}  // namespace larder::server
