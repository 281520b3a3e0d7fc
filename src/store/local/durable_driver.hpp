// The driver behind `memory:/folder`: an engine in this process, and what keeps it on disk.
#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include "node/durability.hpp"
#include "node/load_clock.hpp"
#include "store/driver.hpp"
#include "store/local/driver.hpp"
#include "store/url.hpp"

namespace larder::store {

class DurableDriver;
using DurableBase = RunsEach<DurableDriver, Operations, StoreDriver>;

/// A call that writes, or may have read what is not safe yet, returns when it is: in the kernel, or on the disk with
/// fsync=always.
///
/// Errors   Beside LocalDriver's: `io`, refused: the disk has refused before, and nothing was changed; `io`,
///          maybe_executed: it has refused this very write, which is in memory and may yet reach the disk.
/// Threads  Safe from any thread. One thread of its own, beside LocalDriver's.
/// Cost     A write to the kernel for each call that writes; with fsync=always an fsync, shared by all who wait.
class DurableDriver final : public DurableBase {
 public:
  /// Errors: `io`: the folder cannot be had, or holds what cannot be loaded.
  static Result<std::shared_ptr<StoreDriver>> open(std::string url, const MemoryUrl& read,
                                                   const base::Clock& clock);
  /// Makes a last snapshot.
  ~DurableDriver() override;

  std::string_view url() const noexcept override { return local_.url(); }
  std::string metrics_text() const override { return local_.metrics_text(); }
  bool answers_at_once() const noexcept override { return true; }
  base::Wakes* wakes() noexcept override { return local_.wakes(); }
  Backing backing() const override { return {Backing::Kind::folder}; }

  template <class Op>
  Result<typename Op::Answer> answer(const Op& op, const CallOptions& call) {
    if constexpr (kWrites<Op>) {
      if (durability_->refuses()) return refusal();
    }
    const std::uint64_t mark = durability_->mark();
    auto answered = local_.answer(op, call);
    if (!durability_->must_flush(mark)) return answered;
    const bool wrote = durability_->wrote_since(mark);
    if (auto flushed = durability_->flush(); !flushed && wrote) return flushed.error();
    return answered;
  }

 private:
  /// Named are those that only read: what is forgotten here is refused too often, not too seldom.
  template <class Op>
  static constexpr bool kWrites =
      !(std::is_same_v<Op, Get> || std::is_same_v<Op, Exists> || std::is_same_v<Op, TimeToLive> ||
        std::is_same_v<Op, GetMany> || std::is_same_v<Op, LeaseMiss> || std::is_same_v<Op, Scan> ||
        std::is_same_v<Op, Size> || std::is_same_v<Op, Ping> || std::is_same_v<Op, Configure> ||
        std::is_same_v<Op, Info>);

  DurableDriver(std::string url, const MemoryUrl& read, const base::Clock& clock);
  Error refusal() const;

  node::LoadClock clock_;
  std::unique_ptr<node::Durability> durability_;  // Goes after what it listens to.
  LocalDriver local_;
};

}  // namespace larder::store
