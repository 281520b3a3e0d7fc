// How the servers behind a store are, and what happens to them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

/// One server of a store; a store in this process is one that is always up.
struct ServerHealth {
  enum class State : std::uint8_t {
    up,  ///< Connected, and it answers.
    connecting,  ///< No connection now; another is being tried. Calls wait for it, each to its own deadline.
    tripped,  ///< The last calls all ran into their deadlines: most calls are refused at once until it answers.
    dead,  ///< It missed its probes: nobody asks it until it answers one.
  };
  std::string name;     ///< What placement knows it by, in a ring.
  std::string address;  ///< As a URL, without secrets.
  State state = State::up;
  std::string last_failure = {};  ///< Why the last connection was lost or not made.
  std::chrono::microseconds rtt_p50{
      0};  ///< From a request's write to its reply, of the last 65,536 or more.
  std::chrono::microseconds rtt_p99{0};
  std::uint64_t calls = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t waiting = 0;  ///< Queued or in flight now.
};

std::string_view to_string(ServerHealth::State state) noexcept;

/// One thing that a store does, and how far to rely on it.
struct Capability {
  enum class Grade : std::uint8_t {
    exact,        ///< As its documentation says, whatever else happens.
    best_effort,  ///< So it is while all is well; `how` tells when it is not.
    absent,       ///< Answers `unsupported`.
  };
  std::string_view what;  ///< A word or two: "locks".
  Grade grade = Grade::exact;
  std::string_view how;
};

std::string_view to_string(Capability::Grade grade) noexcept;

/// Something that happened to a server of a store. See StoreOptions::on_event.
struct StoreEvent {
  enum class Kind : std::uint8_t {
    server_died,  ///< Ring: it missed so many probes.
    server_returned,  ///< Ring: it answers again, and serves (with on_failure=rehash it was flushed first).
    server_added,  ///< Ring, cluster.
    server_removed,
    primary_changed,  ///< Sentinel: another server is the primary.
    slots_moved,      ///< Cluster: another server has some slots.
  };
  Kind kind{};
  std::string server;       ///< Its name in a ring, else its address.
  std::string detail = {};  ///< In words, for a log.
};

std::string_view to_string(StoreEvent::Kind kind) noexcept;

}  // namespace larder
