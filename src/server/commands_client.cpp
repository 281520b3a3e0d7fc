// CLIENT: what a connection says about itself, and what we say about it.
#include <string>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/client_directory.hpp"
#include "server/handlers.hpp"

namespace larder::server {

std::string describe_client(const Client& client, base::Instant now) {
  const auto seconds = [&](base::Instant since) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(now - since).count());
  };
  std::string line = "id=" + std::to_string(client.id);
  line += " addr=" + client.address;
  line += " name=" + client.name;
  line += " age=" + seconds(client.connected);
  line += " idle=" + seconds(client.last_active);
  line += " flags=N db=" + std::to_string(client.database);
  // Clients parse all of these; what we do not keep by connection is 0.
  line += " sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0";
  line += " obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=";
  const Command* last = client.last_command;
  line += last != nullptr ? last->name : "NULL";
  line += " user=default resp=" + std::to_string(client.protocol);
  line += " lib-name=" + client.library + " lib-ver=" + client.library_version + "\n";
  return line;
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
  const bool on = base::same_word(call.arg(2), "on");
  if (!on && !base::same_word(call.arg(2), "off")) return call.fail(errors::kSyntax);
  call.client.touches = !on;
  call.ok();
}

void client_info(Call& call) {
  call.reply.verbatim("txt", describe_client(call.client, call.now()));
}

}  // namespace larder::server
