// MGET and MSET: many keys in one atomic step. The shards of all keys are held together, so no
// reader sees half an MSET.
#include <vector>

#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// The keys among `key value key value …`, in storage that the thread keeps: no allocation per
/// command.
std::span<const std::string_view> even_arguments(Args args) {
  thread_local std::vector<std::string_view> keys;
  keys.clear();
  for (std::size_t i = 1; i < args.size(); i += 2) keys.push_back(args[i]);
  return keys;
}

bool pairs_fit(Call& call) {
  if (call.args.size() % 2 == 1) return true;
  call.fail("ERR wrong number of arguments for '" + std::string(call.command.name) + "' command");
  return false;
}

/// Writes all pairs. False: the table refused one, and an error was replied.
bool write_pairs(Call& call, node::Node::Held& held, std::span<const std::string_view> keys) {
  Result<void> done;
  held.visit_many(call.database(), keys, node::Mode::write,
                  [&](std::size_t i, engine::Entry& entry) {
                    if (done) done = entry.assign(call.arg(2 * i + 2), engine::Deadline::none());
                  });
  if (!done) call.fail(done.error());
  return done.has_value();
}

}  // namespace

void mget(Call& call) {
  const auto keys = call.args.subspan(1);
  auto held = call.node().hold(keys);
  call.reply.array(keys.size());
  held.visit_many(call.database(), keys, call.reading(), [&](std::size_t, engine::Entry& entry) {
    if (!call.reply_fits()) return;
    const bool string = entry.exists() && entry.kind() == engine::Kind::string;
    string ? call.reply.bulk(entry.value()) : call.reply.null();
  });
}

void mset(Call& call) {
  if (!pairs_fit(call)) return;
  const auto keys = even_arguments(call.args);
  auto held = call.node().hold(keys);
  if (write_pairs(call, held, keys)) call.ok();
}

void mset_nx(Call& call) {
  if (!pairs_fit(call)) return;
  const auto keys = even_arguments(call.args);
  auto held = call.node().hold(keys);
  bool taken = false;
  held.visit_many(call.database(), keys, node::Mode::peek,
                  [&](std::size_t, engine::Entry& entry) { taken = taken || entry.exists(); });
  if (taken) return call.reply.integer(0);
  if (write_pairs(call, held, keys)) call.reply.integer(1);
}

}  // namespace larder::server
