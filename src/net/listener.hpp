// Listener: accepts connections on a loop and hands them on, a bounded number a turn.
//
// One listener for all I/O threads, not SO_REUSEPORT with one each: the kernel would spread by a hash of addresses, 50
// connections over two threads as 30 and 20 or worse, and another program of the same user could share the port
// unnoticed. Who takes the connections can count, and give each to the idlest.
#pragma once

#include <functional>
#include <optional>

#include "net/event_loop.hpp"
#include "net/socket.hpp"

namespace larder::net {

/// Threads   Of its loop's, except the constructor and destructor while the loop does not run.
/// Lifetime  The loop outlives it.
class Listener final : public Watcher {
 public:
  using Accepted = std::function<void(Socket socket)>;

  /// `socket` is a result of listen_tcp. Nothing is accepted before start().
  Listener(EventLoop& loop, Socket socket, Accepted accepted);
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Result<void> start();
  /// Closes the socket: who comes now is refused by the kernel. Safe to call twice.
  void stop();
  void ready(unsigned events) override;

  /// Connections taken in one turn: a storm of newcomers must not starve those who are served.
  static constexpr int kAcceptsPerTurn = 64;

 private:
  void pause();

  EventLoop& loop_;
  Socket socket_;
  Accepted accepted_;
  std::optional<TimerId> retry_;
};

}  // namespace larder::net
