// Partitions: the servers behind the shared store, one by one, for those who want to know which of them was asked.
#pragma once

#include <larder/store.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::dns {

/// Empty: the store is one server, or is not to be looked behind.
struct Partitions {
  struct Server {
    std::string name;  ///< Its URL without the password.
    Store store;       ///< It alone, for looking.
  };
  std::vector<Server> servers = {};
  /// The number of the server that a key belongs to.
  std::function<std::size_t(std::string_view key)> place = {};
};

}  // namespace larder::dns
