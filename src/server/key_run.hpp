// KeyRun: neighbours in a pipeline that are all plain GETs, or all plain SETs, done together. Their keys are hashed and
// fetched into the cache side by side and each shard is locked once; one by one, every lookup would wait for memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/buffer.hpp"
#include "engine/mode.hpp"
#include "resp/writer.hpp"
#include "server/client.hpp"
#include "server/command.hpp"

namespace larder::server {

struct Context;

/// Lifetime  A thread has one for all its sessions: 2.5 KiB would be much for each connection, and much to clear for
///           each turn.
class KeyRun {
 public:
  /// As many as a node takes in one step.
  static constexpr std::size_t kRequestsMax = 64;

  bool empty() const noexcept { return count_ == 0; }
  void clear() noexcept { count_ = 0; }

  /// True, and taken in: a request that may wait for its neighbours. Its arguments must stay where they are until
  /// execute(). `begin` is where it starts in the input.
  bool take(std::span<const std::string_view> args, std::string_view input, std::size_t begin) {
    const Kind kind = kind_of(args);
    if (kind == Kind::none || full() || (kind != kind_ && count_ > 0)) return false;
    if (!within(args[1], input)) return false;
    kind_ = kind;
    keys_[count_] = args[1];
    values_[count_] = args.back();
    begins_[count_] = begin;
    ++count_;
    return true;
  }

  /// Executes the run and empties it. Returns where in the input to go on: behind the run, or, when `output_bytes` of
  /// replies were reached, at the first request that was not executed.
  std::size_t execute(Context& context, Client& client, base::Buffer& out, std::size_t behind,
                      std::size_t output_bytes);

 private:
  enum class Kind : std::uint8_t { none, get, set };

  bool full() const noexcept { return count_ == kRequestsMax; }
  /// By the shape alone: three letters and the right number of arguments.
  static Kind kind_of(std::span<const std::string_view> args) noexcept {
    if (args[0].size() != 3 || (args.size() != 2 && args.size() != 3)) return Kind::none;
    const auto letter = [name = args[0].data()](std::size_t i) { return name[i] | 0x20; };
    if (letter(1) != 'e' || letter(2) != 't') return Kind::none;
    if (args.size() == 2) return letter(0) == 'g' ? Kind::get : Kind::none;
    return letter(0) == 's' ? Kind::set : Kind::none;
  }
  /// An inline command's arguments live in the reader, and only until its next request.
  static bool within(std::string_view text, std::string_view input) noexcept {
    return text.data() >= input.data() && text.data() <= input.data() + input.size();
  }

  template <class Fn>
  void visit(Context& context, const Client& client, engine::Mode mode, Fn&& fn) const;
  void get(Context& context, Client& client, base::Buffer& out, std::size_t output_bytes,
           std::size_t& answered);
  void set(Context& context, Client& client, base::Buffer& out, std::size_t& answered);

  Kind kind_ = Kind::none;
  std::size_t count_ = 0;
  std::array<std::string_view, kRequestsMax> keys_;
  std::array<std::string_view, kRequestsMax> values_;
  std::array<std::size_t, kRequestsMax> begins_;
};

}  // namespace larder::server
