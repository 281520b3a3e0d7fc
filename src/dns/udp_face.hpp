// UdpFace: answers datagrams on one lane. Near hits leave with the batch that they came in; the rest is answered when it is known.
#pragma once

#include <memory>

#include "dns/cache.hpp"
#include "dns/guard.hpp"
#include "net/event_loop.hpp"
#include "net/udp.hpp"

namespace larder::dns {

/// Threads  Of its loop's. Several faces may share one socket, each on its loop.
/// Lifetime The loop, the cache and the guard outlive it.
class UdpFace final : public net::Watcher {
 public:
  UdpFace(net::EventLoop& loop, std::shared_ptr<net::Socket> socket, DnsCache& cache, Guard& guard);
  ~UdpFace() override;

  Result<void> start();
  /// No further query is read; answers under way still leave.
  void stop();
  void ready(unsigned events) override;

 private:
  /// Bytes of the reply in `room`; 0: none now.
  std::size_t serve(std::size_t i);
  void resolve_later(std::size_t i, const Query& query, std::size_t bytes_max);

  net::EventLoop& loop_;
  const std::shared_ptr<net::Socket> socket_;
  DnsCache& cache_;
  Guard& guard_;
  net::UdpBatch batch_;
  bool watching_ = false;
};

}  // namespace larder::dns
