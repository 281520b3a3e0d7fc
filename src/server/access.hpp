// Access: the node as one command sees it. Outside a transaction each visit takes its own locks; inside one the
// transaction holds them already. A command is written once and cannot tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "node/node.hpp"

namespace larder::server {

/// Lifetime  Of one command. `step`, if any, holds every shard that the command visits.
class Access {
 public:
  explicit Access(node::Node& node, node::Node::Held* step = nullptr) noexcept
      : node_(&node), step_(step) {}

  bool is_in_step() const noexcept { return step_ != nullptr; }

  // As Node's.
  template <class Fn>
  decltype(auto) visit(unsigned db, std::string_view key, node::Mode mode, Fn&& fn) const {
    return step_ != nullptr ? step_->visit(db, key, mode, std::forward<Fn>(fn))
                            : node_->visit(db, key, mode, std::forward<Fn>(fn));
  }
  template <class Fn>
  void visit_many(unsigned db, std::span<const std::string_view> keys, node::Mode mode,
                  Fn&& fn) const {
    step_ != nullptr ? step_->visit_many(db, keys, mode, std::forward<Fn>(fn))
                     : node_->visit_many(db, keys, mode, std::forward<Fn>(fn));
  }
  node::Node::Held hold(std::span<const std::string_view> keys) const {
    return step_ != nullptr ? step_->share() : node_->hold(keys);
  }
  node::Node::Held hold(std::span<const node::HashedKey> keys) const {
    return step_ != nullptr ? step_->share() : node_->hold(keys);
  }
  node::HashedKey hashed(std::string_view key) const noexcept { return node_->hashed(key); }
  node::Node::Held hold_all() const {
    return step_ != nullptr ? step_->share() : node_->hold_all();
  }
  std::uint64_t scan(unsigned db, std::uint64_t cursor, std::size_t count,
                     engine::EntryVisitor fn) const {
    return step_ != nullptr ? step_->scan(db, cursor, count, fn)
                            : node_->scan(db, cursor, count, fn);
  }
  node::DatabaseStats database(unsigned db) const {
    return step_ != nullptr ? step_->database(db) : node_->database(db);
  }
  std::size_t size(unsigned db) const { return database(db).entries; }
  void flush(unsigned db) const { hold_all().flush(db); }
  void flush_all() const { hold_all().flush_all(); }
  void set_eviction(policy::Eviction eviction) const { hold_all().set_eviction(eviction); }

  // These take no lock, or none that a step holds.
  void set_bytes_max(std::size_t bytes_max) const { node_->set_bytes_max(bytes_max); }
  policy::Eviction eviction() const { return node_->eviction(); }
  unsigned databases() const noexcept { return node_->databases(); }
  node::NodeStats stats() const { return node_->stats(); }

 private:
  node::Node* node_;
  node::Node::Held* step_;
};

}  // namespace larder::server
