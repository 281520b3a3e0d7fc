// One thread of a load generator: its connections, and what they send in each phase.
#pragma once

#include <larder/error.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "lab/bench.hpp"
#include "lab/distribution.hpp"
#include "lab/load_connection.hpp"
#include "net/event_loop.hpp"

namespace larder::lab {

/// What all threads of one run see.
struct LoadRun {
  const BenchOptions& options;
  Distribution distribution;
  const Traffic& traffic;
  const base::Clock& clock;

  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> answered{0};  ///< In this phase, by all threads: for the progress bar.
  std::function<void(base::Instant now)> tick = {};
  std::mutex failure_mutex = {};
  std::optional<Error> failure = {};  // Guarded by failure_mutex.

  void fail(Error error);
};

class LoadWorker final : public LoadDriver {
 public:
  /// How long a server may say nothing before the run is given up.
  static constexpr base::Millis kSilenceMax{10'000};

  LoadWorker(LoadRun& run, unsigned index);
  ~LoadWorker() override;

  /// Connects and, with a password, authenticates.
  void connect();
  /// Sends `op` for every key of this thread's share, in large batches.
  void sweep(Op op);
  /// Random requests until `until`, or `requests` of them where that is not 0.
  void closed_loop(base::Instant until, std::uint64_t requests);
  /// Random requests on a schedule: this thread's share of `rate`, none left out. Answers how many
  /// had to wait for room in a pipeline.
  std::uint64_t open_loop(base::Instant from, base::Instant until, std::uint64_t requests);

  /// Hands over what was counted since the last call.
  LoadCounts take_counts();
  /// What each of its connections was answered since the last call.
  std::vector<std::uint64_t> take_replies();
  base::Instant last_reply() const noexcept { return shared_.last_reply; }

 private:
  enum class Phase : std::uint8_t { quiet, sweep, closed };

  void answered(LoadConnection& connection, base::Instant now) override;
  void failed(Error error) override { run_.fail(std::move(error)); }

  /// Gives `connection` its next batch. False: there is none.
  bool refill(LoadConnection& connection, base::Instant now);
  bool refill_sweep(LoadConnection& connection, base::Instant now);
  bool refill_closed(LoadConnection& connection, base::Instant now);
  void add_random(LoadConnection& connection, base::Instant start);
  LoadConnection* with_room();
  void begin(Phase phase);
  /// Turns the loop until every connection has all its replies.
  void finish();
  void turn(base::Nanos wait_at_most);
  bool waiting() const;

  LoadRun& run_;
  unsigned index_;
  net::EventLoop loop_;
  LoadCounts counts_;
  LoadShared shared_;
  KeyPicker picker_;
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  std::size_t next_connection_ = 0;

  Phase phase_ = Phase::quiet;
  Op sweep_op_ = Op::set;
  std::uint64_t sweep_next_ = 0;
  base::Instant until_{};
  std::uint64_t left_ = 0;  ///< Requests still to send in a closed loop.
  std::uint64_t told_ = 0;  ///< Of counts_, already in run_.answered.
  base::Instant last_tick_{};
};

}  // namespace larder::lab
