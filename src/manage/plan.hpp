// What was asked of `larder redis start`, and the servers that make it up.
//
//     single    one server                                  redis://127.0.0.1:6379
//     ring      N servers that do not know each other        redis+ring://…:7000,…:7001
//     sentinel  a primary, N-1 replicas, three sentinels     redis+sentinel://…:26379,…/mymaster
//     cluster   N servers, R replicas behind each primary    redis+cluster://…:7000,…
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/child.hpp"

namespace larder::manage {

enum class Mode : std::uint8_t { single, ring, sentinel, cluster };
std::string_view to_string(Mode mode) noexcept;
std::optional<Mode> mode_of(std::string_view name) noexcept;

/// What the flags say; whatever was not given is as it was at the last start, or the default.
struct Wish {
  std::optional<Mode> mode = std::nullopt;
  std::optional<unsigned> nodes = std::nullopt;     ///< All servers but sentinels.
  std::optional<unsigned> replicas = std::nullopt;  ///< Of each primary of a cluster.
  std::optional<std::uint16_t> port =
      std::nullopt;  ///< The first one's, the others follow it; 0: free ones.
  std::optional<std::string> password = std::nullopt;
  bool no_aof = false;
  std::optional<std::string> maxmemory = std::nullopt;
  std::optional<std::string> policy = std::nullopt;
  std::optional<std::string> conf = std::nullopt;    ///< An absolute path.
  std::optional<std::string> server = std::nullopt;  ///< The program, a path.
};

/// One server, ours.
struct Node {
  std::string name;  ///< "ring-2": its folder's, too.
  bool sentinel = false;
  unsigned primary = 0;  ///< The number, from 1, of the node it begins as a replica of; 0: none.
  std::uint16_t port = 0;
  base::ProcessMark process = {};  ///< Id 0: never started, or stopped.
};

/// What all servers of one folder have in common, and which they are.
struct Setup {
  Mode mode = Mode::single;
  unsigned replicas = 0;
  std::string server = {};
  bool aof = true;
  std::string maxmemory = {};  ///< Empty: no bound.
  std::string policy = {};     ///< Empty: the server's default.
  std::string conf = {};
  std::string boot = {};  ///< base::boot_name() when the processes were started.
  std::vector<Node> nodes = {};
};

inline constexpr const char* kHost = "127.0.0.1";
inline constexpr const char* kSentinelName = "mymaster";
inline constexpr unsigned kSentinels = 3;
inline constexpr unsigned kNodesMax = 64;
inline constexpr std::uint16_t kClusterBusOffset = 10'000;

/// The eviction policies of Redis.
bool is_policy(std::string_view name) noexcept;
std::string policy_names(std::string_view between = ", ");

/// The servers for a wish, without ports and processes. Errors: `bad_argument`, naming flag and cure.
Result<Setup> lay_out(const Wish& wish);
/// What of `wish` differs from `setup`, which was laid out before; empty: nothing does. Settings that can change without
/// another layout (bound, policy, AOF, password) are not looked at.
std::string differs(const Wish& wish, const Setup& setup);

/// What clients open. Without a password: that has no place in a URL on a screen.
std::string url_of(const Setup& setup);

}  // namespace larder::manage
