// Command: one row per command. Arity checks, COMMAND's replies, key extraction and metrics all
// follow from the row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace larder::server {

class Call;

/// Runs a command whose arity fits. Writes exactly one reply.
using Handler = void (*)(Call& call);

/// What a command is, as COMMAND reports it.
enum Flag : unsigned {
  kRead = 1U << 0U,          ///< readonly
  kWrite = 1U << 1U,         ///< write
  kDenyWhenFull = 1U << 2U,  ///< denyoom
  kAdmin = 1U << 3U,         ///< admin
  kFast = 1U << 4U,          ///< fast: constant or logarithmic time
  kNoAuth = 1U << 5U,        ///< no_auth: allowed before AUTH
  kLong = 1U << 6U,          ///< May take long: ends the connection's turn.
  kSecret = 1U << 7U,        ///< Its arguments may hold a password: never shown.
  kNoMulti = 1U << 8U,       ///< no_multi: refused inside MULTI.
  kUnqueued = 1U << 9U,      ///< Inside MULTI executed at once: EXEC and its kin.
  kPubSub = 1U << 10U,       ///< pubsub: what stands for keys are names of channels.
  kListening = 1U << 11U,    ///< Allowed to those who only listen: subscribed, in RESP2.
  kPublishes = 1U << 12U,    ///< A pause of those who write holds it back too.
};

enum class Group : std::uint8_t {
  string,
  bitmap,
  generic,
  connection,
  server,
  transactions,
  pubsub,
  larder
};

/// Where the keys are among the arguments: from `first`, each `step`th, to `last` (negative:
/// counted from the end). first 0: no keys.
struct KeyPlaces {
  int first = 0;
  int last = 0;
  int step = 0;
};

struct Command {
  std::string_view name;  ///< In lower case; of a subcommand "client|setname".
  int arity;              ///< Arguments with the name; negative: at least so many.
  unsigned flags;
  KeyPlaces keys;
  Handler handler;
  Group group;
  std::string_view since;
  std::string_view summary;
  std::span<const Command> subcommands = {};
  char side_tag = '\0';  ///< Each key has a side key of this tag, which the command touches too.

  bool fits(std::size_t arguments) const noexcept {
    return arity >= 0 ? arguments == static_cast<std::size_t>(arity)
                      : arguments >= static_cast<std::size_t>(-arity);
  }
};

/// All commands, subcommands aside, in the order of their families.
std::span<const Command> commands() noexcept;
/// By name in any case; null: there is none. Cost: about 5 ns.
const Command* find_command(std::string_view name) noexcept;
/// By a subcommand's own name ("SETNAME") in any case.
const Command* find_subcommand(const Command& command, std::string_view name) noexcept;
/// The command's place in commands(), for counters. Of a subcommand: its container's.
std::size_t index_of(const Command& command) noexcept;

/// The keys among the arguments of a call that fits.
std::vector<std::string_view> keys_of(const Command& command,
                                      std::span<const std::string_view> args);

std::string_view to_string(Group group) noexcept;

}  // namespace larder::server
