// The server as a whole: its clock and its end.
#include <string>

#include "base/text.hpp"
#include "node/durability.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {

void time(Call& call) {
  const auto millis = call.context.clock.wall().time_since_epoch().count();
  call.reply.array(2);
  call.reply.bulk(std::to_string(millis / 1'000));
  call.reply.bulk(std::to_string(millis % 1'000 * 1'000));
}

/// Nobody replicates: NOW and FORCE come to the same.
void shutdown(Call& call) {
  bool save = false;
  bool no_save = false;
  bool abort = false;
  for (const std::string_view word : call.args.subspan(1)) {
    save = save || base::same_word(word, "save");
    no_save = no_save || base::same_word(word, "nosave");
    abort = abort || base::same_word(word, "abort");
    const bool known = base::same_word(word, "nosave") || base::same_word(word, "save") ||
                       base::same_word(word, "now") || base::same_word(word, "force") ||
                       base::same_word(word, "abort");
    if (!known) return call.fail(errors::kSyntax);
  }
  if ((save && no_save) || (abort && call.args.size() > 2)) return call.fail(errors::kSyntax);
  if (abort) return call.fail("ERR No shutdown in progress.");
  node::Durability* const durability = call.durability();
  if (save && durability == nullptr) return call.fail(errors::kNothingKept);
  const auto& end = call.context.options.on_shutdown;
  if (!end || (save && !durability->save())) return call.fail(errors::kCannotShutDown);
  if (durability != nullptr) durability->set_saves_at_end(!no_save);
  end();
  // As in Redis, there is no reply: the connection ends with the server.
  call.client.closing = true;
}

void container(Call&) {}

}  // namespace larder::server
