// How leases, locks, limits and generations travel to a Redis server: larder serve's own command, or a script.
#pragma once

#include <string_view>
#include <vector>

#include "redis/script.hpp"
#include "store/redis/wire.hpp"

namespace larder::store {

/// The way of a row that has two. Which one was taken may turn out wrong when the answer comes, for requests outlive
/// connections: then it is asked again in the other. Nothing was executed in between.
///
///     native ──unknown command──> script by hash ──unknown script──> script
///        ^──────────unknown command, but the server has the native one──┘
class StepWay {
 public:
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
  /// After an error reply. True: another way is worth a try.
  bool turns(const resp::Value& refusal, const Ways& ways);

 private:
  enum class Way : std::uint8_t { unchosen, native, script_by_hash, script };
  Way way_ = Way::unchosen;
  Native native_ = Native::add;
  bool native_refused_ = false;
};

/// Their words and answers are overloads in step_wire.cpp.
template <class Op>
class StepWire final : public Row<Op> {
 public:
  using Row<Op>::Row;
  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t, const resp::Value& reply, Ways& ways) override;
  bool again() noexcept override { return std::exchange(again_, false); }

 private:
  StepWay way_;
  bool again_ = false;
};

}  // namespace larder::store
