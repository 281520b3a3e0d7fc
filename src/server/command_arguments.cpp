// The arguments of all commands, in a line each. Names and types are those of Redis where the command is.
//
// arguments := argument*                                    ; blanks between
// argument  := name shape? token? mark*
// shape     := "=" type | "(" arguments ")" | "{" argument ("|" argument)* "}"     ; of several parts; one of several
// token     := "@" word                                     ; what stands in front of it, or all there is of it
// mark      := "?" | "*" | "+"                              ; optional; any number; any number, each with its token
//
// Without a type it is a pure token where it has one, a key if that is its name, and else a string.
#include "server/command_arguments.hpp"

#include <algorithm>

namespace larder::server {
namespace {

struct Row {
  std::string_view command;
  std::string_view arguments;
};

// clang-format off: one row, one command
constexpr Row kArgumentRows[] = {
    {"append", "key value"},
    {"auth", "username? password"},
    {"bgsave", "schedule@SCHEDULE?"},
    {"bitcount", "key index(start=integer end=integer index_unit{byte@BYTE | bit@BIT}?)?"},
    {"bitfield",
     "key operation{encoding_offset(encoding offset=integer)@GET | write(wrap_sat_fail{wrap@WRAP | "
     "sat@SAT "
     "| fail@FAIL}@OVERFLOW? write_operation{encoding_offset_value(encoding offset=integer "
     "value=integer)@SET | encoding_offset_increment(encoding offset=integer "
     "increment=integer)@INCRBY})}?*"},
    {"bitfield_ro", "key encoding_offset(encoding offset=integer)@GET?*+"},
    {"bitop", "operation destkey=key key*"},
    {"bitpos",
     "key bit=integer index(start=integer end_index(end=integer index_unit{byte@BYTE | "
     "bit@BIT}?)?)?"},
    {"client|kill",
     "filter{ip:port | new-format{client-id=integer@ID? | normal_master_slave_pubsub{normal@NORMAL "
     "| "
     "master@MASTER | slave@SLAVE | replica@REPLICA | pubsub@PUBSUB}@TYPE? | username=string@USER? "
     "| "
     "ip:port=string@ADDR? | ip:port=string@LADDR? | yes/no=string@SKIPME?}*}"},
    {"client|list",
     "normal_master_replica_pubsub{normal@NORMAL | master@MASTER | replica@REPLICA | "
     "pubsub@PUBSUB}@TYPE? "
     "id(client-id=integer*)@ID?"},
    {"client|no-evict", "enabled{on@ON | off@OFF}"},
    {"client|no-touch", "enabled{on@ON | off@OFF}"},
    {"client|pause", "timeout=integer mode{write@WRITE | all@ALL}?"},
    {"client|reply", "on_off_skip{on@ON | off@OFF | skip@SKIP}"},
    {"client|setinfo", "attr{libname=string@LIB-NAME | libver=string@LIB-VER}"},
    {"client|setname", "connection-name"},
    {"client|unblock", "client-id=integer timeout_error{timeout@TIMEOUT | error@ERROR}?"},
    {"command|docs", "command-name?*"},
    {"command|getkeys", "command arg?*"},
    {"command|getkeysandflags", "command arg?*"},
    {"command|info", "command-name?*"},
    {"command|list",
     "filterby{module-name=string@MODULE | category=string@ACLCAT | "
     "pattern=pattern@PATTERN}@FILTERBY?"},
    {"config|get", "parameter(parameter)*"},
    {"config|set", "parameter_value(parameter value)*"},
    {"copy", "source=key destination=key destination-db=integer@DB? replace@REPLACE?"},
    {"decr", "key"},
    {"decrby", "key decrement=integer"},
    {"del", "key*"},
    {"echo", "message"},
    {"exists", "key*"},
    {"expire", "key seconds=integer condition{nx@NX | xx@XX | gt@GT | lt@LT}?"},
    {"expireat", "key unix-time-seconds=unix-time condition{nx@NX | xx@XX | gt@GT | lt@LT}?"},
    {"expiretime", "key"},
    {"flushall", "async{async@ASYNC | sync@SYNC}?"},
    {"flushdb", "async{async@ASYNC | sync@SYNC}?"},
    {"get", "key"},
    {"getbit", "key offset=integer"},
    {"getdel", "key"},
    {"getex",
     "key expiration{seconds=integer@EX | milliseconds=integer@PX | "
     "unix-time-seconds=unix-time@EXAT | "
     "unix-time-milliseconds=unix-time@PXAT | persist@PERSIST}?"},
    {"getrange", "key start=integer end=integer"},
    {"getset", "key value"},
    {"hello",
     "arguments(protover=integer username_password(username password)@AUTH? "
     "clientname=string@SETNAME?)?"},
    {"incr", "key"},
    {"incrby", "key increment=integer"},
    {"incrbyfloat", "key increment=double"},
    {"info", "section?*"},
    {"keys", "pattern=pattern"},
    {"larder.add", "key delta=integer milliseconds=integer@PX?"},
    {"larder.addfloat", "key delta=double milliseconds=integer@PX?"},
    {"larder.addonce", "key once=key delta=integer life=integer milliseconds=integer@PX?"},
    {"larder.bump", "tag=key"},
    {"larder.extend", "key owner milliseconds=integer"},
    {"larder.fill", "key token=integer value milliseconds=integer@PX?"},
    {"larder.fset",
     "key token=integer value expiration{milliseconds=integer@PX | keepttl@KEEPTTL}?"},
    {"larder.gens", "tag=key*"},
    {"larder.lease", "key milliseconds=integer"},
    {"larder.limit", "key max=integer window=integer count=integer peek@PEEK?"},
    {"larder.limits",
     "deed{take@TAKE | peek@PEEK} limit(key max=integer window=integer count=integer "
     "algorithm{sliding@SLIDING | fixed@FIXED | log@LOG | bucket@BUCKET} burst=integer)*"},
    {"larder.lock", "key owner milliseconds=integer"},
    {"larder.reshare", "key owner milliseconds=integer"},
    {"larder.share", "key owner milliseconds=integer weight=integer capacity=integer"},
    {"larder.unlock", "key owner"},
    {"larder.unshare", "key owner"},
    {"latency|graph", "event"},
    {"latency|histogram", "command?*"},
    {"latency|history", "event"},
    {"latency|reset", "event?*"},
    {"lcs",
     "key1=key key2=key len@LEN? idx@IDX? len=integer@MINMATCHLEN? withmatchlen@WITHMATCHLEN?"},
    {"memory|usage", "key count=integer@SAMPLES?"},
    {"mget", "key*"},
    {"move", "key db=integer"},
    {"mset", "key_value(key value)*"},
    {"msetnx", "key_value(key value)*"},
    {"object|encoding", "key"},
    {"object|freq", "key"},
    {"object|idletime", "key"},
    {"object|refcount", "key"},
    {"persist", "key"},
    {"pexpire", "key milliseconds=integer condition{nx@NX | xx@XX | gt@GT | lt@LT}?"},
    {"pexpireat", "key unix-time-milliseconds=unix-time condition{nx@NX | xx@XX | gt@GT | lt@LT}?"},
    {"pexpiretime", "key"},
    {"ping", "message?"},
    {"psetex", "key milliseconds=integer value"},
    {"psubscribe", "pattern(pattern=pattern)*"},
    {"pttl", "key"},
    {"publish", "channel message"},
    {"pubsub|channels", "pattern=pattern?"},
    {"pubsub|numsub", "channel?*"},
    {"pubsub|shardchannels", "pattern=pattern?"},
    {"pubsub|shardnumsub", "shardchannel?*"},
    {"punsubscribe", "pattern=pattern?*"},
    {"rename", "key newkey=key"},
    {"renamenx", "key newkey=key"},
    {"scan", "cursor=integer pattern=pattern@MATCH? count=integer@COUNT? type=string@TYPE?"},
    {"select", "index=integer"},
    {"set",
     "key value condition{nx@NX | xx@XX | comparison-value=string@IFEQ}? get@GET? "
     "expiration{seconds=integer@EX | milliseconds=integer@PX | unix-time-seconds=unix-time@EXAT | "
     "unix-time-milliseconds=unix-time@PXAT | keepttl@KEEPTTL}?"},
    {"setbit", "key offset=integer value=integer"},
    {"setex", "key seconds=integer value"},
    {"setnx", "key value"},
    {"setrange", "key offset=integer value"},
    {"shutdown", "nosave_save{nosave@NOSAVE | save@SAVE}? now@NOW? force@FORCE? abort@ABORT?"},
    {"slowlog|get", "count=integer?"},
    {"spublish", "shardchannel message"},
    {"ssubscribe", "shardchannel*"},
    {"strlen", "key"},
    {"subscribe", "channel*"},
    {"substr", "key start=integer end=integer"},
    {"sunsubscribe", "shardchannel?*"},
    {"swapdb", "index1=integer index2=integer"},
    {"touch", "key*"},
    {"ttl", "key"},
    {"type", "key"},
    {"unlink", "key*"},
    {"unsubscribe", "channel?*"},
    {"watch", "key*"},
};
// clang-format on

/// Reads from the front of a text that the unit test has seen all of.
class ArgumentsReader {
 public:
  explicit ArgumentsReader(std::string_view text) : text_(text) {}

  /// Up to `end`, which is taken too.
  std::vector<Argument> until(char end) {
    std::vector<Argument> all;
    while (!take(end) && !text_.empty()) {
      if (!take(' ') && !take('|')) all.push_back(next());
    }
    return all;
  }

 private:
  Argument next() {
    Argument argument;
    argument.name = word();
    if (take('=')) argument.type = word();
    if (take('(')) {
      argument.type = "block";
      argument.parts = until(')');
    } else if (take('{')) {
      argument.type = "oneof";
      argument.parts = until('}');
    }
    if (take('@')) argument.token = word();
    if (argument.type.empty()) {
      argument.type = !argument.token.empty()  ? "pure-token"
                      : argument.name == "key" ? "key"
                                               : "string";
    }
    for (;;) {
      if (take('?')) {
        argument.optional = true;
      } else if (take('*')) {
        argument.multiple = true;
      } else if (take('+')) {
        argument.multiple_token = true;
      } else {
        return argument;
      }
    }
  }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    const std::string_view found =
        text_.substr(0, std::min(text_.find_first_of(" =(){}|@?*+"), text_.size()));
    text_.remove_prefix(found.size());
    return found;
  }

  std::string_view text_;
};

}  // namespace

std::vector<Argument> arguments_of(std::string_view command) {
  const auto* row = std::lower_bound(
      std::begin(kArgumentRows), std::end(kArgumentRows), command,
      [](const Row& known, std::string_view name) { return known.command < name; });
  if (row == std::end(kArgumentRows) || row->command != command) return {};
  return ArgumentsReader(row->arguments).until('\0');
}

}  // namespace larder::server
