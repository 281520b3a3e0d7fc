// One connection of a load generator: requests in, replies checked in the order in which they were
// asked for.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "lab/traffic.hpp"
#include "net/event_loop.hpp"
#include "net/stream.hpp"

namespace larder::lab {

/// What came of some requests.
struct LoadCounts {
  std::uint64_t gets = 0;  ///< Answered ones; so are sets and erases.
  std::uint64_t sets = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t errors = 0;  ///< Replies that begin with `-`.
  std::uint64_t wrong = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_in = 0;
  base::Histogram latency_ns;
  std::string first_error;  ///< The server's words.

  std::uint64_t answered() const noexcept { return latency_ns.count(); }
  void merge(const LoadCounts& other);
};

class LoadConnection;

/// The one that says what a connection sends. All calls on the loop's thread.
class LoadDriver {
 public:
  virtual ~LoadDriver() = default;
  /// Every request of `connection` was answered, the last ones at `now`.
  virtual void answered(LoadConnection& connection, base::Instant now) = 0;
  /// The connection is of no more use.
  virtual void failed(Error error) = 0;
};

/// What the connections of one thread share.
struct LoadShared {
  const Traffic& traffic;
  const base::Clock& clock;
  net::EventLoop& loop;
  LoadDriver& driver;
  LoadCounts* counts;        ///< Where replies are counted: changes between phases.
  std::vector<char> buffer;  ///< Of reads; holds a whole reply.
  base::Instant last_reply{};
};

class LoadConnection final : public net::Watcher {
 public:
  /// Throws nothing; `stream` is connected.
  LoadConnection(LoadShared& shared, std::unique_ptr<net::Stream> stream, std::string name);
  ~LoadConnection() override;
  /// Begins to listen for replies.
  Result<void> watch();

  /// Queues a request whose latency counts from `start`.
  void add(Op op, std::uint64_t key, base::Instant start);
  /// Queues AUTH.
  void add_auth(const std::string& user, const std::string& password, base::Instant start);
  /// Writes what is queued, as far as the kernel takes it; the loop sends the rest.
  void flush();

  std::size_t waiting() const noexcept { return pending_.size() - answered_; }
  /// Replies since the last call.
  std::uint64_t take_replies_counted() noexcept { return std::exchange(replies_, 0); }
  void ready(unsigned events) override;

 private:
  struct Pending {
    base::Instant start;
    std::uint64_t key;
    Op op;
  };

  void receive();
  std::size_t take_replies(std::string_view bytes, base::Instant now);
  bool count(const Pending& pending, const Traffic::Checked& checked, std::string_view bytes);
  void fail(Errc code, std::string why);

  LoadShared& shared_;
  std::unique_ptr<net::Stream> stream_;
  std::string name_;
  std::string out_;
  std::size_t sent_ = 0;
  bool watching_writes_ = false;
  bool failed_ = false;
  std::vector<Pending> pending_;
  std::size_t answered_ = 0;  ///< Of pending_; they go when all are.
  std::uint64_t replies_ = 0;
  std::string rest_;  ///< The beginning of a reply whose end has not come.
};

}  // namespace larder::lab
