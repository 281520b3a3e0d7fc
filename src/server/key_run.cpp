#include "server/key_run.hpp"

#include "node/node.hpp"
#include "server/call.hpp"
#include "server/context.hpp"

namespace larder::server {

static_assert(KeyRun::kRequestsMax == node::Node::kGroupKeysMax);

namespace {

const Command* const kGet = find_command("get");
const Command* const kSet = find_command("set");
const std::size_t kGetPlace = index_of(*kGet);
const std::size_t kSetPlace = index_of(*kSet);

}  // namespace

std::size_t KeyRun::execute(Context& context, Client& client, base::Buffer& out, std::size_t behind,
                            std::size_t output_bytes) {
  const std::size_t place = kind_ == Kind::get ? kGetPlace : kSetPlace;
  Count& calls = context.counters.calls[place];
  const bool timed = Timing::samples(calls.get(), count_);
  const base::Instant begun = timed ? context.clock.now() : base::Instant{};
  std::size_t answered = 0;
  if (kind_ == Kind::get) {
    get(context, client, out, output_bytes, answered);
  } else {
    set(context, client, out, answered);
  }
  if (timed) {
    const auto share = (context.clock.now() - begun) / static_cast<std::int64_t>(answered);
    context.counters.timings[place].record(share, Timing::weight(calls.get(), answered));
  }
  context.counters.commands.add(answered);
  calls.add(answered);
  client.last_command = kind_ == Kind::get ? kGet : kSet;
  if (answered < count_) behind = begins_[answered];
  count_ = 0;
  return behind;
}

/// One by itself has no neighbour to be fetched with.
template <class Fn>
void KeyRun::visit(Context& context, const Client& client, engine::Mode mode, Fn&& fn) const {
  if (count_ == 1) {
    context.node.visit(client.database, keys_[0], mode,
                       [&](engine::Entry& entry) { fn(0, entry); });
  } else {
    context.node.visit_many(client.database, {keys_.data(), count_}, mode, fn);
  }
}

void KeyRun::get(Context& context, Client& client, base::Buffer& out, std::size_t output_bytes,
                 std::size_t& answered) {
  resp::Writer reply(out, static_cast<resp::Version>(client.protocol.get()));
  visit(context, client, node::Mode::read, [&](std::size_t, const engine::Entry& entry) {
    // At least one is answered, or a turn would come to nothing.
    if (answered > 0 && out.size() >= output_bytes) return;
    ++answered;
    if (!entry.exists()) {
      reply.null();
    } else if (entry.kind() == engine::Kind::string) {
      reply.bulk(entry.value());
    } else {
      context.counters.errors.add();
      context.counters.error_kinds.add(errors::kWrongType);
      reply.error(errors::kWrongType);
    }
  });
}

void KeyRun::set(Context& context, Client& client, base::Buffer& out, std::size_t& answered) {
  resp::Writer reply(out, static_cast<resp::Version>(client.protocol.get()));
  visit(context, client, node::Mode::write, [&](std::size_t i, engine::Entry& entry) {
    ++answered;
    const auto done = entry.assign(values_[i], engine::Deadline::none());
    if (done) return reply.ok();
    const std::string words = error_reply(done.error());
    context.counters.errors.add();
    context.counters.error_kinds.add(words);
    reply.error(words);
  });
}

}  // namespace larder::server
