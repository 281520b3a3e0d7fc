// Errands: work that waits, such as a scan of the shared store, on a thread of its own, so that no lane does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace larder::dns {

/// Threads  Safe from any thread. The thread begins with the first errand.
class Errands {
 public:
  /// True: do it. False: too many wait, or it is over; say so to whoever asked.
  using Errand = std::function<void(bool runs)>;

  /// `at_once`: nothing ever waits, and every errand runs on its caller's thread.
  explicit Errands(bool at_once) : at_once_(at_once) {}
  ~Errands();

  void run(Errand errand);

  static constexpr std::size_t kWaitingMax = 64;

 private:
  void work();

  const bool at_once_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Errand> waiting_;  // Guarded by mutex_.
  bool over_ = false;           // Guarded by mutex_.
  std::thread thread_;          // Guarded by mutex_, until the end.
};

}  // namespace larder::dns
