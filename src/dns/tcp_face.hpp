// TcpFace: DNS over TCP (RFC 7766): connections with many questions on the way, answered in whatever order they are known.
#pragma once

#include <larder/error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "dns/cache.hpp"
#include "dns/guard.hpp"
#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/udp.hpp"

namespace larder::dns {

struct TcpOptions {
  std::size_t connections_max = 1'000;
  std::size_t queries_max = 128;  ///< Under way on one connection; beyond it nothing is read.
  base::Millis idle{10'000};      ///< A connection without a question is closed.
};

class TcpConnection;

/// Threads  Of its loop's. Lifetime: the loop, the cache and the guard outlive it.
class TcpFace {
 public:
  TcpFace(net::EventLoop& loop, net::Socket listener, DnsCache& cache, Guard& guard,
          TcpOptions options = {});
  ~TcpFace();

  Result<void> start();
  void stop_listening();
  std::size_t connections() const noexcept { return connections_.size(); }

  /// Takes a connection over, as the listener does: tests bring streams of their own.
  std::shared_ptr<TcpConnection> add(std::unique_ptr<net::Stream> stream,
                                     const net::SocketAddress& peer);

 private:
  friend class TcpConnection;
  void accepted(net::Socket socket);
  void remove(TcpConnection& connection);
  void sweep();

  net::EventLoop& loop_;
  DnsCache& cache_;
  Guard& guard_;
  const TcpOptions options_;
  net::Listener listener_;
  std::unordered_map<TcpConnection*, std::shared_ptr<TcpConnection>> connections_;
  std::optional<net::TimerId> sweep_;
};

/// One client. Its loop's thread only, answers aside: those come from any lane and are posted.
class TcpConnection final : public net::Watcher,
                            public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(TcpFace& face, std::unique_ptr<net::Stream> stream, const net::SocketAddress& peer);

  void ready(unsigned events) override;
  void watch();
  void unwatch();
  bool is_idle(base::Instant now) const noexcept;

 private:
  bool read();
  bool take_queries();
  void serve(std::string_view query);
  void answer(std::string_view reply);
  bool write();
  void update_interest();
  void close();

  TcpFace& face_;
  std::unique_ptr<net::Stream> stream_;
  const net::SocketAddress peer_;
  std::string in_, out_;
  std::size_t under_way_ = 0;
  base::Instant used_;
  unsigned interest_ = 0;
  bool watched_ = false, ended_ = false, closed_ = false;
};

}  // namespace larder::dns
