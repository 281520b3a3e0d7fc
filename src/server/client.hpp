// Client: what the server remembers of one connection. A few hundred bytes, so that a crowd of idle
// ones is cheap.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "server/transaction.hpp"

namespace larder::server {

struct Client {
  std::uint64_t id = 0;
  std::string address;  ///< "127.0.0.1:50312"
  std::string name;     ///< CLIENT SETNAME
  std::string library;  ///< CLIENT SETINFO lib-name
  std::string library_version;
  base::Instant connected{};
  base::Instant last_active{};
  const Command* last_command = nullptr;
  unsigned database = 0;
  std::uint8_t protocol = 2;  ///< 2 or 3, by HELLO.
  bool authenticated = false;
  bool overflowed = false;  ///< A reply outgrew what one connection may hold: cut it at once.
  bool closing = false;     ///< After QUIT or an error of protocol: flush, then close.
  std::unique_ptr<Transaction> transaction;  ///< None: nothing watched, no MULTI.

  bool in_multi() const noexcept { return transaction != nullptr && transaction->is_open(); }
};

}  // namespace larder::server
