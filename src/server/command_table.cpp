// The table of commands: everything that is said of a command is said here, once.
#include <array>
#include <cstring>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "server/command.hpp"
#include "server/counters.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

constexpr auto kString = Group::string;
constexpr auto kBitmap = Group::bitmap;
constexpr auto kGeneric = Group::generic;
constexpr auto kConnection = Group::connection;
constexpr auto kServer = Group::server;
constexpr auto kTransactions = Group::transactions;
constexpr auto kChannels = Group::pubsub;
constexpr auto kLarder = Group::larder;

constexpr KeyPlaces kNone{};
constexpr KeyPlaces kOne{1, 1, 1};
constexpr KeyPlaces kTwo{1, 2, 1};
constexpr KeyPlaces kSecond{2, 2, 1};
constexpr KeyPlaces kAllFromSecond{2, -1, 1};
constexpr KeyPlaces kAll{1, -1, 1};
constexpr KeyPlaces kEven{1, -1, 2};

constexpr unsigned kGrows = kWrite | kDenyWhenFull;
constexpr unsigned kOpen = kNoAuth | kFast;
constexpr unsigned kSteers = kFast | kUnqueued;
constexpr unsigned kListens = kPubSub | kListening;
constexpr unsigned kTells = kPubSub | kPublishes | kFast;

constexpr std::string_view kHelp = "Says this.";

// clang-format off: a table is read by its columns
constexpr Command kClientRows[] = {
    {"client|getname", 2, 0, kNone, &client_get_name, kConnection, "2.6.9",
     "The connection's name."},
    {"client|help", 2, 0, kNone, &help, kConnection, "5.0.0", kHelp},
    {"client|id", 2, 0, kNone, &client_id, kConnection, "5.0.0", "The connection's number."},
    {"client|info", 2, 0, kNone, &client_info, kConnection, "6.2.0",
     "What is known of this connection."},
    {"client|kill", -3, kAdmin, kNone, &client_kill, kConnection, "2.4.0",
     "Ends connections by number, address or type."},
    {"client|list", -2, kAdmin, kNone, &client_list, kConnection, "2.4.0",
     "What is known of all connections."},
    {"client|no-evict", 3, kAdmin, kNone, &client_no_evict, kConnection, "7.0.0",
     "Whether the connection is spared when clients take too much memory."},
    {"client|no-touch", 3, 0, kNone, &client_no_touch, kConnection, "7.2.0",
     "Whether reading keys counts as a use of them."},
    {"client|pause", -3, kAdmin, kNone, &client_pause, kConnection, "3.0.0",
     "Holds back everything, or with WRITE what writes, for milliseconds."},
    {"client|reply", 3, 0, kNone, &client_reply, kConnection, "3.2.0",
     "Whether replies are sent: ON, OFF or SKIP."},
    {"client|setinfo", 4, 0, kNone, &client_set_info, kConnection, "7.2.0",
     "Names the client's library and version."},
    {"client|setname", 3, 0, kNone, &client_set_name, kConnection, "2.6.9",
     "Names the connection."},
    {"client|unblock", -3, kAdmin, kNone, &client_unblock, kConnection, "5.0.0",
     "Wakes a blocked connection: here none ever blocks."},
    {"client|unpause", 2, kAdmin, kNone, &client_unpause, kConnection, "6.2.0", "Ends a pause."},
};
constexpr Command kCommandRows[] = {
    {"command|count", 2, 0, kNone, &command_count, kServer, "2.8.13",
     "How many commands there are."},
    {"command|docs", -2, 0, kNone, &command_docs, kServer, "7.0.0", "What commands are for."},
    {"command|getkeys", -4, 0, kNone, &command_get_keys, kServer, "2.8.13",
     "The keys of a whole command."},
    {"command|getkeysandflags", -4, 0, kNone, &command_get_keys_and_flags, kServer, "7.0.0",
     "The keys of a whole command, and what becomes of each."},
    {"command|help", 2, 0, kNone, &help, kServer, "5.0.0", kHelp},
    {"command|info", -2, 0, kNone, &command_info, kServer, "2.8.13",
     "Arity, flags and keys of commands."},
    {"command|list", -2, 0, kNone, &command_list, kServer, "7.0.0", "The names of all commands."},
};
constexpr Command kConfigRows[] = {
    {"config|get", -3, kAdmin, kNone, &config_get, kServer, "2.0.0", "Settings whose names match."},
    {"config|help", 2, 0, kNone, &help, kServer, "5.0.0", kHelp},
    {"config|resetstat", 2, kAdmin, kNone, &config_reset_stat, kServer, "2.0.0",
     "Counts from zero again."},
    {"config|rewrite", 2, kAdmin, kNone, &config_rewrite, kServer, "2.8.0",
     "Writes what was changed into the file that the server was started with."},
    {"config|set", -4, kAdmin | kSecret, kNone, &config_set, kServer, "2.0.0",
     "Changes settings while running."},
};
constexpr Command kLatencyRows[] = {
    {"latency|doctor", 2, kAdmin, kNone, &latency_doctor, kServer, "2.8.13",
     "What took long, in sentences."},
    {"latency|graph", 3, kAdmin, kNone, &latency_graph, kServer, "2.8.13",
     "What took long, as a picture of letters."},
    {"latency|help", 2, 0, kNone, &help, kServer, "2.8.13", kHelp},
    {"latency|histogram", -2, kAdmin, kNone, &latency_histogram, kServer, "7.0.0",
     "How many calls of commands took how long."},
    {"latency|history", 3, kAdmin, kNone, &latency_history, kServer, "2.8.13",
     "When an event took long, and how long."},
    {"latency|latest", 2, kAdmin, kNone, &latency_latest, kServer, "2.8.13",
     "The last time that each event took long."},
    {"latency|reset", -2, kAdmin, kNone, &latency_reset, kServer, "2.8.13", "Forgets them."},
};
constexpr Command kMemoryRows[] = {
    {"memory|help", 2, 0, kNone, &help, kServer, "4.0.0", kHelp},
    {"memory|stats", 2, 0, kNone, &memory_stats, kServer, "4.0.0", "Where memory went."},
    {"memory|usage", -3, kRead, kSecond, &memory_usage, kServer, "4.0.0",
     "Memory that a key takes, overhead included."},
};
constexpr Command kSlowLogRows[] = {
    {"slowlog|get", -2, kAdmin, kNone, &slow_log_get, kServer, "2.2.12",
     "The last commands that took long."},
    {"slowlog|help", 2, 0, kNone, &help, kServer, "6.2.0", kHelp},
    {"slowlog|len", 2, kAdmin, kNone, &slow_log_len, kServer, "2.2.12", "How many there are."},
    {"slowlog|reset", 2, kAdmin, kNone, &slow_log_reset, kServer, "2.2.12", "Forgets them."},
};
constexpr Command kObjectRows[] = {
    {"object|encoding", 3, kRead, kSecond, &object_encoding, kGeneric, "2.2.3",
     "How the value of a key is kept: int, embstr or raw."},
    {"object|freq", 3, kRead, kSecond, &object_frequency, kGeneric, "4.0.0",
     "How often a key was used, on a logarithmic scale."},
    {"object|help", 2, 0, kNone, &help, kGeneric, "6.2.0", kHelp},
    {"object|idletime", 3, kRead, kSecond, &object_idle_time, kGeneric, "2.2.3",
     "How many seconds a key was not used."},
    {"object|refcount", 3, kRead, kSecond, &object_ref_count, kGeneric, "2.2.3",
     "How many keys share a value: always 1."},
};

constexpr Command kPubSubRows[] = {
    {"pubsub|channels", -2, kPubSub, kNone, &pubsub_channels, kChannels, "2.8.0",
     "The channels that somebody is subscribed to."},
    {"pubsub|help", 2, 0, kNone, &help, kChannels, "6.2.0", kHelp},
    {"pubsub|numpat", 2, kPubSub, kNone, &pubsub_num_pat, kChannels, "2.8.0",
     "How many patterns somebody is subscribed to."},
    {"pubsub|numsub", -2, kPubSub, kNone, &pubsub_num_sub, kChannels, "2.8.0",
     "How many are subscribed to each of the channels."},
    {"pubsub|shardchannels", -2, kPubSub, kNone, &pubsub_shard_channels, kChannels, "7.0.0",
     "The sharded channels that somebody is subscribed to."},
    {"pubsub|shardnumsub", -2, kPubSub, kNone, &pubsub_shard_num_sub, kChannels, "7.0.0",
     "How many are subscribed to each of the sharded channels."},
};

constexpr Command kRows[] = {
    // name        arity flags                keys    handler             group        since summary
    {"get", 2, kRead | kFast, kOne, &get, kString, "1.0.0", "The string of a key."},
    {"set", -3, kGrows, kOne, &set, kString, "1.0.0", "Writes a string, over whatever was there."},
    {"getdel", 2, kWrite | kFast, kOne, &get_del, kString, "6.2.0",
     "The string of a key, which is erased."},
    {"getex", -2, kWrite | kFast, kOne, &get_ex, kString, "6.2.0",
     "The string of a key, which gets a new deadline."},
    {"getset", 3, kGrows | kFast, kOne, &get_set, kString, "1.0.0",
     "The old string of a key, and writes a new one."},
    {"getrange", 4, kRead, kOne, &get_range, kString, "2.4.0", "A part of a string."},
    {"substr", 4, kRead, kOne, &get_range, kString, "1.0.0", "A part of a string."},
    {"setrange", 4, kGrows, kOne, &set_range, kString, "2.2.0", "Overwrites a part of a string."},
    {"setnx", 3, kGrows | kFast, kOne, &set_nx, kString, "1.0.0",
     "Writes a string if the key is absent."},
    {"setex", 4, kGrows, kOne, &set_ex, kString, "2.0.0",
     "Writes a string that lives for seconds."},
    {"psetex", 4, kGrows, kOne, &set_ex, kString, "2.6.0",
     "Writes a string that lives for milliseconds."},
    {"mget", -2, kRead | kFast, kAll, &mget, kString, "1.0.0", "The strings of many keys."},
    {"mset", -3, kGrows, kEven, &mset, kString, "1.0.1", "Writes many strings in one step."},
    {"msetnx", -3, kGrows, kEven, &mset_nx, kString, "1.0.1",
     "Writes many strings if all keys are absent."},
    {"append", 3, kGrows | kFast, kOne, &append, kString, "2.0.0", "Appends to a string."},
    {"strlen", 2, kRead | kFast, kOne, &strlen_of, kString, "2.2.0", "The length of a string."},
    {"incr", 2, kGrows | kFast, kOne, &incr, kString, "1.0.0", "Adds one to an integer."},
    {"decr", 2, kGrows | kFast, kOne, &decr, kString, "1.0.0", "Takes one from an integer."},
    {"incrby", 3, kGrows | kFast, kOne, &incr_by, kString, "1.0.0", "Adds to an integer."},
    {"decrby", 3, kGrows | kFast, kOne, &decr_by, kString, "1.0.0", "Takes from an integer."},
    {"incrbyfloat", 3, kGrows | kFast, kOne, &incr_by_float, kString, "2.6.0",
     "Adds to a decimal number."},
    {"lcs", -3, kRead | kLong, kTwo, &lcs, kString, "7.0.0",
     "The longest sequence of bytes that two strings share."},

    {"getbit", 3, kRead | kFast, kOne, &get_bit, kBitmap, "2.2.0", "A bit of a string."},
    {"setbit", 4, kGrows, kOne, &set_bit, kBitmap, "2.2.0", "Sets or clears a bit of a string."},
    {"bitcount", -2, kRead, kOne, &bit_count, kBitmap, "2.6.0", "How many bits are set."},
    {"bitpos", -3, kRead, kOne, &bit_pos, kBitmap, "2.8.7", "Where the first bit of a kind is."},
    {"bitop", -4, kGrows, kAllFromSecond, &bit_op, kBitmap, "2.6.0",
     "Combines the bits of strings into another."},
    {"bitfield", -2, kGrows, kOne, &bit_field, kBitmap, "3.2.0",
     "Reads and changes integers of any width inside a string."},
    {"bitfield_ro", -2, kRead | kFast, kOne, &bit_field, kBitmap, "6.0.0",
     "Reads integers of any width inside a string."},

    {"del", -2, kWrite, kAll, &del, kGeneric, "1.0.0", "Erases keys."},
    {"unlink", -2, kWrite | kFast, kAll, &del, kGeneric, "4.0.0", "Erases keys."},
    {"exists", -2, kRead | kFast, kAll, &exists, kGeneric, "1.0.0",
     "How many of the keys there are."},
    {"touch", -2, kRead | kFast, kAll, &touch, kGeneric, "3.2.1", "Counts as a use of keys."},
    {"type", 2, kRead | kFast, kOne, &type, kGeneric, "1.0.0", "What kind of value a key holds."},
    {"expire", -3, kWrite | kFast, kOne, &expire, kGeneric, "1.0.0",
     "Lets a key live for seconds."},
    {"pexpire", -3, kWrite | kFast, kOne, &pexpire, kGeneric, "2.6.0",
     "Lets a key live for milliseconds."},
    {"expireat", -3, kWrite | kFast, kOne, &expire_at, kGeneric, "1.2.0",
     "Lets a key live until a Unix time in seconds."},
    {"pexpireat", -3, kWrite | kFast, kOne, &pexpire_at, kGeneric, "2.6.0",
     "Lets a key live until a Unix time in milliseconds."},
    {"ttl", 2, kRead | kFast, kOne, &ttl, kGeneric, "1.0.0", "Seconds that a key has left."},
    {"pttl", 2, kRead | kFast, kOne, &pttl, kGeneric, "2.6.0", "Milliseconds that a key has left."},
    {"expiretime", 2, kRead | kFast, kOne, &expire_time, kGeneric, "7.0.0",
     "The Unix time in seconds until which a key lives."},
    {"pexpiretime", 2, kRead | kFast, kOne, &pexpire_time, kGeneric, "7.0.0",
     "The Unix time in milliseconds until which a key lives."},
    {"persist", 2, kWrite | kFast, kOne, &persist, kGeneric, "2.2.0",
     "Takes a key's deadline away."},
    {"rename", 3, kWrite, kTwo, &rename, kGeneric, "1.0.0",
     "Gives a key another name, over whatever was there."},
    {"renamenx", 3, kWrite | kFast, kTwo, &rename_nx, kGeneric, "1.0.0",
     "Gives a key another name if that is free."},
    {"copy", -3, kGrows, kTwo, &copy, kGeneric, "6.2.0", "Copies a value to another key."},
    {"move", 3, kWrite | kFast, kOne, &move, kGeneric, "1.0.0",
     "Takes a key to another database if it is free there."},
    {"object", -2, 0, kNone, &container, kGeneric, "2.2.3", "How values are kept.", kObjectRows},
    {"scan", -2, kRead, kNone, &scan, kGeneric, "2.8.0", "A page of keys, and where to go on."},
    {"keys", 2, kRead | kLong, kNone, &keys, kGeneric, "1.0.0",
     "All keys that match. Slow: prefer SCAN."},
    {"randomkey", 1, kRead, kNone, &random_key, kGeneric, "1.0.0", "Some key."},

    {"ping", -1, kFast | kListening, kNone, &ping, kConnection, "1.0.0", "PONG, or the argument."},
    {"echo", 2, kFast, kNone, &echo, kConnection, "1.0.0", "The argument."},
    {"hello", -1, kOpen | kSecret, kNone, &hello, kConnection, "6.0.0",
     "Chooses the protocol; may log in."},
    {"auth", -2, kOpen | kSecret, kNone, &auth, kConnection, "1.0.0", "Logs in."},
    {"select", 2, kFast, kNone, &select, kConnection, "1.0.0", "Chooses the database."},
    {"reset", 1, kOpen | kUnqueued | kListening, kNone, &reset, kConnection, "6.2.0",
     "As if just connected."},
    {"quit", -1, kOpen | kUnqueued | kListening, kNone, &quit, kConnection, "1.0.0",
     "Ends the connection."},
    {"client", -2, 0, kNone, &container, kConnection, "2.4.0", "About connections.", kClientRows},

    {"multi", 1, kSteers, kNone, &multi, kTransactions, "1.2.0",
     "Begins a transaction: commands are queued."},
    {"exec", 1, kUnqueued | kLong, kNone, &exec, kTransactions, "1.2.0",
     "Executes what was queued, in one step."},
    {"discard", 1, kSteers, kNone, &discard, kTransactions, "2.0.0", "Forgets what was queued."},
    {"watch", -2, kSteers, kAll, &watch, kTransactions, "2.2.0",
     "Lets EXEC refuse if a key changes until then."},
    {"unwatch", 1, kFast, kNone, &unwatch, kTransactions, "2.2.0", "Forgets all watched keys."},

    {"publish", 3, kTells, kNone, &publish, kChannels, "2.0.0",
     "Sends a message to all who are subscribed to the channel."},
    {"spublish", 3, kTells, kOne, &spublish, kChannels, "7.0.0",
     "Sends a message to all who are subscribed to the sharded channel."},
    {"subscribe", -2, kListens, kNone, &subscribe, kChannels, "2.0.0",
     "Lets messages of channels come."},
    {"unsubscribe", -1, kListens, kNone, &unsubscribe, kChannels, "2.0.0",
     "Ends that, for some channels or all."},
    {"psubscribe", -2, kListens, kNone, &psubscribe, kChannels, "2.0.0",
     "Lets messages of all channels come that match patterns."},
    {"punsubscribe", -1, kListens, kNone, &punsubscribe, kChannels, "2.0.0",
     "Ends that, for some patterns or all."},
    {"ssubscribe", -2, kListens, kAll, &ssubscribe, kChannels, "7.0.0",
     "Lets messages of sharded channels come."},
    {"sunsubscribe", -1, kListens, kAll, &sunsubscribe, kChannels, "7.0.0",
     "Ends that, for some sharded channels or all."},
    {"pubsub", -2, 0, kNone, &container, kChannels, "2.8.0", "About channels.", kPubSubRows},

    {"larder.add", -3, kGrows | kFast, kOne, &larder_add, kLarder, "0.1.0",
     "Adds to an integer; a new one gets a deadline."},
    {"larder.addfloat", -3, kGrows | kFast, kOne, &larder_add_float, kLarder, "0.1.0",
     "Adds to a decimal number; a new one gets a deadline."},
    {"larder.lease", 3, kRead | kFast, kOne, &larder_lease, kLarder, "0.1.0",
     "The string of a key, or leave for one client to fill the miss."},
    {"larder.fill", -4, kGrows | kFast, kOne, &larder_fill, kLarder, "0.1.0",
     "Writes what a lease was for, unless the key was written or erased meanwhile."},
    {"larder.lock",
     4,
     kGrows | kFast,
     kOne,
     &larder_lock,
     kLarder,
     "0.1.0",
     "Takes a lock that is free, or the owner's own, and answers its fencing token.",
     {},
     'f'},
    {"larder.extend", 4, kWrite | kFast, kOne, &larder_extend, kLarder, "0.1.0",
     "Gives the owner's lock more time."},
    {"larder.unlock", 3, kWrite | kFast, kOne, &larder_unlock, kLarder, "0.1.0",
     "Ends the owner's lock."},
    {"larder.fset",
     -4,
     kGrows | kFast,
     kOne,
     &larder_fenced_set,
     kLarder,
     "0.1.0",
     "Writes a string unless a greater fencing token has written before.",
     {},
     'f'},
    {"larder.limit", -5, kGrows | kFast, kOne, &larder_limit, kLarder, "0.1.0",
     "Takes from a limit on a sliding window, or tells what it would answer."},
    {"larder.limits",
     -8,
     kGrows | kFast,
     {2, -1, 6},
     &larder_limits,
     kLarder,
     "0.1.0",
     "Takes from every limit if all allow it, else from none."},
    {"larder.addonce",
     -5,
     kGrows | kFast,
     {1, 2, 1},
     &larder_add_once,
     kLarder,
     "0.1.0",
     "Adds to an integer unless another key says that this was done."},
    {"larder.share",
     6,
     kGrows | kFast,
     kOne,
     &larder_share,
     kLarder,
     "0.1.0",
     "Takes a share of what a key has to give, and answers its fencing token.",
     {},
     'f'},
    {"larder.reshare", 4, kGrows | kFast, kOne, &larder_reshare, kLarder, "0.1.0",
     "Gives the owner's share more time."},
    {"larder.unshare", 3, kWrite | kFast, kOne, &larder_unshare, kLarder, "0.1.0",
     "Ends the owner's share."},
    {"larder.gens",
     -2,
     kGrows | kFast,
     kAll,
     &larder_generations,
     kLarder,
     "0.1.0",
     "The generations of tags.",
     {},
     'g'},
    {"larder.bump",
     2,
     kGrows | kFast,
     kOne,
     &larder_bump,
     kLarder,
     "0.1.0",
     "Gives a tag a greater generation.",
     {},
     'g'},

    {"bgrewriteaof", 1, kAdmin | kNoMulti, kNone, &rewrite_log, kServer, "1.0.0",
     "Lets the log begin anew, behind a snapshot."},
    {"bgsave", -1, kAdmin | kNoMulti, kNone, &save_later, kServer, "1.0.0",
     "Writes a snapshot beside the work."},
    {"command", -1, 0, kNone, &command, kServer, "2.8.13", "About commands.", kCommandRows},
    {"config", -2, 0, kNone, &container, kServer, "2.0.0", "About settings.", kConfigRows},
    {"dbsize", 1, kRead | kFast, kNone, &db_size, kServer, "1.0.0",
     "How many keys the database has."},
    {"flushdb", -1, kWrite | kLong, kNone, &flush_db, kServer, "1.0.0", "Erases the database."},
    {"flushall", -1, kWrite | kLong, kNone, &flush_all, kServer, "1.0.0", "Erases all databases."},
    {"info", -1, kLong, kNone, &info, kServer, "1.0.0", "Figures of the server."},
    {"lastsave", 1, kFast, kNone, &last_save, kServer, "1.0.0",
     "When the last snapshot was finished, as a Unix time."},
    {"latency", -2, 0, kNone, &container, kServer, "2.8.13", "About what takes long.",
     kLatencyRows},
    {"memory", -2, 0, kNone, &container, kServer, "4.0.0", "About memory.", kMemoryRows},
    {"save", 1, kAdmin | kNoMulti | kLong, kNone, &save, kServer, "1.0.0",
     "Writes a snapshot and waits for it."},
    {"shutdown", -1, kAdmin | kNoMulti, kNone, &shutdown, kServer, "1.0.0", "Ends the server."},
    {"slowlog", -2, 0, kNone, &container, kServer, "2.2.12", "About commands that took long.",
     kSlowLogRows},
    {"swapdb", 3, kWrite | kFast, kNone, &swap_db, kServer, "4.0.0", "Exchanges two databases."},
    {"time", 1, kFast, kNone, &time, kServer, "2.6.0", "The server's clock."},
};
// clang-format on

static_assert(std::size(kRows) <= kCommandsMax);

/// A name in lower case, padded with zeros: compared as three words instead of letter by letter.
struct Folded {
  std::uint64_t word[3] = {};

  static constexpr std::size_t kBytesMax = sizeof word;

  constexpr Folded() = default;
  explicit Folded(std::string_view name) noexcept {
    LARDER_ASSERT(name.size() <= kBytesMax);
    std::memcpy(word, name.data(), name.size());
    // Folds digits and marks too, into others of their kind; no two names of the table meet by
    // that, see the test.
    for (auto& w : word) w |= 0x2020202020202020U;
  }
  bool operator==(const Folded&) const = default;
  std::size_t slot() const noexcept {
    return ((word[0] ^ (word[1] * 31) ^ (word[2] * 17)) * 0x9E3779B97F4A7C15U) >> 55U;
  }
};

/// Open addressing over the rows: 512 slots for about 60 names.
class Lookup {
 public:
  Lookup() {
    for (const Command& row : kRows) {
      const Folded name(row.name);
      std::size_t at = name.slot();
      while (slots_[at].command != nullptr) at = (at + 1) % slots_.size();
      slots_[at] = {name, &row};
    }
  }
  const Command* find(std::string_view name) const noexcept {
    if (name.empty() || name.size() > Folded::kBytesMax) return nullptr;
    const Folded wanted(name);
    for (std::size_t at = wanted.slot(); slots_[at].command != nullptr;
         at = (at + 1) % slots_.size()) {
      if (slots_[at].name == wanted && slots_[at].command->name.size() == name.size()) {
        return slots_[at].command;
      }
    }
    return nullptr;
  }

 private:
  struct Slot {
    Folded name;
    const Command* command = nullptr;
  };
  std::array<Slot, 512> slots_;
};

}  // namespace

std::span<const Command> commands() noexcept { return kRows; }

const Command* find_command(std::string_view name) noexcept {
  static const Lookup lookup;
  const Command* found = lookup.find(name);
  // The fold is loose: '@' and '`' are one to it. The name itself decides.
  return found != nullptr && base::same_word(found->name, name) ? found : nullptr;
}

const Command* find_subcommand(const Command& command, std::string_view name) noexcept {
  for (const Command& row : command.subcommands) {
    if (base::same_word(row.name.substr(command.name.size() + 1), name)) return &row;
  }
  return nullptr;
}

std::size_t index_of(const Command& command) noexcept {
  const auto inside = [](std::span<const Command> rows, const Command& row) {
    return &row >= rows.data() && &row < rows.data() + rows.size();
  };
  if (inside(kRows, command)) return static_cast<std::size_t>(&command - kRows);
  for (const Command& row : kRows) {
    if (inside(row.subcommands, command)) return static_cast<std::size_t>(&row - kRows);
  }
  LARDER_ASSERT(false);
}

std::vector<std::string_view> keys_of(const Command& command,
                                      std::span<const std::string_view> args) {
  std::vector<std::string_view> keys;
  const auto [first, last, step] = command.keys;
  if (first == 0 || (command.flags & kPubSub) != 0) return keys;
  const int end = last < 0 ? static_cast<int>(args.size()) + last : last;
  for (int i = first; i <= end; i += step) keys.push_back(args[static_cast<std::size_t>(i)]);
  return keys;
}

std::string_view to_string(Group group) noexcept {
  switch (group) {
    case Group::string:
      return "string";
    case Group::bitmap:
      return "bitmap";
    case Group::generic:
      return "generic";
    case Group::connection:
      return "connection";
    case Group::server:
      return "server";
    case Group::transactions:
      return "transactions";
    case Group::pubsub:
      return "pubsub";
    case Group::larder:
      return "larder";
  }
  return "";
}

}  // namespace larder::server
