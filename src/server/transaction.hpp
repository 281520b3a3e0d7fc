// Transaction: what a connection has watched and queued, from its first WATCH or MULTI to EXEC or DISCARD.
//
// WATCH remembers each key's version; EXEC holds the shards of all keys, watched and queued, compares, and runs the
// queue under the same locks. No write costs anything for being watched by somebody, and nobody has to be told. Two
// things follow. A key that was absent at WATCH and is absent at EXEC counts as unchanged, even if it came and went in
// between: what the transaction saw is still so. And unequal versions are taken for a change, though a table may let
// neighbours share one: EXEC may then refuse for nothing, and its client tries again as it has to anyway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/node.hpp"
#include "server/command.hpp"

namespace larder::server {

class Transaction {
 public:
  /// A command that waits for EXEC, with a copy of its arguments.
  struct Queued {
    Queued(const Command& command, std::span<const std::string_view> arguments);
    const Command* row;
    std::unique_ptr<char[]> bytes;
    std::vector<std::string_view> args;  // Into `bytes`.
  };

  /// Between MULTI and its end: commands are queued.
  bool is_open() const noexcept { return open_; }
  void open() noexcept { open_ = true; }

  /// False: there is no room, and the transaction is doomed. A doomed one takes everything and keeps nothing.
  bool queue(const Command& command, std::span<const std::string_view> args);
  const std::vector<Queued>& queued() const noexcept { return queued_; }
  /// A command could not be queued: EXEC will refuse.
  void doom();
  bool writes() const noexcept { return writes_; }
  bool publishes() const noexcept { return publishes_; }
  /// What was queued and watched, and what holding it costs.
  std::size_t memory_bytes() const noexcept { return queued_bytes_ + watched_bytes_; }
  bool is_doomed() const noexcept { return doomed_; }

  /// False: there is no room for another key.
  bool watch(unsigned db, std::string_view key, std::uint64_t version);
  /// Is every watched key as it was? `held` holds what hold() said.
  bool still_holds(node::Node::Held& held) const;

  /// The shards of all its keys; every shard if a command cannot name what it touches.
  node::Node::Held hold(node::Node& node) const;

 private:
  struct Watched {
    unsigned db;
    std::string key;
    std::uint64_t version;  // 0: absent.
  };

  bool open_ = false;
  bool doomed_ = false;
  bool writes_ = false;  // One of the queued commands does.
  bool publishes_ = false;
  std::vector<Queued> queued_;
  std::vector<Watched> watched_;
  std::size_t queued_bytes_ = 0;
  std::size_t watched_bytes_ = 0;
};

}  // namespace larder::server
