// A resolver in another process, asked by gRPC: the source of a front's cache.
#pragma once

#include <larder/error.hpp>

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "dns/source.hpp"
#include "net/event_loop.hpp"

namespace larder::dns {

/// One connection, which all sources of a process share. It is made when first asked, and made again when lost.
class GrpcLink;
/// `where`: "HOST:PORT", "grpc://HOST:PORT", or "grpcs://…" for TLS. `authorities_pem`: whose certificates are believed then; empty:
/// this system's. Errors: `bad_argument`.
Result<std::shared_ptr<GrpcLink>> open_grpc_link(const std::string& where,
                                                 const std::string& authorities_pem = {});

/// Lifetime Answers that come after its end are dropped. `loop` and `clock` live longer.
std::unique_ptr<Source> make_grpc_source(std::shared_ptr<GrpcLink> link, net::EventLoop& loop,
                                         const base::Clock& clock);

}  // namespace larder::dns
