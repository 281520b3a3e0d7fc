// Acl: which clients are served, by network. Closed: nobody but this machine unless somebody says so.
#pragma once

#include <larder/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace larder::dns {

/// Threads  Read by any, once filled.
class Acl {
 public:
  /// This machine alone: 127.0.0.0/8 and ::1.
  static Acl loopback();

  /// Lets a network in: "192.0.2.0/24", "2001:db8::/32", a single address.
  /// Errors: `bad_argument` says what is read; bits beyond the prefix must be zero.
  Result<void> allow(std::string_view network);
  /// `host`: 4 or 16 bytes.
  bool allows(std::string_view host) const noexcept;

 private:
  struct Network {
    std::string host;
    unsigned bits = 0;
  };
  std::vector<Network> networks_;
};

}  // namespace larder::dns
