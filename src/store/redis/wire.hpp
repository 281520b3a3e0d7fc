// How each operation travels to a Redis server: what is written, and how its replies are read. One
// row an operation.
//
// Each row is one atomic step on the server unless it says otherwise. Where a reply teaches that
// this server does not know a way, the row asks again in another one; nothing was executed then.
//
// What carries rows to servers and back (exchange.hpp) knows AnyRow only: it is compiled once, not once an operation.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "base/buffer.hpp"
#include "redis/client.hpp"
#include "resp/reply.hpp"
#include "store/operation.hpp"
#include "store/redis/native.hpp"

namespace larder::store {

/// What is known of one server. Shared by all calls.
struct Ways {
  explicit Ways(const redis::Client& server) noexcept : client(server) {}

  /// Native commands, as the newest connection learnt.
  bool knows(Native command) const noexcept {
    return (client.known_commands() >> static_cast<unsigned>(command) & 1U) != 0;
  }

  const redis::Client& client;
  std::atomic<bool> set_if_equal{
      true};  ///< SET … IFEQ: Redis 8.4, Valkey 8.1, larder serve. Until refused once.
};

/// A row whatever its operation.
class AnyRow {
 public:
  /// Appends commands, answers how many; 0: there is nothing to ask.
  virtual std::uint32_t write(base::Buffer& out, Ways& ways) = 0;
  virtual void read(std::uint32_t index, const resp::Value& reply, Ways& ways) = 0;
  /// After the last reply: true if it must be asked again, in another way.
  virtual bool again() noexcept { return false; }
  std::optional<Error>& failure() noexcept { return failure_; }

 protected:
  AnyRow() = default;
  ~AnyRow() = default;

  /// True if the reply is an error; the first one is kept.
  bool failed(const resp::Value& reply);
  /// Keeps it as the failure, unless there is one.
  void fail(Error why);
  /// Keeps "unexpected reply" as the failure.
  void unexpected();
  /// The reply's integer; 0 after keeping a failure.
  std::int64_t integer(const resp::Value& reply);
  /// The reply's text, or none for a null or after keeping a failure.
  std::optional<std::string_view> text(const resp::Value& reply);

 private:
  std::optional<Error> failure_;
};

/// The common part of all rows: the arguments, and the answer as it grows.
template <class Op>
class Row : public AnyRow {
 public:
  using Answer = typename Op::Answer;
  explicit Row(const Op& op) : op_(op) {}

  /// After the last reply, when nothing failed. Of one that was not asked: what is told of a key that nobody has.
  Answer take() {
    if constexpr (!std::is_void_v<Answer>) return std::move(answer_);
  }

 protected:
  ~Row() = default;

  const Op op_;
  std::conditional_t<std::is_void_v<Answer>, std::monostate, Answer> answer_{};
};

/// Most rows: always the same commands, whatever the server. Defined in wire.cpp.
///
/// MGET and MSET name a thousand keys a command, so that no command holds the server for long. A batch is not one atomic step.
template <class Op>
class PlainWire final : public Row<Op> {
 public:
  using Row<Op>::Row;
  std::uint32_t write(base::Buffer& out, Ways&) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways&) override;
};

/// SET … IFEQ where the server has it, else a script.
class CompareAndSetWire final : public Row<CompareAndSet> {
 public:
  using Row::Row;
  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t, const resp::Value& reply, Ways& ways) override;
  bool again() noexcept override { return std::exchange(again_, false); }

 private:
  enum class Way : std::uint8_t { native, script_by_hash, script };
  Way way_ = Way::native;
  bool again_ = false;
};

/// Rows that erase. Whoever is filling a miss of these keys must learn of it: larder serve sees to that itself, another
/// server keeps leases under side keys, which are erased first. What becomes of that does not matter: a user who may not
/// touch them has no leases either.
///
/// EXPIRE without a ttl: EXISTS, then PERSIST, which alone does not tell a persistent entry from none. An entry that comes
/// or goes between the two is as if it had come or gone before or after both.
template <class Op>
class EraseWire final : public Row<Op> {
 public:
  using Row<Op>::Row;
  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways&) override;

 private:
  std::uint32_t leases_ = 0;  ///< So many replies are about leases.
  std::int64_t sum_ = 0;
};

/// A sum. With ttl_if_new: larder serve's own command, else MULTI, SET key 0 NX PX ttl, INCRBY, EXEC: the SET creates
/// it with its deadline or leaves it alone, and no script's double rounds the number. A server without MULTI
/// answers the inner commands one by one; then others may see the 0 for the moment between them,
/// but the sum is as exact.
template <class Op>
class SumWire final : public Row<Op> {
 public:
  using Row<Op>::Row;
  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways&) override;
  bool again() noexcept override { return std::exchange(again_, false); }

 private:
  void read_native(const resp::Value& reply);
  void read_sum(const resp::Value& reply);

  bool native_ = false;
  bool refused_ = false;  ///< The server that answered is another than the one that was asked.
  bool again_ = false;
  bool transaction_ = false;
};

}  // namespace larder::store
