// Every bound of Larder, in one place: how much, in what unit, and why. All are on by default.
//
// Two rules stand above the numbers. Nothing is ever allocated because a peer declared a length:
// memory grows with bytes that have arrived. And what one peer can make us hold is bounded by a sum
// of lines in this file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace larder::base::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// --- keys and values -----------------------------------------------------------------------------

/// Bytes of a key. Keys are hashed and compared under a shard's lock: 512 KiB holds it for a
/// fraction of a millisecond, 512 MiB (what Redis allows) for a second.
inline constexpr std::size_t kKeyBytesMax = 512 * kKiB;

/// Bytes of a space, the part of `space:key` before the colon: a name, not a path. Every key pays for it.
inline constexpr std::size_t kSpaceBytesMax = kKiB;

/// Callers that may wait for one load; the next is refused as overloaded. At about 200 bytes each a full queue is
/// 13 MiB.
inline constexpr std::size_t kLoadWaitersMax = 65'536;

/// Leases of one shard at once: misses that are being filled. Beyond it an older one is given up, whose fill will be
/// refused. At about 64 bytes each, 256 KiB.
inline constexpr std::size_t kLeasesMax = 4'096;

/// Milliseconds of a lease: a load that takes longer than a minute is a job, and its clients have left.
inline constexpr std::chrono::milliseconds kLeaseTimeMax{60'000};

/// Bytes that name the owner of a lock: a UUID, a host with process and thread.
inline constexpr std::size_t kOwnerBytesMax = 256;

/// What a limiter counts to, and over how long. Their product stays below 2^63, and what a script computes with doubles
/// stays exact.
inline constexpr std::uint32_t kLimitMax = 100'000'000;
inline constexpr std::chrono::milliseconds kLimitWindowMax = std::chrono::days{366};

/// The same of a log that keeps every take: it is read and written whole, about 5 bytes for each.
inline constexpr std::uint32_t kLogLimitMax = 10'000;

/// Limits that one request may be asked to pass at once: tenant, user, address, path, and some to spare.
inline constexpr std::size_t kLimitsAtOnceMax = 64;

/// What a name has to give to those who share it, and so how many may: one entry holds all, about 70 bytes each.
inline constexpr std::uint32_t kSharesMax = 1'024;

/// How long an addition that counts once is remembered, at most and unless told otherwise: longer than any client
/// repeats a request.
inline constexpr std::chrono::milliseconds kOnceTimeMax = std::chrono::days{30};
inline constexpr std::chrono::milliseconds kOnceTime = std::chrono::days{1};

/// Greatest fencing token: what a script's double still tells from its neighbours.
inline constexpr std::uint64_t kTokenMax = std::uint64_t{1} << 53;

/// How long the highest fencing token of a key is remembered after its last use, and a generation: longer than any
/// holder of an old one is still to come.
inline constexpr std::chrono::milliseconds kFenceTime = std::chrono::days{7};
inline constexpr std::chrono::milliseconds kGenerationTime = std::chrono::days{30};

/// Names of one question for generations: the tags of one entry, or of a page of them.
inline constexpr std::size_t kGenerationsMax = 1'024;

/// Bytes of a value. One copy under a lock takes about 10 ms; what is larger belongs in a file or
/// an object store.
inline constexpr std::size_t kValueBytesMax = 64 * kMiB;

/// Levels of arrays and objects in a JSON value: more is an attack on the stack, not data. (Python
/// stops at 1,000.)
inline constexpr std::size_t kValueDepthMax = 128;

/// Bytes of a URL handed to Store::open: a dozen node names with long passwords fit.
inline constexpr std::size_t kUrlBytesMax = 8 * kKiB;

// --- a request, as a server reads it -------------------------------------------------------------

/// Arguments of one command, as in Redis. Costs nothing by itself: the vector grows with arguments
/// that arrived.
inline constexpr std::size_t kRequestArgsMax = 1024 * 1024;

/// Bytes of one argument: the largest value.
inline constexpr std::size_t kBulkBytesMax = kValueBytesMax;

/// Bytes of one whole request: the largest value with its key, or an MSET of a million small ones.
inline constexpr std::size_t kRequestBytesMax = kBulkBytesMax + 16 * kMiB;

/// Bytes of one inline command or one length line, as in Redis: no person types more.
inline constexpr std::size_t kInlineBytesMax = 64 * kKiB;

/// Bytes that a connection may have sent ahead of what was executed, the request in progress aside.
/// A pipeline of 100,000 small commands fits; beyond it we stop reading and TCP slows the sender.
inline constexpr std::size_t kQueryBufferBytesMax = 16 * kMiB;

/// Before a client has said who it is: HELLO with AUTH and SETNAME has 7 arguments, no password has
/// 16 KiB. As in Redis.
inline constexpr std::size_t kPreAuthArgsMax = 10;
inline constexpr std::size_t kPreAuthBulkBytesMax = 16 * kKiB;

// --- a transaction, between MULTI and EXEC --------------------------------------------------------

/// Commands of one transaction: EXEC executes them all under locks, at about 100 ns each.
inline constexpr std::size_t kQueuedCommandsMax = 65'536;

/// Memory for queued commands, what holding each costs included: half of what a value may have, for it is held until
/// the client says EXEC.
inline constexpr std::size_t kQueuedBytesMax = 32 * kMiB;

/// Memory for the keys a connection watches: about 50,000 of usual length. Who watches more than that never gets
/// through.
inline constexpr std::size_t kWatchedBytesMax = 4 * kMiB;

// --- publish and subscribe --------------------------------------------------------------------------

/// Bytes of a channel's name, and of a pattern's: every message is matched with every pattern, at worst one length times
/// the other.
inline constexpr std::size_t kChannelBytesMax = 64 * kKiB;
inline constexpr std::size_t kPatternBytesMax = kKiB;

/// Memory for what one connection is subscribed to: about 55,000 channels of usual length.
inline constexpr std::size_t kSubscribedBytesMax = 16 * kMiB;

// --- replies, as a server sends them -------------------------------------------------------------

/// Bytes of unsent replies at which a server stops reading that connection: a client that does not
/// read its answers gets no more of them made. A batch of 16 small replies is far below it.
inline constexpr std::size_t kOutputPauseBytes = kMiB;

/// Bytes of unsent replies at which the connection is closed at once: the pause plus the largest
/// single reply, twice, so that only pushes and multi-key replies can reach it.
inline constexpr std::size_t kOutputHardBytesMax = 2 * kValueBytesMax + 16 * kMiB;

/// The same where somebody took that limit away: one reply is made whole before anything can be cut.
inline constexpr std::size_t kOutputLastBytesMax = 1024 * kMiB;

/// Bytes of unsent replies that may stand no longer than the time below: a reader slower than 0.8
/// MiB/s has left.
inline constexpr std::size_t kOutputSoftBytesMax = 8 * kMiB;
inline constexpr std::chrono::seconds kOutputSoftTime{10};

/// How long a connection may owe replies of which the peer takes not a byte: it answers its kernel's probes, and nobody
/// reads. Redis keeps such a client for ever.
inline constexpr std::chrono::seconds kOutputStuckTime{120};

/// Bytes of unsent replies over all connections; beyond it the largest debtors are closed, so that
/// a crowd of slow readers cannot do what one may not.
inline constexpr std::size_t kOutputTotalBytesMax = 256 * kMiB;

// --- connections ---------------------------------------------------------------------------------

/// Connections at once, as Redis' maxclients. At 10 KiB each an idle crowd holds 100 MiB at most.
inline constexpr std::size_t kConnectionsMax = 10'000;

/// Pending connections the kernel may hold for us: a reconnect storm of a few hundred clients in
/// one moment.
inline constexpr int kListenBacklog = 511;

/// From a request's first byte to its last, and from connecting to AUTH where a password is set:
/// slow-loris is cut here, a person in telnet has time to type.
inline constexpr std::chrono::seconds kRequestTime{30};

/// After an error that ends a connection, what its client still sends is read and dropped for so long and so much:
/// closing at once would reset the connection, and a client in the middle of a large value would never see the error.
inline constexpr std::chrono::seconds kLingerTime{10};
inline constexpr std::size_t kLingerBytesMax = 256 * kMiB;

/// From connecting to the end of the TLS handshake: two or three round trips, or a slow-loris.
inline constexpr std::chrono::seconds kTlsHandshakeTime{10};

/// Bytes of the certificates that a TLS peer shows: a chain of four with large keys takes 10 KiB.
inline constexpr std::size_t kTlsChainBytesMax = 32 * kKiB;

/// Bytes of a file of certificates or of a key that we are named: a bundle of all authorities has 250 KiB.
inline constexpr std::size_t kTlsFileBytesMax = 4 * kMiB;

/// TLS sessions kept for clients that come back, and for how long, as in Redis. Most clients hold theirs themselves.
inline constexpr std::size_t kTlsSessionsMax = 20'480;
inline constexpr std::chrono::seconds kTlsSessionTime{300};

/// What OpenSSL holds for a connection, so that TLS connections count as what they cost: from the first byte of a
/// handshake, and after it. Measured with OpenSSL 3.0: 47 and 14 KB.
inline constexpr std::size_t kTlsHandshakeBytes = 48 * kKiB;
inline constexpr std::size_t kTlsSessionBytes = 14 * kKiB;

/// TCP keepalive: a peer that is gone without a word is noticed within idle + probes x interval =
/// 90 s.
inline constexpr std::chrono::seconds kKeepaliveIdle{60};
inline constexpr std::chrono::seconds kKeepaliveInterval{10};
inline constexpr int kKeepaliveProbes = 3;

/// How long SIGTERM waits for clients to take their last replies.
inline constexpr std::chrono::seconds kDrainTime{5};

// --- replies, as a client reads them -------------------------------------------------------------

/// Levels of arrays and maps in a reply. Redis' deepest, COMMAND DOCS, has 9; the parser keeps one
/// small frame each.
inline constexpr std::size_t kReplyDepthMax = 32;

/// Bytes of one reply: four of the largest values, or a KEYS of a few million names.
inline constexpr std::size_t kReplyBytesMax = 256 * kMiB;

/// Elements of one reply, nested ones included: a node of the parsed form takes 32 bytes, so 4 Mi
/// take 128 MiB.
inline constexpr std::size_t kReplyNodesMax = 4 * 1024 * 1024;

/// Requests in flight on one client connection; the next is refused as overloaded. At 10 us each a
/// full queue is 0.6 s of work: longer than any default deadline is worth queueing for.
inline constexpr std::size_t kPipelineRequestsMax = 65'536;

// --- the rest ------------------------------------------------------------------------------------

/// Bytes of one field of a log line; a longer one is cut and marked. Names a peer chooses must not
/// fill the disk.
inline constexpr std::size_t kLogFieldBytesMax = 2 * kKiB;

/// Series of one labelled metric: labels that a client can choose must not become memory.
inline constexpr std::size_t kMetricSeriesMax = 1'024;

/// Bytes of an HTTP request to the metrics port: a request line and headers, no body.
inline constexpr std::size_t kHttpRequestBytesMax = 64 * kKiB;

/// Entries that one SCAN may ask to look at: bounds the time under shard locks, whatever COUNT
/// says.
inline constexpr std::size_t kScanCountMax = 100'000;

}  // namespace larder::base::limits
