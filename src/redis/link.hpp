// Link: the doing behind Client. A coroutine that connects, shakes hands, reads, and begins again
// when that ends; callers on any thread meet it at one mutex. All deciding is in Handshake,
// Pipeline and Backoff.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <queue>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "base/histogram.hpp"
#include "net/patient_stream.hpp"
#include "redis/backoff.hpp"
#include "redis/breaker.hpp"
#include "redis/client.hpp"
#include "redis/turns.hpp"
#include "resp/reply_reader.hpp"

namespace larder::redis {

class Client::Link : public std::enable_shared_from_this<Client::Link> {
 public:
  Link(const ClientOptions& options, boost::asio::io_context& context, const base::Clock& clock);

  void start();
  /// Ends the coroutine, soon.
  void stop();

  Result<void> wait_until_ready(base::Millis at_most);
  Result<Ticket> send(std::string_view request, std::uint32_t replies, Call& call,
                      base::Instant deadline, bool timed);
  std::optional<Error> ask(std::string_view request, std::uint32_t replies, Call& call,
                           Waiter& waiter, base::Instant deadline);
  std::optional<Error> leave(Ticket ticket, Errc why);
  ClientStats stats() const;
  void call_after(base::Nanos delay, std::function<void()> then);
  void reconnect(std::string why);
  void evict(std::string why);
  ClientHealth health() const;
  bool is_well(base::Nanos silence) const;

  std::uint32_t known_commands() const noexcept { return known_commands_; }
  bool can_push() const noexcept { return can_push_; }
  bool on_io_thread() const noexcept { return context_.get_executor().running_in_this_thread(); }
  const std::string& name() const noexcept { return name_; }
  const base::Clock& clock() const noexcept { return clock_; }

 private:
  // One read: a few hundred small replies. A large value says itself how much more it needs.
  static constexpr std::size_t kReadBytes = 16 * 1024;
  static constexpr std::size_t kReadBytesMax = 1024 * 1024;
  // What a connection keeps after a burst of large replies.
  static constexpr std::size_t kIdleBufferBytes = 256 * 1024;

  using Outcome = std::optional<Error>;  // None: it went well.
  using Protocol = boost::asio::generic::stream_protocol;
  using Endpoint = Protocol::endpoint;
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  // The coroutine and its parts; on the strand.
  Awaitable<void> live();
  Awaitable<Outcome> connect();
  Awaitable<Result<net::Endpoint>> ask_locator();
  Awaitable<Outcome> locate();
  Awaitable<Outcome> find_endpoints(std::vector<Endpoint>& into);
  Awaitable<Outcome> open_socket();
  Awaitable<Outcome> shake_hands();
  Awaitable<Outcome> write_all(const base::Buffer& bytes);
  Awaitable<Outcome> read_some();
  // The same over TLS: what the socket's readiness allows, until it is done.
  Awaitable<Outcome> write_all_tls(std::string_view bytes);
  Awaitable<Outcome> read_some_tls(std::span<char> into);
  void write_tls(std::size_t written);
  Outcome tls_failure(net::Transfer::Status status) const;
  Awaitable<Outcome> serve();
  Awaitable<void> pause(base::Millis time);
  Awaitable<void> wait_for_write();
  Outcome deliver();
  /// Requires mutex_. Those that are complete then are in finished_.
  Outcome read_replies();
  void flush();
  void begin_write(std::size_t from);
  void wrote(boost::system::error_code failure, std::size_t bytes);
  void close(std::string why);
  void drop_socket();
  void lost(const Error& why);
  void connected();
  void not_connected(const Error& why);
  void arm_deadlines();
  void pass_deadlines();
  void arm_watch(base::Nanos after);
  void watch();

  // link_direct.cpp. On the strand:
  void go_direct();
  Awaitable<Outcome> serve_direct();
  void take_back();
  // On threads that wait. All require the lock, and have it again when they return.
  using Lock = std::unique_lock<std::mutex>;
  void lead(Lock& lock, base::Instant deadline);
  bool write_queued(Lock& lock);
  void pass_on();
  bool gathers() const noexcept;

  /// Requires mutex_.
  Result<Ticket> submit(std::string_view request, std::uint32_t replies, Call& call);
  Error error(Errc code, Effect effect, std::string_view what) const;
  /// Requires mutex_.
  Error error_of_leaver(Effect effect, Errc why);
  Error error_of_breaker() const;

  struct Deadline {
    base::Instant when;
    Ticket ticket;
    bool operator>(const Deadline& other) const { return when > other.when; }
  };

  void changed(const std::optional<Error>& failure);
  /// Requires mutex_.
  void note_rtt();

  const ClientOptions options_;
  const std::string name_;
  const base::Clock& clock_;
  boost::asio::io_context& context_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;

  // On the strand only, but for what serves replies and writes: that is of whoever has the turn (turns_).
  Protocol::socket socket_;
  std::unique_ptr<net::Stream> tls_;  // Over socket_'s descriptor: goes before it does.
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer attempt_timer_;
  boost::asio::steady_timer deadline_timer_;
  boost::asio::steady_timer watch_timer_;
  boost::asio::steady_timer write_done_;
  boost::asio::steady_timer direct_timer_;
  Protocol direct_protocol_{0, 0};
  std::optional<net::PatientStream>
      direct_;  ///< The socket, while it is not Asio's. Threads that wait use it too.
  Backoff backoff_;
  resp::ReplyReader reader_;
  base::Buffer input_;
  base::Buffer writing_;
  std::size_t written_ = 0;
  std::vector<Call*> finished_;
  std::string closed_because_;
  net::Endpoint at_;  // Where it connects to: as the options say, or the locator.
  bool connecting_ = false;
  bool stopping_ = false;
  bool watch_armed_ = false;

  std::atomic<std::uint32_t> known_commands_{0};
  std::atomic<bool> can_push_{false};

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  Pipeline pipeline_;
  Turns turns_;
  Outcome direct_failure_;  ///< What a leader found out.
  base::Nanos rtt_smooth_{0};
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  base::Instant deadline_armed_for_ = base::Instant::max();
  bool connected_ = false;
  bool write_in_progress_ = false;
  bool flush_posted_ = false;
  bool first_attempt_over_ = false;
  Error last_failure_{};
  ClientStats stats_;
  Breaker breaker_;
  std::unique_ptr<base::Histogram> rtt_ = std::make_unique<base::Histogram>();
  std::unique_ptr<base::Histogram> rtt_before_ = std::make_unique<base::Histogram>();
  std::condition_variable first_attempt_;
};

}  // namespace larder::redis
