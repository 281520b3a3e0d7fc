// The driver behind `memory:`: every operation is one visit to an engine in this process.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/wakes.hpp"
#include "node/node.hpp"
#include "store/driver.hpp"
#include "store/local/upkeep.hpp"

namespace larder::store {

class LocalDriver;
using LocalBase = RunsEach<LocalDriver, Operations, StoreDriver>;

/// Cost     No system call; allocates nothing but the answer.
/// Threads  Safe from any thread. One thread of its own, from the first deadline on.
class LocalDriver final : public LocalBase {
 public:
  LocalDriver(std::string url, const node::NodeOptions& options, const base::Clock& clock);

  std::string_view url() const noexcept override { return url_; }
  std::string metrics_text() const override;
  bool answers_at_once() const noexcept override { return true; }
  base::Wakes* wakes() noexcept override { return &wakes_; }
  node::Node& node() noexcept { return node_; }

  Result<std::optional<Bytes>> answer(const Get& op, const CallOptions&);
  Result<bool> answer(const Set& op, const CallOptions&);
  Result<bool> answer(const CompareAndSet& op, const CallOptions&);
  Result<bool> answer(const Erase& op, const CallOptions&);
  Result<bool> answer(const Exists& op, const CallOptions&);
  Result<bool> answer(const Expire& op, const CallOptions&);
  Result<Ttl> answer(const TimeToLive& op, const CallOptions&);
  Result<std::int64_t> answer(const AddInteger& op, const CallOptions&);
  Result<double> answer(const AddDouble& op, const CallOptions&);
  Result<std::vector<std::optional<Bytes>>> answer(const GetMany& op, const CallOptions&);
  Result<void> answer(const SetMany& op, const CallOptions&);
  Result<std::size_t> answer(const EraseMany& op, const CallOptions&);
  // steps.cpp
  Result<Lease> answer(const LeaseMiss& op, const CallOptions&);
  Result<bool> answer(const Fill& op, const CallOptions&);
  Result<LockGrant> answer(const LockAcquire& op, const CallOptions&);
  Result<bool> answer(const LockExtend& op, const CallOptions&);
  Result<bool> answer(const LockRelease& op, const CallOptions&);
  Result<bool> answer(const FencedSet& op, const CallOptions&);
  Result<Decision> answer(const LimitTake& op, const CallOptions&);
  Result<std::vector<Decision>> answer(const LimitTakeAll& op, const CallOptions&);
  Result<Counted> answer(const AddOnce& op, const CallOptions&);
  Result<LockGrant> answer(const ShareAcquire& op, const CallOptions&);
  Result<bool> answer(const ShareExtend& op, const CallOptions&);
  Result<bool> answer(const ShareRelease& op, const CallOptions&);
  Result<std::vector<std::uint64_t>> answer(const Generations& op, const CallOptions&);
  Result<std::uint64_t> answer(const BumpGeneration& op, const CallOptions&);
  // driver.cpp
  Result<ScanPage> answer(const Scan& op, const CallOptions&);
  Result<std::size_t> answer(const Size&, const CallOptions&);
  Result<void> answer(const Flush&, const CallOptions&);
  Result<void> answer(const Ping&, const CallOptions&) { return {}; }
  Result<void> answer(const Configure& op, const CallOptions&);
  Result<std::string> answer(const Info&, const CallOptions&);

 private:
  // A Store is one keyspace; the engine's other databases belong to the server.
  static constexpr unsigned kDatabase = 0;

  void after_write(bool timed) noexcept;
  engine::Deadline deadline(const SetOptions& options) const;
  engine::Deadline deadline_of_sum(const engine::Entry& entry,
                                   std::optional<Millis> ttl_if_new) const;
  Result<void> write(engine::Entry& entry, std::string_view value, const SetOptions& options) const;

  std::string url_;
  base::Wakes wakes_;
  node::Node node_;
  Upkeep upkeep_{node_};
};

}  // namespace larder::store
