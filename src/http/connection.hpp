// One HTTP connection: reads a request, waits for its reply, writes it, and again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "http/parse.hpp"
#include "http/server.hpp"
#include "net/event_loop.hpp"
#include "net/stream.hpp"

namespace larder::http {

class ReplySlot;

/// What the connections of a server have in common.
struct ConnectionContext {
  std::shared_ptr<net::EventLoop> loop;
  const Options& options;
  const Handler& handler;
  bool loopback_only = true;
  std::function<void(const void* connection)> gone;  ///< Forgets it.
};

/// Threads  Its loop's only; replies come from anywhere and are posted.
class Connection final : public net::Watcher, public std::enable_shared_from_this<Connection> {
 public:
  Connection(const ConnectionContext& context, std::unique_ptr<net::Stream> stream);
  ~Connection() override;

  void start();
  void ready(unsigned events) override;

 private:
  friend class ReplySlot;
  enum class State : std::uint8_t { reading, waiting, closing, lingering, closed };
  enum class Input : std::uint8_t { some, none, over };

  void advance();
  bool step();
  void read_request();
  Input read();
  bool write();
  void handle();
  void respond(const Response& response, bool keep_alive);
  void replied(const ReplySlot& slot);
  void begin_closing();
  void discard();
  void update_interest();
  void expire_after(base::Nanos time);
  void expired();
  void close();

  const ConnectionContext& context_;
  const std::unique_ptr<net::Stream> stream_;
  std::optional<RequestReader> reader_;
  std::shared_ptr<ReplySlot> slot_;  ///< Of the request that waits for its reply.
  std::string in_, out_;
  std::optional<net::TimerId> timer_;
  base::Instant deadline_, timer_at_;
  std::size_t linger_bytes_ = 0;
  unsigned interest_ = 0;
  State state_ = State::reading;
  bool readable_ = true, watched_ = false;
  bool keep_alive_ = false, head_ = false, faulty_ = false;
  unsigned version_ = 11;
};

}  // namespace larder::http
