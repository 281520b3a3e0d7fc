// StoreDriver: what stands behind a Store. One pair of calls for each operation of the closed list.
#pragma once

#include <larder/store.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "store/operation.hpp"
#include "store/pending.hpp"

namespace larder::store {

/// The two calls of one operation, stacked on those of the operations after it: one table of
/// virtuals in all.
template <class List>
class Runs;

template <>
class Runs<OperationList<>> {
 public:
  virtual ~Runs() = default;
  // The end of the two overload sets that the levels above widen.
  void run(const OperationList<>&) = delete;
  void start(const OperationList<>&) = delete;
};

template <class Op, class... Rest>
class Runs<OperationList<Op, Rest...>> : public Runs<OperationList<Rest...>> {
 public:
  using Answer = typename Op::Answer;
  using Runs<OperationList<Rest...>>::run;
  using Runs<OperationList<Rest...>>::start;

  /// Answers before it returns. Views in `op` need to live that long.
  virtual Result<Answer> run(const Op& op, const CallOptions& call) = 0;

  /// Answers through `pending`, now or later. Views in `op` live until `pending` was answered; the
  /// driver must not touch them after that.
  virtual void start(const Op& op, const CallOptions& call,
                     std::shared_ptr<Pending<Answer>> pending) {
    pending->answered(run(op, call));
  }
};

/// What stands behind a driver, as far as it decides what can be relied on.
struct Backing {
  enum class Kind : std::uint8_t {
    process,
    folder,
    server,
    ring,
    rehashing_ring,
    sentinel,
    cluster
  };
  Kind kind = Kind::process;
  bool native = true;  ///< Locks, limits and fills by commands of their own, not by scripts.
  bool reads_replicas = false;  ///< Plain reads may be of a moment ago.
};
std::vector<Capability> capabilities_of(Backing backing);

struct RedisAccess;

}  // namespace larder::store

namespace larder {

/// Arguments have passed store/check.hpp before they come here.
/// Threads  Safe from any thread.
class StoreDriver : public store::Runs<store::Operations> {
 public:
  /// The URL it was opened with, without a password.
  virtual std::string_view url() const noexcept = 0;
  virtual std::string metrics_text() const = 0;
  /// True: `run` never waits, so a coroutine may call it in place.
  virtual bool answers_at_once() const noexcept = 0;
  virtual Result<void> add_server(std::string_view server, const ServerOptions& options);
  virtual Result<void> remove_server(std::string_view name);
  virtual std::vector<ServerHealth> health() const;
  virtual store::Backing backing() const { return {}; }
  /// Where those wait who are told of releases. Null: nobody is told, they have to ask again.
  virtual base::Wakes* wakes() noexcept { return nullptr; }
  /// None: no Redis server is behind it. See redis/access.hpp.
  virtual const store::RedisAccess* redis() const noexcept { return nullptr; }
};

}  // namespace larder

namespace larder::store {

/// Turns every `run` of the list into `Derived::answer(op, call)`: a driver writes one function an
/// operation, or one template for all of them.
template <class Derived, class List, class Base>
class RunsEach;

template <class Derived, class Base>
class RunsEach<Derived, OperationList<>, Base> : public Base {
 public:
  using Base::Base;
};

template <class Derived, class Op, class... Rest, class Base>
class RunsEach<Derived, OperationList<Op, Rest...>, Base>
    : public RunsEach<Derived, OperationList<Rest...>, Base> {
 public:
  using RunsEach<Derived, OperationList<Rest...>, Base>::RunsEach;
  using RunsEach<Derived, OperationList<Rest...>, Base>::run;

  Result<typename Op::Answer> run(const Op& op, const CallOptions& call) override {
    return static_cast<Derived&>(*this).answer(op, call);
  }
};

}  // namespace larder::store
