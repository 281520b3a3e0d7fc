// Keys, whatever they hold: counting, erasing, naming their type.
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {

std::string_view name_of(engine::Kind kind) {
  switch (kind) {
    case engine::Kind::string:
      return "string";
    case engine::Kind::list:
      return "list";
    case engine::Kind::hash:
      return "hash";
    case engine::Kind::set:
      return "set";
    case engine::Kind::sorted_set:
      return "zset";
    case engine::Kind::stream:
      return "stream";
  }
  return "none";
}

namespace {

/// Visits each key by itself and replies how many `fn` says yes to. Erasing a million keys in one
/// step would hold their shards for as long; nobody can tell the difference.
template <class Fn>
void count_keys(Call& call, node::Mode mode, Fn fn) {
  std::int64_t count = 0;
  for (const std::string_view key : call.args.subspan(1)) {
    call.node().visit(call.database(), key, mode,
                      [&](engine::Entry& entry) { count += fn(entry) ? 1 : 0; });
  }
  call.reply.integer(count);
}

/// FLUSHDB and FLUSHALL take ASYNC or SYNC; memory is given back in slices either way.
bool flush_words_fit(Call& call) {
  if (call.args.size() == 1) return true;
  if (call.args.size() == 2 &&
      (base::same_word(call.arg(1), "async") || base::same_word(call.arg(1), "sync"))) {
    return true;
  }
  call.fail(errors::kSyntax);
  return false;
}

}  // namespace

void del(Call& call) {
  count_keys(call, node::Mode::write, [](engine::Entry& entry) { return entry.erase(); });
}

void exists(Call& call) {
  count_keys(call, node::Mode::peek, [](engine::Entry& entry) { return entry.exists(); });
}

void touch(Call& call) {
  count_keys(call, node::Mode::read, [](engine::Entry& entry) { return entry.exists(); });
}

void type(Call& call) {
  call.node().visit(call.database(), call.arg(1), node::Mode::peek, [&](engine::Entry& entry) {
    call.reply.simple(entry.exists() ? name_of(entry.kind()) : "none");
  });
}

void db_size(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.node().size(call.database())));
}

void flush_db(Call& call) {
  if (!flush_words_fit(call)) return;
  call.node().flush(call.database());
  call.ok();
}

void flush_all(Call& call) {
  if (!flush_words_fit(call)) return;
  call.node().flush_all();
  call.ok();
}

}  // namespace larder::server
