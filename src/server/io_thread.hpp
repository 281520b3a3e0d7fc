// IoThread: an event loop with its share of the connections, on a thread of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "net/event_loop.hpp"
#include "server/connection.hpp"
#include "server/context.hpp"

namespace larder::server {

class IoThread;
struct Gift;

/// What all threads share: of the server, outlives them.
struct Shared {
  node::Node& node;
  const base::Clock& clock;
  const ServerOptions& options;
  Host& host;
  base::WallBridge& bridge;
  Settings& settings;
  Pause& pause;
  PubSub& pub_sub;
  std::atomic<std::size_t> buffered_bytes{0};  ///< Held for all connections: buffers, transactions.
  std::atomic<bool> evicting{false};           ///< A connection was chosen and is about to go.
  std::vector<IoThread*> peers{};              ///< All threads, by number, before the first starts.
};

/// Threads  adopt(), take_over(), drain(), close_client(), evict_client(), wake_client(), wake_held(), join(), counters() and load() from any; the rest on its own thread.
class IoThread final : public ClientKeeper {
 public:
  IoThread(Shared& shared, unsigned number);
  ~IoThread();

  void start();
  /// Takes over a fresh connection; with `tls`, to be spoken to inside it.
  void adopt(net::Socket socket, net::TlsContext::Pointer tls);
  /// Finishes what was received, sends what waits, closes, ends the thread; after `at_most` it
  /// cuts.
  void drain(base::Millis at_most);
  void close_client(std::uint64_t id) override;
  void evict_client(std::uint64_t id) override;
  void wake_client(std::uint64_t id) override;
  /// Those whom a pause held back try again.
  void wake_held();
  void join();

  /// Runs every now and then, in slices, while the thread lives; before start() only.
  void keep_swept();

  net::EventLoop& loop() noexcept { return loop_; }
  Counters& counters() noexcept { return counters_; }
  const Counters& counters() const noexcept { return counters_; }
  /// Connections it has, those on their way included.
  std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }

 private:
  class Served;

  void run();
  void open(net::Socket socket, const net::TlsContext* tls);
  void close(Served& served);
  void note_handshake(Served& served, bool overdue);
  void act(Served& served, Connection::Next next);
  void run_again();
  void settle();
  void hold(Served& served);
  void resume_held();
  void pass_messages();
  void patrol();
  void sweep();
  void cut(Served& served);
  void evict_largest();
  void account(Served& served) noexcept;

  // io_thread_balance.cpp
  void note_work(Served& served, std::uint64_t work);
  void forget_work(Served& served) noexcept;
  void balance();
  void give(const Gift& gift);
  bool move(Served& served, IoThread& to);
  bool take_over(std::unique_ptr<Served>& served);
  void take_in();
  bool close_arrivals();
  std::unique_ptr<Served> take_out(Served& served);
  bool put_in(std::unique_ptr<Served> served);
  bool pass_on(std::uint64_t id, void (ClientKeeper::*ask)(std::uint64_t));

  Shared& shared_;
  const unsigned number_;
  net::EventLoop loop_;
  Counters counters_;
  base::Random random_;
  Context context_;
  Scratch scratch_;
  std::vector<std::unique_ptr<Served>> served_;
  std::unordered_map<std::uint64_t, Served*> by_id_;
  std::vector<Served*> again_;     // Have work left from their turn.
  std::vector<Served*> running_;   // again_ of the present round.
  std::vector<Served*> awaiting_;  // Their replies wait for the log, until the end of the turn.
  std::vector<Served*> held_;      // Wait for the end of a pause.
  std::optional<net::TimerId> held_timer_;  // Looks at held_ when the pause is over.
  std::size_t patrol_at_ = 0;
  std::atomic<std::size_t> load_{0};
  bool sweep_more_ = false;
  bool draining_ = false;
  base::Instant drain_until_{};
  std::vector<Served*> active_;  // Had a turn in the present period.
  std::uint64_t work_ = 0;       // Estimated, of the present period: what balance.hpp counts in.
  unsigned busy_in_a_row_ = 0;
  std::atomic<std::uint64_t> work_lately_{0};  // Of the last period: the others look at it.
  std::mutex woken_mutex_;
  std::vector<std::uint64_t> woken_;  // Guarded by woken_mutex_: have mail.
  std::mutex arriving_mutex_;
  // Guarded by arriving_mutex_:
  std::vector<std::unique_ptr<Served>> arriving_;  // Given by others.
  bool arriving_closed_ = false;
  std::thread thread_;
};

}  // namespace larder::server
