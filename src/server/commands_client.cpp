// CLIENT: what a connection says about itself, and what we say about it.
#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/client_directory.hpp"
#include "server/handlers.hpp"

namespace larder::server {

namespace {

/// As CLIENT LIST shows what a client is at; of ours it is one of these, or none.
std::string flags_of(const Client& client) {
  std::string flags;
  if (client.is_subscribed()) flags += 'P';
  if (client.queued >= 0) flags += 'x';
  if (client.is_held) flags += 'b';
  if (!client.may_be_evicted) flags += 'e';
  if (!client.touches) flags += 'T';
  return flags.empty() ? "N" : flags;
}

/// Replies with an error and says none for a word that is neither.
std::optional<bool> on_or_off(Call& call) {
  const bool on = base::same_word(call.arg(2), "on");
  if (on || base::same_word(call.arg(2), "off")) return on;
  call.fail(errors::kSyntax);
  return std::nullopt;
}

}  // namespace

std::string describe_client(const Client& client, base::Instant now) {
  std::string line;
  const auto field = [&](std::string_view name, const auto& value) {
    if (!line.empty()) line += ' ';
    line.append(name).append("=");
    if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
      line += value;
    } else {
      line += std::to_string(value);
    }
  };
  const auto seconds = [&](base::Instant since) {
    return std::chrono::floor<std::chrono::seconds>(now - since).count();
  };
  const std::size_t input = client.input_bytes;
  const std::size_t output = client.output_bytes;
  const std::size_t memory = std::max(client.memory_bytes.get(), input + output);
  const Command* last = client.last_command;
  field("id", client.id);
  field("addr", client.address);
  field("laddr", client.local_address);
  field("fd", client.descriptor);
  field("name", client.name);
  field("age", seconds(client.connected));
  field("idle", seconds(client.last_active));
  field("flags", flags_of(client));
  field("db", client.database.get());
  const auto subscriptions = [&](TopicKind kind) {
    return client.subscriber != nullptr ? client.subscriber->count(kind) : 0;
  };
  field("sub", subscriptions(TopicKind::channel));
  field("psub", subscriptions(TopicKind::pattern));
  field("ssub", subscriptions(TopicKind::shard));
  field("multi", client.queued.get());
  field("qbuf", input);
  line += " qbuf-free=0 argv-mem=0";
  field("multi-mem", memory - input - output);
  line += " rbs=0 rbp=0 obl=0";
  field("oll", output > 0 ? 1 : 0);
  field("omem", output);
  field("tot-mem", memory);
  field("events", std::string_view(output > 0 ? "rw" : "r"));
  field("cmd", last != nullptr ? last->name : std::string_view("NULL"));
  line += " user=default redir=-1";
  field("resp", int{client.protocol.get()});
  field("lib-name", client.library);
  field("lib-ver", client.library_version);
  field("io-thread", client.io_thread.get());
  return line + "\n";
}

void client_id(Call& call) { call.reply.integer(static_cast<std::int64_t>(call.client.id)); }

void client_get_name(Call& call) {
  call.client.name.empty() ? call.reply.null() : call.reply.bulk(call.client.name);
}

void client_set_name(Call& call) {
  if (!is_printable_word(call.arg(2))) return call.fail(errors::kBadClientName);
  call.context.host.clients().write(call.client.name, call.arg(2));
  call.ok();
}

void client_set_info(Call& call) {
  const std::string_view what = call.arg(2);
  const bool name = base::same_word(what, "lib-name");
  if (!name && !base::same_word(what, "lib-ver")) {
    return call.fail("ERR Unrecognized option '" + std::string(quotable(what)) + "'");
  }
  if (!is_printable_word(call.arg(3))) {
    return call.fail("ERR " + base::lower(what) +
                     " cannot contain spaces, newlines or special characters.");
  }
  call.context.host.clients().write(name ? call.client.library : call.client.library_version,
                                    call.arg(3));
  call.ok();
}

void client_no_touch(Call& call) {
  const auto on = on_or_off(call);
  if (!on) return;
  call.client.touches = !*on;
  call.ok();
}

void client_no_evict(Call& call) {
  const auto on = on_or_off(call);
  if (!on) return;
  call.client.may_be_evicted = !*on;
  call.ok();
}

void client_info(Call& call) {
  call.reply.verbatim("txt", describe_client(call.client, call.now()));
}

}  // namespace larder::server
