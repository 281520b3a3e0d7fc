// COMMAND: what the table says of itself.
#include <string>
#include <utility>
#include <vector>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// Our flags as Redis' words.
std::vector<std::string_view> flag_words(const Command& row) {
  static constexpr std::pair<unsigned, std::string_view> kWords[] = {
      {kRead, "readonly"}, {kWrite, "write"},    {kDenyWhenFull, "denyoom"}, {kAdmin, "admin"},
      {kFast, "fast"},     {kNoAuth, "no_auth"}, {kNoMulti, "no_multi"},
  };
  std::vector<std::string_view> words;
  for (const auto& [flag, word] : kWords) {
    if ((row.flags & flag) != 0) words.push_back(word);
  }
  return words;
}

std::vector<std::string_view> categories(const Command& row) {
  std::vector<std::string_view> words;
  if ((row.flags & kRead) != 0) words.push_back("@read");
  if ((row.flags & kWrite) != 0) words.push_back("@write");
  if (row.group == Group::string) words.push_back("@string");
  if (row.group == Group::bitmap) words.push_back("@bitmap");
  if (row.group == Group::generic) words.push_back("@keyspace");
  if (row.group == Group::connection) words.push_back("@connection");
  if (row.group == Group::transactions) words.push_back("@transaction");
  if ((row.flags & kAdmin) != 0) words.push_back("@admin");
  words.push_back((row.flags & kFast) != 0 ? "@fast" : "@slow");
  return words;
}

void write_words(resp::Writer& reply, const std::vector<std::string_view>& words) {
  reply.set(words.size());
  for (const std::string_view word : words) reply.simple(word);
}

void write_key_specs(Call& call, const Command& row) {
  resp::Writer& reply = call.reply;
  if (row.keys.first == 0) return reply.array(0);
  reply.array(1);
  reply.map(3);
  reply.bulk("flags");
  write_words(reply, {(row.flags & kWrite) != 0 ? "RW" : "RO", "ACCESS"});
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply.bulk("index");
  reply.integer(row.keys.first);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk("lastkey");
  reply.integer(row.keys.last < 0 ? row.keys.last : row.keys.last - row.keys.first);
  reply.bulk("keystep");
  reply.integer(row.keys.step);
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
  write_key_specs(call, row);
  reply.array(row.subcommands.size());
  for (const Command& sub : row.subcommands) write_row(call, sub);
}

void write_docs(Call& call, const Command& row) {
  resp::Writer& reply = call.reply;
  reply.bulk(row.name);
  reply.map(row.subcommands.empty() ? 3 : 4);
  reply.bulk("summary");
  reply.bulk(row.summary);
  reply.bulk("since");
  reply.bulk(row.since);
  reply.bulk("group");
  reply.bulk(to_string(row.group));
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
  std::string_view pattern = "*";
  if (call.args.size() == 5 && base::same_word(call.arg(2), "filterby") &&
      base::same_word(call.arg(3), "pattern")) {
    pattern = call.arg(4);
  } else if (call.args.size() != 2) {
    return call.fail(errors::kSyntax);
  }
  std::vector<std::string_view> names;
  for (const Command& row : commands()) {
    if (base::glob_match(pattern, row.name)) names.push_back(row.name);
  }
  call.reply.array(names.size());
  for (const std::string_view name : names) call.reply.bulk(name);
}

void command_get_keys(Call& call) {
  const Args whole = call.args.subspan(2);
  const Command* row = find_command(whole[0]);
  if (row != nullptr && !row->subcommands.empty() && whole.size() > 1) {
    row = find_subcommand(*row, whole[1]);
  }
  if (row == nullptr) return call.fail("ERR Invalid command specified");
  if (row->keys.first == 0) return call.fail("ERR The command has no key arguments");
  if (!row->fits(whole.size())) {
    return call.fail("ERR Invalid number of arguments specified for command");
  }
  const auto keys = keys_of(*row, whole);
  call.reply.array(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
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
