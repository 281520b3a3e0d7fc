#include "store/redis/words.hpp"

#include <algorithm>
#include <array>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace larder::store {
namespace {

constexpr int kToTheEnd = -1;
constexpr int kAllButTheLast = -2;

/// Keys stand from word `first` to word `last`, each `step` apart; or as many as word `counted` says stand behind it; or both.
struct WhereKeysAre {
  int first = 1;
  int last = 1;
  int step = 1;
  int counted = 0;
  bool streams = false;  ///< The first half of what follows the word STREAMS.
};

struct Known {
  std::string_view names;  ///< With a second word where that matters: "CLIENT REPLY".
  WhereKeysAre keys{};
  std::string_view refusal = {};
  bool waits = false;
};

constexpr WhereKeysAre kNone{0, 0};
constexpr WhereKeysAre kEach{1, kToTheEnd};
constexpr WhereKeysAre kTwo{1, 2};
constexpr WhereKeysAre kSecond{2, 2};
constexpr WhereKeysAre kCounted{0, 0, 1, 1};
constexpr WhereKeysAre kCountedLater{0, 0, 1, 2};
constexpr WhereKeysAre kIntoFirst{1, 1, 1, 2};
constexpr WhereKeysAre kStreams{0, 0, 1, 0, true};

constexpr std::string_view kSubscribes =
    "it would turn the shared connection into a subscriber's; use Redis::subscribe";
constexpr std::string_view kTransacts =
    "others' commands would come between on the shared connection; use Redis::transaction";
constexpr std::string_view kWatches =
    "all callers share the connection; use Store::compare_and_set, or Redis::eval for more";
constexpr std::string_view kTakesOver =
    "the connection would answer nobody else any more; use redis-cli";
constexpr std::string_view kSetsUp =
    "it would change the shared connection for all its callers; open another store with a URL that "
    "says so";
constexpr std::string_view kMutes = "replies would go astray on the shared connection";
constexpr std::string_view kTracks =
    "invalidations would reach nobody on the shared connection; use Redis::subscribe with "
    "key_prefixes";
constexpr std::string_view kWaitsForWrites =
    "it would hold up all callers, for it speaks of what its own connection wrote; set "
    "min-replicas-to-write on the server";

constexpr std::array kTable{
    // Not on a shared connection.
    Known{"SUBSCRIBE|PSUBSCRIBE|SSUBSCRIBE|UNSUBSCRIBE|PUNSUBSCRIBE|SUNSUBSCRIBE", kNone,
          kSubscribes},
    Known{"MULTI|EXEC|DISCARD", kNone, kTransacts},
    Known{"WATCH|UNWATCH", kNone, kWatches},
    Known{"MONITOR|SYNC|PSYNC|REPLCONF|SCRIPT DEBUG", kNone, kTakesOver},
    Known{"SELECT|AUTH|HELLO|RESET|QUIT|READONLY|READWRITE|ASKING|CLIENT NO-TOUCH|CLIENT NO-EVICT",
          kNone, kSetsUp},
    Known{"CLIENT REPLY", kNone, kMutes},
    Known{"CLIENT TRACKING|CLIENT CACHING", kNone, kTracks},
    Known{"WAIT|WAITAOF", kNone, kWaitsForWrites},
    // Those that wait.
    Known{"BLPOP|BRPOP|BZPOPMIN|BZPOPMAX", {1, kAllButTheLast}, {}, true},
    Known{"BRPOPLPUSH|BLMOVE", kTwo, {}, true},
    Known{"BLMPOP|BZMPOP", kCountedLater, {}, true},
    Known{"XREAD|XREADGROUP", kStreams},
    // Of a server, not of a key.
    Known{"PING|ECHO|INFO|DBSIZE|TIME|CONFIG|CLIENT|COMMAND|SCRIPT|FUNCTION|ACL|ROLE|KEYS|SCAN|"
          "RANDOMKEY|FLUSHALL|FLUSHDB|SWAPDB|CLUSTER|SLOWLOG|LATENCY|LASTSAVE|SAVE|BGSAVE|"
          "BGREWRITEAOF|SHUTDOWN|MODULE|REPLICAOF|SLAVEOF|FAILOVER|PUBSUB|LOLWUT|DEBUG|MEMORY",
          kNone},
    // Keys elsewhere than first, or more than one.
    Known{"OBJECT|XINFO|XGROUP|MEMORY USAGE|DEBUG OBJECT", kSecond},
    Known{"BITOP", {2, kToTheEnd}},
    Known{"MGET|DEL|UNLINK|EXISTS|TOUCH|SINTER|SUNION|SDIFF|SINTERSTORE|SUNIONSTORE|SDIFFSTORE|"
          "PFCOUNT|PFMERGE",
          kEach},
    Known{"MSET|MSETNX", {1, kToTheEnd, 2}},
    Known{"RENAME|RENAMENX|COPY|SMOVE|LMOVE|RPOPLPUSH|LCS|ZRANGESTORE|GEOSEARCHSTORE", kTwo},
    Known{"ZUNION|ZINTER|ZDIFF|ZINTERCARD|SINTERCARD|LMPOP|ZMPOP", kCounted},
    Known{"ZUNIONSTORE|ZINTERSTORE|ZDIFFSTORE", kIntoFirst},
    Known{"EVAL|EVALSHA|EVAL_RO|EVALSHA_RO|FCALL|FCALL_RO", kCountedLater},
};

bool is_among(std::string_view name, std::string_view names) {
  while (!names.empty()) {
    const auto end = std::min(names.find('|'), names.size());
    if (base::same_word(names.substr(0, end), name)) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

const Known* find_known(std::string_view name) {
  const auto* row = std::find_if(kTable.begin(), kTable.end(), [name](const Known& known) {
    return is_among(name, known.names);
  });
  return row == kTable.end() ? nullptr : row;
}

const Known& known_of(std::span<const std::string> words) {
  static constexpr Known kUsual{{}};
  // No pair of words in the table is longer; what a caller wrote may be.
  constexpr std::size_t kLongest = 20;
  const Known* row = nullptr;
  if (words.size() > 1 && words[0].size() + words[1].size() < kLongest)
    row = find_known(words[0] + ' ' + words[1]);
  if (!row) row = find_known(words[0]);
  return row ? *row : kUsual;
}

/// Of XREAD … BLOCK 0 … STREAMS a b 0-0 0-0.
void read_streams(std::span<const std::string> words, CommandFacts& into) {
  const auto is = [](std::string_view wanted) {
    return [wanted](const std::string& word) { return base::same_word(word, wanted); };
  };
  const auto at = std::find_if(words.begin(), words.end(), is("STREAMS"));
  into.waits = std::find_if(words.begin(), at, is("BLOCK")) != at;
  if (at == words.end()) return;
  const auto count = (words.end() - at - 1) / 2;
  into.keys.assign(at + 1, at + 1 + count);
}

}  // namespace

CommandFacts facts_of(std::span<const std::string> words) {
  const Known& known = known_of(words);
  CommandFacts facts{{}, known.refusal, known.waits};
  const WhereKeysAre& where = known.keys;
  if (where.streams) read_streams(words, facts);
  const auto size = static_cast<int>(words.size());
  const int last = where.last < 0 ? size + where.last : std::min(where.last, size - 1);
  for (int i = where.first; i > 0 && i <= last; i += where.step)
    facts.keys.push_back(words[static_cast<std::size_t>(i)]);
  if (where.counted > 0 && where.counted < size) {
    const auto begin = static_cast<std::size_t>(where.counted);
    const auto rest = words.subspan(begin + 1);
    const auto count = base::parse_unsigned(words[begin]).value_or(0);
    for (std::size_t i = 0; i < rest.size() && i < count; ++i) facts.keys.push_back(rest[i]);
  }
  return facts;
}

}  // namespace larder::store
