// Client: what the server remembers of one connection. A few hundred bytes, so that a crowd of idle
// ones is cheap.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "server/client_keeper.hpp"
#include "server/pub_sub.hpp"
#include "server/shown.hpp"
#include "server/transaction.hpp"

namespace larder::server {

/// Which replies CLIENT REPLY lets through.
enum class Replies : std::uint8_t { all, none, all_but_this, all_but_next };

/// Threads  Of the connection's thread. Others read it through the ClientDirectory: what never changes, what is Shown,
///          and the texts, which are written under the directory's lock.
struct Client {
  std::uint64_t id = 0;
  ClientKeeper* keeper =
      nullptr;  ///< Null in tests without threads. Written under the directory's lock.
  Shown<unsigned> io_thread = 0U;  ///< The number of the thread that has it.
  std::string address;             ///< "127.0.0.1:50312"
  std::string local_address;       ///< Of this side.
  int descriptor = -1;
  std::string name;     ///< CLIENT SETNAME
  std::string library;  ///< CLIENT SETINFO lib-name
  std::string library_version;
  base::Instant connected{};
  Shown<base::Instant> last_active{};
  Shown<const Command*> last_command = nullptr;
  Shown<unsigned> database = 0U;
  Shown<std::uint8_t> protocol = std::uint8_t{2};  ///< 2 or 3, by HELLO.
  Shown<std::int32_t> queued = -1;       ///< Commands that wait for EXEC; -1: outside of MULTI.
  Shown<std::size_t> input_bytes = 0U;   ///< Memory that holds an unfinished request, or many.
  Shown<std::size_t> output_bytes = 0U;  ///< Replies that wait for their reader.
  Shown<std::size_t> memory_bytes = 0U;  ///< Of all that it makes us hold, buffers and transaction.
  Shown<bool> is_held = false;           ///< Its next command waits for the end of a CLIENT PAUSE.
  Shown<bool> may_be_evicted = true;     ///< When clients take too much memory: CLIENT NO-EVICT.
  Replies replies = Replies::all;
  bool authenticated = false;
  Shown<bool> touches = true;  ///< Its reads count as use of keys: CLIENT NO-TOUCH.
  bool overflowed = false;     ///< A reply outgrew what one connection may hold: cut it at once.
  bool closing = false;        ///< After QUIT or an error of protocol: flush, then close.
  bool lingers = false;        ///< It may be sending still: let it read the error before the close.
  bool pushed = false;         ///< The present command wrote what CLIENT REPLY does not hold back.
  std::unique_ptr<Transaction> transaction;  ///< None: nothing watched, no MULTI.
  /// None: never subscribed to anything. Written under the directory's lock.
  std::unique_ptr<Subscriber> subscriber;

  bool in_multi() const noexcept { return transaction != nullptr && transaction->is_open(); }
  bool is_subscribed() const noexcept {
    return subscriber != nullptr && subscriber->is_subscribed();
  }
  /// In RESP2 messages cannot be told from replies: until all subscriptions end, few commands are allowed.
  bool only_listens() const noexcept { return is_subscribed() && protocol == 2; }
};

}  // namespace larder::server
