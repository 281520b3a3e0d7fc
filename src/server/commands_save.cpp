// Snapshots on demand: SAVE, BGSAVE and its older sister, and when the last one was.
#include "base/text.hpp"
#include "node/durability.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {

/// Holds up this thread's clients, as in Redis everybody's.
void save(Call& call) {
  if (call.durability() == nullptr) return call.fail(errors::kNothingKept);
  if (call.durability()->saving()) return call.fail(errors::kSaveInProgress);
  const auto saved = call.durability()->save();
  saved ? call.ok() : call.fail("ERR " + saved.error().detail);
}

/// SCHEDULE is for servers that rewrite their log meanwhile: here both are one.
void save_later(Call& call) {
  if (call.args.size() > 2 ||
      (call.args.size() == 2 && !base::same_word(call.arg(1), "schedule"))) {
    return call.fail(errors::kSyntax);
  }
  if (call.durability() == nullptr) return call.fail(errors::kNothingKept);
  if (!call.durability()->save_later()) return call.fail(errors::kSaveInProgress);
  call.reply.simple("Background saving started");
}

/// A snapshot lets the log before it go: that is all the rewriting there is.
void rewrite_log(Call& call) {
  if (call.durability() == nullptr) return call.fail(errors::kNothingKept);
  if (!call.durability()->save_later()) return call.fail(errors::kSaveInProgress);
  call.reply.simple("Background append only file rewriting started");
}

/// Without a folder: when the server was started, as in Redis.
void last_save(Call& call) {
  using std::chrono::seconds;
  if (call.durability() != nullptr) {
    const auto at = call.durability()->stats().last_save.time_since_epoch();
    return call.reply.integer(std::chrono::floor<seconds>(at).count());
  }
  const auto started = call.context.bridge.to_wall(call.context.host.started());
  call.reply.integer(std::chrono::floor<seconds>(started).count());
}

}  // namespace larder::server
