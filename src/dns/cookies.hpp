// DNS cookies (RFC 7873): a client that brings back the cookie it was given is where it says it is, so that its answers need no bound.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "base/hash.hpp"

namespace larder::dns {

/// Threads  Safe from any thread. The secret is the process' own: after a restart clients learn a new cookie.
class Cookies {
 public:
  /// Bytes of a client's cookie with ours behind it, as a reply has them.
  static constexpr std::size_t kBytes = 8 + 16;

  explicit Cookies(const base::Clock& clock);

  /// Whether the option's bytes carry a cookie of ours for this host, not older than an hour.
  bool is_known(std::string_view option, std::string_view host) const noexcept;
  /// Writes the reply's option to `out`, kBytes long. `option` has the client's 8 bytes at least.
  void write(char* out, std::string_view option, std::string_view host) const noexcept;

 private:
  std::uint32_t now_s() const noexcept;
  void sign(char* out, std::string_view client, std::uint32_t time_s,
            std::string_view host) const noexcept;

  const base::Clock& clock_;
  const base::HashKey key_;
};

}  // namespace larder::dns
