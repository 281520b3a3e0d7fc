// How each operation travels to a Redis server: what is written, and how its replies are read. One
// row an operation.
//
// Each row is one atomic step on the server unless it says otherwise. Where a reply teaches that
// this server does not know a way, the row asks again in another one; nothing was executed then.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/buffer.hpp"
#include "redis/client.hpp"
#include "redis/reply_error.hpp"
#include "resp/reply.hpp"
#include "store/native.hpp"
#include "store/operation.hpp"

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

/// The common part of all rows: the arguments, the answer as it grows, the first failure.
template <class Op>
class Row {
 public:
  explicit Row(const Op& op) : op_(op) {}

  /// After the last reply: true if it must be asked again, in another way.
  bool again() noexcept { return false; }
  std::optional<Error>& failure() noexcept { return failure_; }

  /// Asking twice tells and changes no more than asking once, whoever writes in between.
  static constexpr bool kRepeatable = false;

 protected:
  /// True if the reply is an error; the first one is kept.
  bool failed(const resp::Value& reply);
  /// Keeps "unexpected reply" as the failure.
  void unexpected();
  /// The reply's integer; 0 after keeping a failure.
  std::int64_t integer(const resp::Value& reply);
  /// The reply's text, or none for a null or after keeping a failure.
  std::optional<std::string_view> text(const resp::Value& reply);

  Op op_;
  std::optional<Error> failure_;
};

template <class Op>
bool Row<Op>::failed(const resp::Value& reply) {
  if (!reply.is_error()) return false;
  if (!failure_) failure_ = redis::error_from(reply.text());
  return true;
}

template <class Op>
void Row<Op>::unexpected() {
  if (!failure_)
    failure_ = Error{Errc::protocol, Effect::maybe_executed, "a reply of an unexpected kind"};
}

template <class Op>
std::int64_t Row<Op>::integer(const resp::Value& reply) {
  if (failed(reply)) return 0;
  if (reply.type() != resp::Type::integer) unexpected();
  return reply.integer();
}

template <class Op>
std::optional<std::string_view> Row<Op>::text(const resp::Value& reply) {
  if (failed(reply) || reply.is_null()) return std::nullopt;
  if (!reply.is_text()) unexpected();
  return reply.text();
}

/// A row has:
///   std::uint32_t write(base::Buffer& out, Ways& ways);  appends commands, answers how many; 0:
///   nothing to ask void read(std::uint32_t index, const resp::Value& reply, Ways& ways); Answer
///   take();                                       after the last reply, when nothing failed
template <class Op>
class Wire;

template <>
class Wire<Get> : public Row<Get> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) {
    if (const auto value = text(reply)) value_.emplace(*value);
  }
  std::optional<Bytes> take() { return std::move(value_); }

 private:
  std::optional<Bytes> value_;
};

template <>
class Wire<Set> : public Row<Set> {
 public:
  using Row::Row;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { written_ = text(reply).has_value(); }
  bool take() const { return written_; }

 private:
  bool written_ = false;
};

/// SET … IFEQ where the server has it, else a script.
template <>
class Wire<CompareAndSet> : public Row<CompareAndSet> {
 public:
  using Row::Row;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  bool again() noexcept { return std::exchange(again_, false); }
  bool take() const { return written_; }

 private:
  enum class Way : std::uint8_t { native, script_by_hash, script };
  Way way_ = Way::native;
  bool again_ = false;
  bool written_ = false;
};

/// Rows whose one reply is an integer.
template <class Op>
class IntegerRow : public Row<Op> {
 public:
  using Row<Op>::Row;
  void read(std::uint32_t, const resp::Value& reply, Ways&) { sum_ += this->integer(reply); }
  typename Op::Answer take() const { return static_cast<typename Op::Answer>(sum_); }

 protected:
  std::int64_t sum_ = 0;
};

/// Rows that erase. Whoever is filling a miss of these keys must learn of it: larder serve sees to that itself, another
/// server keeps leases under side keys, which are erased first. What becomes of that does not matter: a user who may not
/// touch them has no leases either.
template <class Op>
class EraseRow : public Row<Op> {
 public:
  using Row<Op>::Row;
  void read(std::uint32_t index, const resp::Value& reply, Ways&) {
    if (index >= leases_) sum_ += this->integer(reply);
  }
  typename Op::Answer take() const { return static_cast<typename Op::Answer>(sum_); }

 protected:
  std::uint32_t write_erase(base::Buffer& out, std::span<const std::string_view> keys,
                            const Ways& ways);

 private:
  std::uint32_t leases_ = 0;  ///< So many replies are about leases.
  std::int64_t sum_ = 0;
};

template <>
class Wire<Erase> : public EraseRow<Erase> {
 public:
  using EraseRow::EraseRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<Exists> : public IntegerRow<Exists> {
 public:
  using IntegerRow::IntegerRow;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
};

/// Without a ttl: EXISTS, then PERSIST, which alone does not tell a persistent entry from none. An
/// entry that comes or goes between the two is as if it had come or gone before or after both.
template <>
class Wire<Expire> : public EraseRow<Expire> {
 public:
  using EraseRow::EraseRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<TimeToLive> : public Row<TimeToLive> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { millis_ = integer(reply); }
  Ttl take() const;

 private:
  std::int64_t millis_ = 0;
};

/// A sum. With ttl_if_new: larder serve's own command, else MULTI, SET key 0 NX PX ttl, INCRBY, EXEC: the SET creates
/// it with its deadline or leaves it alone, and no script's double rounds the number. A server without MULTI
/// answers the inner commands one by one; then others may see the 0 for the moment between them,
/// but the sum is as exact.
template <class Op>
class SumRow : public Row<Op> {
 public:
  using Row<Op>::Row;
  bool again() noexcept { return std::exchange(again_, false); }
  void read(std::uint32_t index, const resp::Value& reply, Ways&);

 protected:
  /// How this kind of sum is called by both kinds of server.
  struct Names {
    Native native;
    std::string_view command;
  };
  std::uint32_t write_sum(base::Buffer& out, const Names& names, std::string_view delta,
                          const Ways& ways);
  virtual void read_sum(const resp::Value& reply) = 0;
  ~SumRow() = default;

 private:
  void read_native(const resp::Value& reply);

  bool native_ = false;
  bool refused_ = false;  ///< The server that answered is another than the one that was asked.
  bool again_ = false;
  bool transaction_ = false;
};

template <>
class Wire<AddInteger> final : public SumRow<AddInteger> {
 public:
  using SumRow::SumRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  std::int64_t take() const { return sum_; }

 private:
  void read_sum(const resp::Value& reply) override { sum_ = integer(reply); }
  std::int64_t sum_ = 0;
};

template <>
class Wire<AddDouble> final : public SumRow<AddDouble> {
 public:
  using SumRow::SumRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  double take() const { return sum_; }

 private:
  void read_sum(const resp::Value& reply) override;
  double sum_ = 0;
};

/// MGET, a thousand keys a command, so that no command holds the server for long.
template <>
class Wire<GetMany> : public Row<GetMany> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&);
  std::vector<std::optional<Bytes>> take() { return std::move(values_); }

 private:
  std::vector<std::optional<Bytes>> values_;
};

/// MSET, a thousand entries a command; with a deadline or a condition one SET an entry. Not one
/// atomic step.
template <>
class Wire<SetMany> : public Row<SetMany> {
 public:
  using Row::Row;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { failed(reply); }
  void take() const {}
};

template <>
class Wire<EraseMany> : public EraseRow<EraseMany> {
 public:
  using EraseRow::EraseRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<Scan> : public Row<Scan> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&);
  ScanPage take() { return std::move(page_); }

 private:
  ScanPage page_;
};

template <>
class Wire<Size> : public IntegerRow<Size> {
 public:
  using IntegerRow::IntegerRow;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
};

template <>
class Wire<Flush> : public Row<Flush> {
 public:
  using Row::Row;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { failed(reply); }
  void take() const {}
};

template <>
class Wire<Ping> : public Row<Ping> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { failed(reply); }
  void take() const {}
};

/// CONFIG SET: for all databases of the server.
template <>
class Wire<Configure> : public Row<Configure> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { failed(reply); }
  void take() const {}
};

template <>
class Wire<Info> : public Row<Info> {
 public:
  using Row::Row;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways&);
  void read(std::uint32_t, const resp::Value& reply, Ways&) { words_ = text(reply).value_or(""); }
  std::string take() { return std::move(words_); }

 private:
  std::string words_;
};

template <class Op>
void SumRow<Op>::read_native(const resp::Value& reply) {
  if (reply.is_error() && redis::is_unknown_command(reply.text())) {
    refused_ = again_ = true;
    return;
  }
  read_sum(reply);
}

template <class Op>
void SumRow<Op>::read(std::uint32_t index, const resp::Value& reply, Ways&) {
  if (!this->op_.ttl_if_new) return read_sum(reply);
  if (native_) return read_native(reply);
  switch (index) {
    case 0:
      transaction_ = !reply.is_error();
      break;
    case 1:
      if (reply.is_error()) this->failed(reply);
      break;
    case 2:
      if (!transaction_)
        read_sum(reply);
      else if (reply.is_error())
        this->failed(reply);
      break;
    default:
      // EXECABORT only repeats that one of the two was refused; that refusal is kept already.
      if (!transaction_ || this->failed(reply)) return;
      if (reply.size() != 2) return this->unexpected();
      read_sum(reply[1]);
  }
}

}  // namespace larder::store
