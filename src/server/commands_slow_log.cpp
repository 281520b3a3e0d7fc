// SLOWLOG and MEMORY: where time and memory went.
#include <limits>
#include <string>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/slow_log.hpp"

namespace larder::server {

void slow_log_get(Call& call) {
  std::size_t count = 10;
  if (call.args.size() > 3) {
    return call.fail("ERR unknown subcommand or wrong number of arguments for '" +
                     std::string(call.arg(1)) + "'. Try SLOWLOG HELP.");
  }
  if (call.args.size() == 3) {
    constexpr std::string_view kWrong = "ERR count should be greater than or equal to -1";
    const auto asked = call.integer(2, kWrong);
    if (!asked) return;
    if (*asked < -1) return call.fail(kWrong);
    count = *asked < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(*asked);
  }
  const auto entries = call.context.host.slow_log().newest(count);
  resp::Writer& reply = call.reply;
  reply.array(entries.size());
  for (const SlowLog::Entry& entry : entries) {
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.unix_seconds);
    reply.integer(entry.took.count());
    reply.array(entry.args.size());
    for (const std::string& arg : entry.args) reply.bulk(arg);
    reply.bulk(entry.address);
    reply.bulk(entry.name);
  }
}

void slow_log_len(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.context.host.slow_log().length()));
}

void slow_log_reset(Call& call) {
  call.context.host.slow_log().clear();
  call.ok();
}

void memory_usage(Call& call) {
  // Strings have no parts to sample; the words are checked all the same.
  if (call.args.size() > 3) {
    if (call.args.size() != 5 || !base::same_word(call.arg(3), "samples")) {
      return call.fail(errors::kSyntax);
    }
    const auto samples = call.integer(4);
    if (!samples) return;
    if (*samples < 0) return call.fail(errors::kSyntax);
  }
  call.node().visit(call.database(), call.arg(2), node::Mode::peek, [&](engine::Entry& entry) {
    entry.exists() ? call.reply.integer(static_cast<std::int64_t>(entry.memory_bytes()))
                   : call.reply.null();
  });
}

/// What the node itself accounts for; the allocator's view is not in it.
void memory_stats(Call& call) {
  const auto stats = call.node().stats();
  const auto number = [&](std::string_view name, std::size_t value) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<std::int64_t>(value));
  };
  call.reply.map(5);
  number("total.allocated", stats.bytes_used);
  number("dataset.bytes", stats.bytes_data);
  number("overhead.total", stats.bytes_used - stats.bytes_data);
  number("keys.count", stats.entries);
  number("keys.bytes-per-key", stats.entries == 0 ? 0 : stats.bytes_used / stats.entries);
}

}  // namespace larder::server
