#include "server/key_run.hpp"

#include "node/node.hpp"
#include "server/call.hpp"

namespace larder::server {
namespace {

const Command* const kGet = find_command("get");
const Command* const kSet = find_command("set");
const std::size_t kGetPlace = index_of(*kGet);
const std::size_t kSetPlace = index_of(*kSet);

/// Which of the two, if any, by the shape alone: three letters and the right number of arguments.
const Command* plain(std::span<const std::string_view> args) noexcept {
  if (args[0].size() != 3 || (args.size() != 2 && args.size() != 3)) return nullptr;
  const auto letter = [&](std::size_t i) { return args[0][i] | 0x20; };
  if (letter(1) != 'e' || letter(2) != 't') return nullptr;
  if (args.size() == 2) return letter(0) == 'g' ? kGet : nullptr;
  return letter(0) == 's' ? kSet : nullptr;
}

/// An inline command's arguments live in the reader, and only until its next request.
bool within(std::string_view text, std::string_view input) noexcept {
  return text.data() >= input.data() && text.data() <= input.data() + input.size();
}

}  // namespace

bool KeyRun::take(std::span<const std::string_view> args, std::string_view input,
                  std::size_t begin) {
  const Command* command = plain(args);
  if (command == nullptr || full() || (command != command_ && count_ > 0)) return false;
  if (!within(args[1], input)) return false;
  command_ = command;
  keys_[count_] = args[1];
  values_[count_] = args.back();
  begins_[count_] = begin;
  ++count_;
  return true;
}

std::size_t KeyRun::execute(Context& context, Client& client, base::Buffer& out, std::size_t behind,
                            std::size_t output_bytes) {
  const std::size_t place = command_ == kGet ? kGetPlace : kSetPlace;
  Count& calls = context.counters.calls[place];
  const bool timed = Timing::samples(calls.get(), count_);
  const base::Instant begun = timed ? context.clock.now() : base::Instant{};
  std::size_t answered = 0;
  if (command_ == kGet) {
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
  client.last_command = command_;
  if (answered < count_) behind = begins_[answered];
  count_ = 0;
  return behind;
}

void KeyRun::get(Context& context, Client& client, base::Buffer& out, std::size_t output_bytes,
                 std::size_t& answered) {
  resp::Writer reply(out, static_cast<resp::Version>(client.protocol.get()));
  const std::span keys(keys_.data(), count_);
  context.node.visit_many(client.database, keys, node::Mode::read,
                          [&](std::size_t, const engine::Entry& entry) {
                            // At least one is answered, or a turn would come to nothing.
                            if (answered > 0 && out.size() >= output_bytes) return;
                            ++answered;
                            if (!entry.exists()) {
                              reply.null();
                            } else if (entry.kind() == engine::Kind::string) {
                              reply.bulk(entry.value());
                            } else {
                              context.counters.errors.add();
                              reply.error(errors::kWrongType);
                            }
                          });
}

void KeyRun::set(Context& context, Client& client, base::Buffer& out, std::size_t& answered) {
  resp::Writer reply(out, static_cast<resp::Version>(client.protocol.get()));
  const std::span keys(keys_.data(), count_);
  context.node.visit_many(client.database, keys, node::Mode::write,
                          [&](std::size_t i, engine::Entry& entry) {
                            ++answered;
                            const auto done = entry.assign(values_[i], engine::Deadline::none());
                            if (done) return reply.ok();
                            context.counters.errors.add();
                            reply.error(error_reply(done.error()));
                          });
}

}  // namespace larder::server
