// AuthGuard: who gave wrong passwords has to wait before the next is looked at, longer each time.
//
// By address, not by connection: a new connection costs an attacker nothing. The first few failures are free, for
// people mistype; then the wait doubles up to ten seconds, which leaves a guesser 8,640 passwords a day. While an address
// waits, a right password is not looked at either, or waiting would cost a guesser nothing.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace larder::server {

/// Threads  Safe from any.
class AuthGuard {
 public:
  static constexpr unsigned kFreeFailures = 5;
  static constexpr base::Millis kFirstWait{100};
  static constexpr base::Millis kLongestWait{10'000};
  /// An address that stays quiet for so long is a stranger again.
  static constexpr base::Millis kMemory{600'000};
  /// Beyond it the one that failed longest ago is forgotten: an attacker with more addresses is not slowed by them.
  static constexpr std::size_t kAddressesMax = 4'096;

  /// How long the address still has to wait; 0: it may try.
  base::Millis wait_of(std::string_view address, base::Instant now) const;
  void failed(std::string_view address, base::Instant now);
  void passed(std::string_view address);
  std::size_t size() const;

 private:
  struct Record {
    unsigned failures = 0;
    base::Instant last{};
    base::Instant free_at{};
  };
  void make_room();

  mutable std::mutex mutex_;
  // The names are addresses that connected: nobody chooses them freely, so that std::hash will do.
  std::unordered_map<std::string, Record> records_;
};

/// "127.0.0.1:50312" without the port; of IPv6 the first half alone, for the other is its owner's to choose.
std::string host_of(std::string_view address);

}  // namespace larder::server
