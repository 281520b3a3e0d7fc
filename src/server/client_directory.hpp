// ClientDirectory: all connections of a server, for the few commands that look at others' or end them.
//
// Connecting and leaving take its lock, and so does renaming; commands on keys never do. Who walks it holds the lock for
// a few clients at a time, so a crowd of ten thousand delays a newcomer by microseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "server/client.hpp"

namespace larder::server {

/// Threads  Safe from any. A client is read under the lock, by `visit` and `find` alone.
class ClientDirectory {
 public:
  /// How many are walked under one hold of the lock.
  static constexpr std::size_t kSlice = 64;

  /// The client stays where it is until it is removed.
  void add(Client& client) {
    const std::lock_guard lock(mutex_);
    clients_.emplace(client.id, &client);
  }
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    clients_.erase(id);
  }
  /// Writes one of a client's texts, on the client's own thread.
  void write(std::string& text, std::string_view value) {
    const std::lock_guard lock(mutex_);
    text = value;
  }

  /// On the client's own thread.
  void give_subscriber(Client& client, std::unique_ptr<Subscriber> subscriber) {
    const std::lock_guard lock(mutex_);
    client.subscriber = std::move(subscriber);
  }

  /// The client has another thread now; on that thread.
  void give(Client& client, ClientKeeper* keeper, unsigned io_thread) {
    const std::lock_guard lock(mutex_);
    client.keeper = keeper;
    client.io_thread = io_thread;
  }

  /// Calls `fn(const Client&)` for each, in the order in which they came. Those that come or leave meanwhile may be seen
  /// or not. `fn` must not call the directory.
  template <class Fn>
  void visit(Fn&& fn) const {
    std::uint64_t seen = 0;
    while (visit_slice(seen, fn)) {
    }
  }
  /// Calls `fn` with the client of that number, if there is one.
  template <class Fn>
  void find(std::uint64_t id, Fn&& fn) const {
    const std::lock_guard lock(mutex_);
    if (const auto found = clients_.find(id); found != clients_.end()) fn(*found->second);
  }

 private:
  template <class Fn>
  bool visit_slice(std::uint64_t& seen, Fn& fn) const {
    const std::lock_guard lock(mutex_);
    auto at = clients_.upper_bound(seen);
    for (std::size_t i = 0; i < kSlice && at != clients_.end(); ++i, ++at) {
      fn(static_cast<const Client&>(*at->second));
      seen = at->first;
    }
    return at != clients_.end();
  }

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Client*> clients_;
};

}  // namespace larder::server
