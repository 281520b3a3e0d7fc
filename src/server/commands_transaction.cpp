// MULTI, EXEC and WATCH: several commands in one atomic step, over all shards they touch.
#include <utility>

#include "base/buffer.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

Transaction& transaction_of(Client& client) {
  if (client.transaction == nullptr) client.transaction = std::make_unique<Transaction>();
  return *client.transaction;
}

/// Each command as if it stood alone, but under the locks of `held`. All are executed, whatever becomes of the replies:
/// when they outgrow what a connection may hold, it is cut, and the rest is written to nobody.
void execute(Call& call, const Transaction& transaction, node::Node::Held& held) {
  base::Buffer& out = call.reply.buffer();
  base::Buffer nobody;
  for (const Transaction::Queued& queued : transaction.queued()) {
    base::Buffer& into = call.reply_fits() ? out : nobody;
    // HELLO may have changed the protocol.
    resp::Writer reply(into, static_cast<resp::Version>(call.client.protocol.get()));
    Call one(queued.args, *queued.row, reply, call.client, call.context, &held);
    queued.row->handler(one);
    if (one.failed()) call.context.counters.errors.add();
    nobody.clear();
  }
}

}  // namespace

void multi(Call& call) {
  Transaction& transaction = transaction_of(call.client);
  if (transaction.is_open()) return call.fail(errors::kNestedMulti);
  transaction.open();
  call.ok();
}

void exec(Call& call) {
  if (!call.client.in_multi()) return call.fail(errors::kExecWithoutMulti);
  // Whatever comes of it, it is over, and its watches with it.
  const auto transaction = std::exchange(call.client.transaction, nullptr);
  if (transaction->is_doomed()) return call.fail(errors::kExecAborted);
  take_messages(call);  // Or they would come behind an UNSUBSCRIBE among the commands.
  auto held = transaction->hold(call.context.node);
  if (!transaction->still_holds(held)) return call.reply.null_array();
  call.reply.array(transaction->queued().size());
  execute(call, *transaction, held);
}

void discard(Call& call) {
  if (!call.client.in_multi()) return call.fail(errors::kDiscardWithoutMulti);
  call.client.transaction.reset();
  call.ok();
}

void watch(Call& call) {
  if (call.client.in_multi()) return call.fail(errors::kWatchInsideMulti);
  Transaction& transaction = transaction_of(call.client);
  for (const std::string_view key : call.args.subspan(1)) {
    const std::uint64_t version =
        call.node().visit(call.database(), key, node::Mode::peek,
                          [](const engine::Entry& entry) { return entry.version(); });
    if (!transaction.watch(call.database(), key, version)) return call.fail(errors::kWatchedFull);
  }
  call.ok();
}

/// Inside a transaction there is nothing left to forget: EXEC has looked already.
void unwatch(Call& call) {
  call.client.transaction.reset();
  call.ok();
}

}  // namespace larder::server
