// COMMAND: what the table says of itself.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/command_arguments.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// Our flags as Redis' words.
std::vector<std::string_view> flag_words(const Command& row) {
  static constexpr std::pair<unsigned, std::string_view> kWords[] = {
      {kRead, "readonly"}, {kWrite, "write"}, {kDenyWhenFull, "denyoom"}, {kAdmin, "admin"},
      {kPubSub, "pubsub"}, {kFast, "fast"},   {kNoAuth, "no_auth"},       {kNoMulti, "no_multi"},
  };
  std::vector<std::string_view> words;
  for (const auto& [flag, word] : kWords) {
    if ((row.flags & flag) != 0) words.push_back(word);
  }
  return words;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// As Redis sorts commands for ACL; a container of subcommands has none of its own.
std::vector<std::string_view> categories(const Command& row) {
  const std::string_view family = row.name.substr(0, row.name.find('|'));
  const bool all_keys = is_one_of(family, {"dbsize", "flushdb", "flushall", "swapdb"});
  const bool contains = !row.subcommands.empty() && row.handler == &container;
  const bool dangerous = (row.flags & kAdmin) != 0 ||
                         is_one_of(family, {"keys", "flushdb", "flushall", "info", "swapdb"});
  std::vector<std::string_view> words;
  const auto put = [&](bool is_in, std::string_view word) {
    if (is_in) words.push_back(word);
  };
  put((row.flags & kRead) != 0, "@read");
  put((row.flags & kWrite) != 0, "@write");
  put(row.group == Group::string, "@string");
  put(row.group == Group::bitmap, "@bitmap");
  put((row.group == Group::generic && !contains) || all_keys, "@keyspace");
  put((row.group == Group::connection && !contains) || family == "command", "@connection");
  put(row.group == Group::transactions, "@transaction");
  put((row.flags & kPubSub) != 0, "@pubsub");
  put((row.flags & kAdmin) != 0, "@admin");
  put(dangerous, "@dangerous");
  words.push_back((row.flags & kFast) != 0 ? "@fast" : "@slow");
  return words;
}

void write_words(resp::Writer& reply, const std::vector<std::string_view>& words) {
  reply.set(words.size());
  for (const std::string_view word : words) reply.simple(word);
}

/// What becomes of a command's keys, in Redis' words, where it is not what its flags say: of the first, and of the rest.
struct KeyUse {
  std::string_view command;
  std::string_view first;
  std::string_view rest = {};
};

constexpr KeyUse kKeyUses[] = {
    {"set", "RW access update variable_flags"},
    {"bitfield", "RW access update variable_flags"},
    {"setex", "OW update"},
    {"psetex", "OW update"},
    {"mset", "OW update"},
    {"setnx", "OW insert"},
    {"msetnx", "OW insert"},
    {"append", "RW insert"},
    {"setrange", "RW update"},
    {"getdel", "RW access delete"},
    {"strlen", "RO"},
    {"bitop", "OW update", "RO access"},
    {"del", "RM delete"},
    {"unlink", "RM delete"},
    {"exists", "RO"},
    {"touch", "RO"},
    {"type", "RO"},
    {"expire", "RW update"},
    {"pexpire", "RW update"},
    {"expireat", "RW update"},
    {"pexpireat", "RW update"},
    {"persist", "RW update"},
    {"rename", "RW access delete", "OW update"},
    {"renamenx", "RW access delete", "OW insert"},
    {"copy", "RO access", "OW update"},
    {"watch", "RO"},
    {"memory|usage", "RO"},
    {"larder.fset", "OW update"},
    {"larder.fill", "OW insert"},
    {"larder.unlock", "RW delete"},
    {"object|encoding", "RO"},
    {"object|refcount", "RO"},
};

KeyUse use_of(const Command& row) {
  for (const KeyUse& use : kKeyUses) {
    if (use.command == row.name) return use;
  }
  if ((row.flags & kPubSub) != 0) return {row.name, "not_key"};
  return {row.name, (row.flags & kWrite) != 0 ? "RW access update" : "RO access"};
}

void write_use(resp::Writer& reply, std::string_view use) {
  std::vector<std::string_view> words;
  for (std::size_t end = 0; end != std::string_view::npos; use.remove_prefix(end + 1)) {
    end = use.find(' ');
    words.push_back(use.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  write_words(reply, words);
}

/// Keys of the same use that stand in a row.
struct KeySpec {
  std::string_view use;
  KeyPlaces keys;
};

std::vector<KeySpec> specs_of(const Command& row) {
  if (row.keys.first == 0) return {};
  const KeyUse use = use_of(row);
  if (use.rest.empty()) return {{use.first, row.keys}};
  const int second = row.keys.first + row.keys.step;
  return {{use.first, {row.keys.first, row.keys.first, 1}},
          {use.rest, {second, row.keys.last, row.keys.step}}};
}

void write_key_spec(resp::Writer& reply, const KeySpec& spec) {
  reply.map(3);
  reply.bulk("flags");
  write_use(reply, spec.use);
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply.bulk("index");
  reply.integer(spec.keys.first);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk("lastkey");
  reply.integer(spec.keys.last < 0 ? spec.keys.last : spec.keys.last - spec.keys.first);
  reply.bulk("keystep");
  reply.integer(spec.keys.step);
  reply.bulk("limit");
  reply.integer(0);
}

void write_row(Call& call, const Command& row) {
  resp::Writer& reply = call.reply;
  reply.array(10);
  reply.bulk(row.name);
  reply.integer(row.arity);
  write_words(reply, flag_words(row));
  reply.integer(row.keys.first);
  reply.integer(row.keys.last);
  reply.integer(row.keys.step);
  write_words(reply, categories(row));
  reply.array(0);  // Tips for proxies: none.
  const auto specs = specs_of(row);
  reply.array(specs.size());
  for (const KeySpec& spec : specs) write_key_spec(reply, spec);
  reply.array(row.subcommands.size());
  for (const Command& sub : row.subcommands) write_row(call, sub);
}

/// `keys`: how many keys were written, and of how many uses there are: the first is of the first use, and so on.
struct KeyCount {
  std::size_t written = 0;
  std::size_t uses = 0;
};

void write_argument(resp::Writer& reply, const Argument& argument, KeyCount& keys) {
  std::vector<std::string_view> flags;
  if (argument.optional) flags.push_back("optional");
  if (argument.multiple) flags.push_back("multiple");
  if (argument.multiple_token) flags.push_back("multiple_token");
  const bool is_key = argument.type == "key";
  const auto fields =
      2U + is_key + !argument.token.empty() + !flags.empty() + !argument.parts.empty();
  reply.map(fields);
  reply.bulk("name");
  reply.bulk(argument.name);
  reply.bulk("type");
  reply.bulk(argument.type);
  if (is_key) {
    reply.bulk("key_spec_index");
    reply.integer(static_cast<std::int64_t>(std::min(keys.written++, keys.uses - 1)));
  }
  if (!argument.token.empty()) {
    reply.bulk("token");
    reply.bulk(argument.token);
  }
  if (!flags.empty()) {
    reply.bulk("flags");
    write_words(reply, flags);
  }
  if (argument.parts.empty()) return;
  reply.bulk("arguments");
  reply.array(argument.parts.size());
  for (const Argument& part : argument.parts) write_argument(reply, part, keys);
}

void write_docs(Call& call, const Command& row) {
  resp::Writer& reply = call.reply;
  const auto arguments = arguments_of(row.name);
  reply.bulk(row.name);
  reply.map(3U + !arguments.empty() + !row.subcommands.empty());
  reply.bulk("summary");
  reply.bulk(row.summary);
  reply.bulk("since");
  reply.bulk(row.since);
  reply.bulk("group");
  reply.bulk(to_string(row.group));
  if (!arguments.empty()) {
    reply.bulk("arguments");
    reply.array(arguments.size());
    KeyCount keys{.uses = specs_of(row).size()};
    for (const Argument& argument : arguments) write_argument(reply, argument, keys);
  }
  if (row.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(row.subcommands.size());
  for (const Command& sub : row.subcommands) write_docs(call, sub);
}

/// A command, or a subcommand as "client|id".
const Command* find_any(std::string_view name) {
  const auto bar = name.find('|');
  const Command* row = find_command(name.substr(0, bar));
  if (row == nullptr || bar == std::string_view::npos) return row;
  return find_subcommand(*row, name.substr(bar + 1));
}

bool is_in(const Command& row, std::string_view category) {
  const auto words = categories(row);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return base::same_word(word.substr(1), category);
  });
}

/// The command that follows GETKEYS, if it has keys; null after an error was replied.
const Command* whole_command(Call& call) {
  const Args whole = call.args.subspan(2);
  const Command* row = find_command(whole[0]);
  if (row != nullptr && !row->subcommands.empty() && whole.size() > 1) {
    row = find_subcommand(*row, whole[1]);
  }
  std::string_view wrong;
  if (row == nullptr) {
    wrong = "ERR Invalid command specified";
  } else if (row->keys.first == 0 || (row->flags & kPubSub) != 0) {
    wrong = "ERR The command has no key arguments";
  } else if (!row->fits(whole.size())) {
    wrong = "ERR Invalid number of arguments specified for command";
  } else {
    return row;
  }
  call.fail(wrong);
  return nullptr;
}

/// Of some, the options say whether they read or write.
KeyUse use_of_call(const Command& row, Args whole) {
  const auto says = [&](std::string_view word, std::size_t from) {
    return std::any_of(whole.begin() + static_cast<std::ptrdiff_t>(std::min(from, whole.size())),
                       whole.end(), [&](auto arg) { return base::same_word(arg, word); });
  };
  if (row.name == "set") return {row.name, says("get", 3) ? "RW access update" : "OW update"};
  if (row.name == "bitfield") {
    return {row.name, says("set", 2) || says("incrby", 2) ? "RW access update" : "RO access"};
  }
  return use_of(row);
}

}  // namespace

void command(Call& call) {
  call.reply.array(commands().size());
  for (const Command& row : commands()) write_row(call, row);
}

void command_count(Call& call) { call.reply.integer(static_cast<std::int64_t>(commands().size())); }

void command_info(Call& call) {
  if (call.args.size() == 2) return command(call);
  call.reply.array(call.args.size() - 2);
  for (const std::string_view name : call.args.subspan(2)) {
    const Command* row = find_any(name);
    row != nullptr ? write_row(call, *row) : call.reply.null_array();
  }
}

void command_docs(Call& call) {
  std::vector<const Command*> rows;
  if (call.args.size() == 2) {
    for (const Command& row : commands()) rows.push_back(&row);
  }
  for (const std::string_view name : call.args.subspan(2)) {
    if (const Command* row = find_any(name)) rows.push_back(row);
  }
  call.reply.map(rows.size());
  for (const Command* row : rows) write_docs(call, *row);
}

void command_list(Call& call) {
  const bool filtered = call.args.size() == 5 && base::same_word(call.arg(2), "filterby");
  if (!filtered && call.args.size() != 2) return call.fail(errors::kSyntax);
  const std::string_view by = filtered ? call.arg(3) : "pattern";
  const std::string_view what = filtered ? call.arg(4) : "*";
  const bool by_pattern = base::same_word(by, "pattern");
  const bool by_category = base::same_word(by, "aclcat");
  if (!by_pattern && !by_category && !base::same_word(by, "module")) {
    return call.fail(errors::kSyntax);
  }
  std::vector<std::string_view> names;
  for (const Command& row : commands()) {
    // Of no module: there are none.
    if (by_pattern ? base::glob_match(what, row.name) : by_category && is_in(row, what)) {
      names.push_back(row.name);
    }
  }
  call.reply.array(names.size());
  for (const std::string_view name : names) call.reply.bulk(name);
}

void command_get_keys(Call& call) {
  const Command* row = whole_command(call);
  if (row == nullptr) return;
  const auto keys = keys_of(*row, call.args.subspan(2));
  call.reply.array(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
}

void command_get_keys_and_flags(Call& call) {
  const Command* row = whole_command(call);
  if (row == nullptr) return;
  const Args whole = call.args.subspan(2);
  const KeyUse use = use_of_call(*row, whole);
  const auto keys = keys_of(*row, whole);
  call.reply.array(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    call.reply.array(2);
    call.reply.bulk(keys[i]);
    write_use(call.reply, i > 0 && !use.rest.empty() ? use.rest : use.first);
  }
}

void help(Call& call) {
  const std::string_view name = call.command.name.substr(0, call.command.name.find('|'));
  const Command& container = *find_command(name);
  call.reply.array(1 + 2 * container.subcommands.size());
  call.reply.simple(base::upper(name) +
                    " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const Command& row : container.subcommands) {
    call.reply.simple(base::upper(row.name.substr(name.size() + 1)));
    call.reply.simple("    " + std::string(row.summary));
  }
}

}  // namespace larder::server
