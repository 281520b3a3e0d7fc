// Error replies, word for word as Redis 7 says them: clients match on these.
#pragma once

#include <string_view>

namespace larder::server::errors {

inline constexpr std::string_view kSyntax = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kOutOfRange = "ERR value is out of range";
inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kOutOfMemory =
    "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kIncrementOverflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view kDecrementOverflow = "ERR decrement would overflow";
inline constexpr std::string_view kNotFinite = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view kOffsetOutOfRange = "ERR offset is out of range";
inline constexpr std::string_view kBadBitOffset =
    "ERR bit offset is not an integer or out of range";
inline constexpr std::string_view kBadBit = "ERR bit is not an integer or out of range";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kSameObject = "ERR source and destination objects are the same";
inline constexpr std::string_view kInvalidCursor = "ERR invalid cursor";
inline constexpr std::string_view kDatabaseOutOfRange = "ERR DB index is out of range";
inline constexpr std::string_view kNoAuth = "NOAUTH Authentication required.";
inline constexpr std::string_view kWrongPass =
    "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr std::string_view kNoPassword =
    "ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?";
inline constexpr std::string_view kNoProto = "NOPROTO unsupported protocol version";
inline constexpr std::string_view kProtoNotAnInteger =
    "ERR Protocol version is not an integer or out of range";
inline constexpr std::string_view kHelloNoAuth =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
    "<proto> "
    "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
    "version at the same time";
inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
inline constexpr std::string_view kClientsMax = "ERR max number of clients reached";
inline constexpr std::string_view kProtected =
    "DENIED larder is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. To be reached from other machines, set a password, with CONFIG SET requirepass or "
    "--requirepass-file; or, where everybody on the network is trusted, CONFIG SET protected-mode "
    "no from this machine.";
inline constexpr std::string_view kNxWithOthers =
    "ERR NX and XX, GT or LT options at the same time are not compatible";
inline constexpr std::string_view kGtWithLt =
    "ERR GT and LT options at the same time are not compatible";
inline constexpr std::string_view kNestedMulti = "ERR MULTI calls can not be nested";
inline constexpr std::string_view kWatchInsideMulti = "ERR WATCH inside MULTI is not allowed";
inline constexpr std::string_view kExecWithoutMulti = "ERR EXEC without MULTI";
inline constexpr std::string_view kDiscardWithoutMulti = "ERR DISCARD without MULTI";
inline constexpr std::string_view kNotInsideMulti = "ERR Command not allowed inside a transaction";
inline constexpr std::string_view kExecAborted =
    "EXECABORT Transaction discarded because of previous errors.";
inline constexpr std::string_view kTlsOnPlainPort =
    "ERR Protocol error: TLS on a port that is not for TLS";
inline constexpr std::string_view kCannotShutDown = "ERR Errors trying to SHUTDOWN. Check logs.";
inline constexpr std::string_view kSaveInProgress = "ERR Background save already in progress";
inline constexpr std::string_view kNothingKept =
    "ERR nothing can be saved: this server keeps everything in memory; start it with --dir FOLDER";
inline constexpr std::string_view kShardedInMulti =
    "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client";
// Redis has no such bounds.
inline constexpr std::string_view kChannelTooLong = "ERR the name of the channel is too long";
inline constexpr std::string_view kSubscribedFull = "ERR too many subscriptions";
inline constexpr std::string_view kQueueFull = "ERR too much queued in one transaction";
inline constexpr std::string_view kWatchedFull = "ERR too many keys watched";

}  // namespace larder::server::errors
