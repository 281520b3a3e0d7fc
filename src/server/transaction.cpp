#include "server/transaction.hpp"

#include <deque>

#include "base/limits.hpp"
#include "base/side_key.hpp"

namespace larder::server {
namespace {

namespace limits = base::limits;

/// What an allocation costs beside what was asked for.
constexpr std::size_t kAllocationBytes = 16;

std::size_t bytes_of(std::span<const std::string_view> args) {
  std::size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  return bytes;
}

/// Does the command look at keys that are not among its arguments? Commands about connections and channels look at none.
bool reaches_beyond_its_keys(const Command& row) {
  return row.keys.first == 0 && row.group != Group::connection && row.group != Group::pubsub;
}

}  // namespace

Transaction::Queued::Queued(const Command& command, std::span<const std::string_view> arguments)
    : row(&command), bytes(new char[bytes_of(arguments)]) {
  args.reserve(arguments.size());
  char* at = bytes.get();
  for (const std::string_view argument : arguments) {
    argument.copy(at, argument.size());
    args.emplace_back(at, argument.size());
    at += argument.size();
  }
}

bool Transaction::queue(const Command& command, std::span<const std::string_view> args) {
  if (doomed_) return true;
  queued_bytes_ += sizeof(Queued) + bytes_of(args) + args.size_bytes() + 2 * kAllocationBytes;
  if (queued_.size() == limits::kQueuedCommandsMax || queued_bytes_ > limits::kQueuedBytesMax) {
    doom();
    return false;
  }
  queued_.emplace_back(command, args);
  writes_ = writes_ || (command.flags & kWrite) != 0;
  publishes_ = publishes_ || (command.flags & kPublishes) != 0;
  return true;
}

void Transaction::doom() {
  doomed_ = true;
  queued_ = std::vector<Queued>{};
  queued_bytes_ = 0;
  writes_ = publishes_ = false;
}

bool Transaction::watch(unsigned db, std::string_view key, std::uint64_t version) {
  watched_bytes_ += sizeof(Watched) + key.size();
  if (watched_bytes_ > limits::kWatchedBytesMax) return false;
  watched_.push_back({db, std::string(key), version});
  return true;
}

bool Transaction::still_holds(node::Node::Held& held) const {
  for (const Watched& watched : watched_) {
    const std::uint64_t version =
        held.visit(watched.db, watched.key, node::Mode::peek,
                   [](const engine::Entry& entry) { return entry.version(); });
    if (version != watched.version) return false;
  }
  return true;
}

node::Node::Held Transaction::hold(node::Node& node) const {
  std::vector<std::string_view> keys;
  std::deque<std::string> side_keys;  // Stay where they are as more come.
  for (const Queued& command : queued_) {
    if (reaches_beyond_its_keys(*command.row)) return node.hold_all();
    for (const std::string_view key : keys_of(*command.row, command.args)) {
      keys.push_back(key);
      if (const char tag = command.row->side_tag; tag != '\0')
        keys.push_back(side_keys.emplace_back(base::side_key(key, tag)));
    }
  }
  for (const Watched& watched : watched_) keys.push_back(watched.key);
  return node.hold(keys);
}

}  // namespace larder::server
