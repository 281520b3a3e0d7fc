// Upkeep of an in-process engine: a thread that comes to life with the first deadline and sleeps
// when none is left.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "node/node.hpp"

namespace larder::store {

/// Lifetime  The node outlives it. The destructor waits for at most one slice.
/// Threads   `wake` from any thread.
class Upkeep {
 public:
  explicit Upkeep(node::Node& node) noexcept : node_(node) {}
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  /// Says that there is (or may soon be) something to sweep: a deadline was set, a database was
  /// flushed. Cost: one relaxed load while the thread is at work anyway.
  void wake() noexcept {
    if (!awake_.load(std::memory_order_relaxed)) rouse();
  }

 private:
  void rouse() noexcept;
  void live();
  void sweep_all();

  node::Node& node_;
  std::atomic<bool> awake_{false};
  std::mutex mutex_;
  // Guarded by mutex_:
  bool stopping_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace larder::store
