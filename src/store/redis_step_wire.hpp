// How leases, locks, limits and generations travel to a Redis server: larder serve's own command, or a script.
#pragma once

#include <string_view>
#include <vector>

#include "redis/script.hpp"
#include "store/redis_wire.hpp"

namespace larder::store {

/// Rows that have two ways. Which one was taken may turn out wrong when the answer comes, for requests outlive
/// connections: then it is asked again in the other. Nothing was executed in between.
///
///     native ──unknown command──> script by hash ──unknown script──> script
///        ^──────────unknown command, but the server has the native one──┘
template <class Op>
class StepRow : public Row<Op> {
 public:
  using Row<Op>::Row;
  bool again() noexcept { return std::exchange(again_, false); }

 protected:
  using Words = std::vector<std::string_view>;

  /// One command in both ways: the native one with its words, or the script with its keys and arguments.
  struct Ask {
    Native native;
    const redis::Script& script;
    Words native_words;  ///< After the name.
    Words keys;
    Words arguments;
  };
  std::uint32_t ask(base::Buffer& out, const Ask& ask, const Ways& ways);
  /// True: the reply is an answer. Otherwise it will be asked again, or the failure is kept.
  bool answered(const resp::Value& reply, const Ways& ways);

 private:
  enum class Way : std::uint8_t { unchosen, native, script_by_hash, script };
  Way way_ = Way::unchosen;
  Native native_ = Native::add;
  bool native_refused_ = false;
  bool again_ = false;
};

template <class Op>
bool StepRow<Op>::answered(const resp::Value& reply, const Ways& ways) {
  if (!reply.is_error()) return true;
  const bool unknown = redis::is_unknown_command(reply.text());
  if (way_ == Way::native && unknown) {
    native_refused_ = again_ = true;
    way_ = Way::script_by_hash;
  } else if (way_ == Way::script_by_hash && redis::is_unknown_script(reply.text())) {
    again_ = true;
    way_ = Way::script;
  } else if (way_ != Way::native && unknown && !native_refused_ && ways.knows(native_)) {
    again_ = true;
    way_ = Way::native;
  } else {
    this->failed(reply);
  }
  return false;
}

/// Those whose answer is 1 or 0.
template <class Op>
class YesNoRow : public StepRow<Op> {
 public:
  using StepRow<Op>::StepRow;
  void read(std::uint32_t, const resp::Value& reply, Ways& ways) {
    if (this->answered(reply, ways)) yes_ = this->integer(reply) == 1;
  }
  bool take() const { return yes_; }

 private:
  bool yes_ = false;
};

template <>
class Wire<LeaseMiss> : public StepRow<LeaseMiss> {
 public:
  using StepRow::StepRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  Lease take() { return std::move(lease_); }

 private:
  Lease lease_;
};

template <>
class Wire<Fill> : public YesNoRow<Fill> {
 public:
  using YesNoRow::YesNoRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<LockAcquire> : public StepRow<LockAcquire> {
 public:
  using StepRow::StepRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  LockGrant take() const { return grant_; }

 private:
  LockGrant grant_;
};

template <>
class Wire<LockExtend> : public YesNoRow<LockExtend> {
 public:
  using YesNoRow::YesNoRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<LockRelease> : public YesNoRow<LockRelease> {
 public:
  using YesNoRow::YesNoRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<FencedSet> : public YesNoRow<FencedSet> {
 public:
  using YesNoRow::YesNoRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<LimitTake> : public StepRow<LimitTake> {
 public:
  using StepRow::StepRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  Decision take() const { return decision_; }

 private:
  Decision decision_;
};

template <>
class Wire<LimitTakeAll> : public StepRow<LimitTakeAll> {
 public:
  using StepRow::StepRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  std::vector<Decision> take() { return std::move(decisions_); }

 private:
  std::vector<Decision> decisions_;
};

template <>
class Wire<AddOnce> : public StepRow<AddOnce> {
 public:
  using StepRow::StepRow;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  Counted take() const { return counted_; }

 private:
  Counted counted_;
};

template <>
class Wire<ShareAcquire> : public StepRow<ShareAcquire> {
 public:
  using StepRow::StepRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  LockGrant take() const { return grant_; }

 private:
  LockGrant grant_;
};

template <>
class Wire<ShareExtend> : public YesNoRow<ShareExtend> {
 public:
  using YesNoRow::YesNoRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<ShareRelease> : public YesNoRow<ShareRelease> {
 public:
  using YesNoRow::YesNoRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
};

template <>
class Wire<Generations> : public StepRow<Generations> {
 public:
  using StepRow::StepRow;
  static constexpr bool kRepeatable = true;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways);
  std::vector<std::uint64_t> take() { return std::move(numbers_); }

 private:
  std::vector<std::uint64_t> numbers_;
};

template <>
class Wire<BumpGeneration> : public StepRow<BumpGeneration> {
 public:
  using StepRow::StepRow;
  std::uint32_t write(base::Buffer& out, Ways& ways);
  void read(std::uint32_t, const resp::Value& reply, Ways& ways) {
    if (answered(reply, ways)) number_ = static_cast<std::uint64_t>(integer(reply));
  }
  std::uint64_t take() const { return number_; }

 private:
  std::uint64_t number_ = 0;
};

}  // namespace larder::store
