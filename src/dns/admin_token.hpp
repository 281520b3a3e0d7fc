// The secret that those show who administer the cache over a network: `Authorization: Bearer TOKEN`.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace larder::dns {

/// Threads  Safe from any thread; it may be changed while it is asked for.
class AdminToken {
 public:
  AdminToken() = default;
  explicit AdminToken(std::string token) : token_(std::move(token)) {}

  /// Empty: none is asked for, and nobody from outside this machine changes anything.
  void set(std::string token) {
    const std::lock_guard lock(mutex_);
    token_ = std::move(token);
  }
  bool is_set() const {
    const std::lock_guard lock(mutex_);
    return !token_.empty();
  }
  /// `authorization`: a header's value.
  bool admits(std::string_view authorization) const {
    constexpr std::string_view kScheme = "Bearer ";
    if (!base::same_word(authorization.substr(0, kScheme.size()), kScheme)) return false;
    const std::lock_guard lock(mutex_);
    return !token_.empty() && base::same_secret(authorization.substr(kScheme.size()), token_);
  }

 private:
  mutable std::mutex mutex_;
  std::string token_;  // guarded by mutex_
};

}  // namespace larder::dns
