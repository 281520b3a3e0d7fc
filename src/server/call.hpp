// Call: one command being executed. Its arguments (views into the input), its reply, and where it
// acts.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "node/node.hpp"
#include "resp/writer.hpp"
#include "server/access.hpp"
#include "server/client.hpp"
#include "server/command.hpp"
#include "server/context.hpp"
#include "server/errors.hpp"
#include "server/settings.hpp"

namespace larder::node {
class Durability;
}

namespace larder::server {

using Args = std::span<const std::string_view>;

/// Why writes are refused: "MISCONF ...". Clients match on the first word.
std::string log_trouble(const node::Durability& durability);

/// The words that an engine's refusal becomes.
std::string error_reply(const Error& error);

/// A client's own words as an error shows them: Redis writes C's strings, which end at a zero byte.
std::string_view quotable(std::string_view text, std::size_t bytes_max = std::string_view::npos);

/// Lifetime  Of one command. The views in `args` are valid as long.
class Call {
 public:
  /// `held`: the transaction's step, when it is part of one.
  Call(Args arguments, const Command& row, resp::Writer& writer, Client& who, Context& shared,
       node::Node::Held* held = nullptr)
      : args(arguments),
        command(row),
        reply(writer),
        client(who),
        context(shared),
        access_(shared.node, held) {}

  const Args args;
  const Command& command;
  resp::Writer& reply;
  Client& client;
  Context& context;

  /// Keys are reached through this alone: `context.node` would wait forever for locks that a transaction holds.
  const Access& node() const noexcept { return access_; }
  /// It is one of those that EXEC executes.
  bool is_in_transaction() const noexcept { return access_.is_in_step(); }
  unsigned database() const noexcept { return client.database; }
  /// What keeps the node on disk; null: nothing does.
  node::Durability* durability() const noexcept { return context.options.durability; }
  std::string_view arg(std::size_t i) const noexcept { return args[i]; }
  /// How a command visits keys that it only reads: what CLIENT NO-TOUCH says.
  node::Mode reading() const noexcept {
    return client.touches ? node::Mode::read : node::Mode::peek;
  }
  base::Instant now() const noexcept { return context.clock.now(); }

  /// Asked while a reply of many values grows. False: it has outgrown what one connection may hold, which will be cut;
  /// nothing more needs to be written.
  bool reply_fits() {
    if (context.settings.is_too_much_output(reply.buffer().size())) client.overflowed = true;
    return !client.overflowed;
  }

  void ok() { reply.ok(); }
  void fail(std::string_view words) {
    failed_ = true;
    context.counters.error_kinds.add(words);
    reply.error(words);
  }
  void fail(const Error& error) { fail(error_reply(error)); }
  bool failed() const noexcept { return failed_; }

  /// The argument as an integer; replies with an error when it is none.
  std::optional<std::int64_t> integer(std::size_t i,
                                      std::string_view otherwise = errors::kNotAnInteger);

  /// Visits a key whose value must be a string if it exists; WRONGTYPE otherwise. `fn(Entry&)`
  /// writes the reply.
  template <class Fn>
  void on_string(std::string_view key, node::Mode mode, Fn&& fn) {
    node().visit(database(), key, mode, [&](engine::Entry& entry) {
      if (entry.exists() && entry.kind() != engine::Kind::string) return fail(errors::kWrongType);
      fn(entry);
    });
  }

 private:
  Access access_;
  bool failed_ = false;
};

/// As TYPE says it: "string", "zset".
std::string_view name_of(engine::Kind kind);

}  // namespace larder::server
