#include "server/auth_guard.hpp"

#include <algorithm>
#include <vector>

namespace larder::server {
namespace {

std::vector<std::string_view> groups_of(std::string_view text) {
  std::vector<std::string_view> groups;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    groups.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return groups;
}

}  // namespace

base::Millis AuthGuard::wait_of(std::string_view address, base::Instant now) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(host_of(address));
  if (found == records_.end() || found->second.free_at <= now) return base::Millis{0};
  return std::chrono::ceil<base::Millis>(found->second.free_at - now);
}

void AuthGuard::failed(std::string_view address, base::Instant now) {
  const std::lock_guard lock(mutex_);
  if (records_.size() >= kAddressesMax) make_room();
  Record& record = records_[host_of(address)];
  if (now - record.last > kMemory) record.failures = 0;
  record.last = now;
  if (++record.failures <= kFreeFailures) return;
  constexpr unsigned kDoublingsMax = 7;  // Beyond the longest wait.
  const unsigned doublings = std::min(record.failures - kFreeFailures - 1, kDoublingsMax);
  record.free_at = now + std::min(kFirstWait * (1U << doublings), kLongestWait);
}

void AuthGuard::passed(std::string_view address) {
  const std::lock_guard lock(mutex_);
  records_.erase(host_of(address));
}

std::size_t AuthGuard::size() const {
  const std::lock_guard lock(mutex_);
  return records_.size();
}

void AuthGuard::make_room() {
  const auto oldest =
      std::min_element(records_.begin(), records_.end(),
                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  records_.erase(oldest);
}

std::string host_of(std::string_view address) {
  address = address.substr(0, address.rfind(':'));
  if (!address.starts_with('[')) return std::string(address);
  address = address.substr(1, address.size() - 2);
  constexpr std::size_t kGroups = 8;
  const std::size_t gap = address.find("::");
  std::vector<std::string_view> groups = groups_of(address.substr(0, gap));
  if (gap != std::string_view::npos) {
    const auto behind = groups_of(address.substr(gap + 2));
    groups.resize(kGroups - std::min(kGroups, behind.size()), "0");
    groups.insert(groups.end(), behind.begin(), behind.end());
  }
  std::string half;
  for (std::size_t i = 0; i < std::min(groups.size(), kGroups / 2); ++i) {
    half.append(groups[i]).append(":");
  }
  return half;
}

}  // namespace larder::server
