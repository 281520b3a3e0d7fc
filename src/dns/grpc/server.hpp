// The gRPC face: larder.dns.v1.Resolver and CacheAdmin, with reflection. No gRPC header is needed to include this.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "dns/admin_token.hpp"
#include "dns/cache_admin.hpp"
#include "dns/resolver.hpp"

namespace larder::dns {

struct GrpcParts {
  Resolver& resolver;
  CacheAdmin* admin = nullptr;  ///< Null: CacheAdmin's calls are UNIMPLEMENTED.
  const AdminToken* token =
      nullptr;  ///< Where it is set, CacheAdmin's callers show it as metadata: `authorization: Bearer TOKEN`.
  std::string certificate_pem = {}, key_pem = {};  ///< Not empty: TLS.
  const base::Clock& clock = base::SystemClock::instance();
};

/// Serves for as long as it lives.
///
/// Threads  gRPC's own. Answers leave from whichever thread has them.
/// Lifetime The end waits up to 2 s for calls under way, then cancels them. What it stands before lives longer.
class GrpcServer {
 public:
  /// Port 0 takes a free one. Without a token, changes (Put, Delete, Flush, Policy) are PERMISSION_DENIED unless `bind` is a loopback address.
  /// Errors: `unreachable`: the address is in use or is none of this machine's.
  static Result<std::unique_ptr<GrpcServer>> start(const std::string& bind, std::uint16_t port,
                                                   const GrpcParts& parts);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  std::uint16_t port() const noexcept;

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::dns
