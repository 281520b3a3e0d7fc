// ClientKeeper: what an I/O thread does for whoever is on another one.
#pragma once

#include <cstdint>

namespace larder::server {

/// Has connections, and ends or wakes them.
///
/// Threads  Safe from any.
class ClientKeeper {
 public:
  /// Nothing happens if it has left already.
  virtual void close_client(std::uint64_t id) = 0;
  /// The same for one that was chosen because clients hold too much memory.
  virtual void evict_client(std::uint64_t id) = 0;
  /// Its mailbox is no longer empty. Who is not here any more looks into it where it arrives.
  virtual void wake_client(std::uint64_t id) = 0;

 protected:
  ~ClientKeeper() = default;
};

}  // namespace larder::server
