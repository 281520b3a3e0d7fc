// OwnPorts: the addresses that this process asks upstream from. A query that comes from one of them went in a circle.
#pragma once

#include <mutex>
#include <string>
#include <unordered_set>

#include "net/udp.hpp"

namespace larder::dns {

/// Threads  Safe from any thread.
class OwnPorts {
 public:
  void add(const net::SocketAddress& address) { change(address, true); }
  void remove(const net::SocketAddress& address) { change(address, false); }
  bool has(const net::SocketAddress& address) const {
    const auto key = net::to_string(address);
    const std::lock_guard guard(mutex_);
    return addresses_.contains(key);
  }

 private:
  void change(const net::SocketAddress& address, bool add) {
    auto key = net::to_string(address);
    const std::lock_guard guard(mutex_);
    add ? (void)addresses_.insert(std::move(key)) : (void)addresses_.erase(key);
  }
  mutable std::mutex mutex_;
  std::unordered_set<std::string> addresses_;  // Guarded by mutex_.
};

}  // namespace larder::dns
