#include "server/auth_guard.hpp"

#include <algorithm>

namespace larder::server {

base::Millis AuthGuard::wait_of(std::string_view address, base::Instant now) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(std::string(host_of(address)));
  if (found == records_.end() || found->second.free_at <= now) return base::Millis{0};
  return std::chrono::ceil<base::Millis>(found->second.free_at - now);
}

void AuthGuard::failed(std::string_view address, base::Instant now) {
  const std::lock_guard lock(mutex_);
  if (records_.size() >= kAddressesMax) make_room();
  Record& record = records_[std::string(host_of(address))];
  if (now - record.last > kMemory) record.failures = 0;
  record.last = now;
  if (++record.failures <= kFreeFailures) return;
  constexpr unsigned kDoublingsMax = 7;  // Beyond the longest wait.
  const unsigned doublings = std::min(record.failures - kFreeFailures - 1, kDoublingsMax);
  record.free_at = now + std::min(kFirstWait * (1U << doublings), kLongestWait);
}

void AuthGuard::passed(std::string_view address) {
  const std::lock_guard lock(mutex_);
  records_.erase(std::string(host_of(address)));
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

std::string_view host_of(std::string_view address) {
  address = address.substr(0, address.rfind(':'));
  if (!address.starts_with('[')) return address;
  // As text, four groups are the first half where no run of zeros is left out; where one is, a shorter beginning.
  std::size_t groups = 0;
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (address[i] == ':' && ++groups == 4) return address.substr(0, i);
  }
  return address;
}

}  // namespace larder::server
