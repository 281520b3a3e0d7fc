// Deadlines of keys: setting, reading, removing them. A key is dead strictly after its deadline.
#include <string>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/deadlines.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

struct Conditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;
};

/// The words after EXPIRE key time. Replies with an error and says none when they make no sense.
std::optional<Conditions> parse_conditions(Call& call) {
  Conditions when;
  for (std::size_t i = 3; i < call.args.size(); ++i) {
    const std::string_view word = call.arg(i);
    if (base::same_word(word, "nx")) {
      when.nx = true;
    } else if (base::same_word(word, "xx")) {
      when.xx = true;
    } else if (base::same_word(word, "gt")) {
      when.gt = true;
    } else if (base::same_word(word, "lt")) {
      when.lt = true;
    } else {
      // At the end of a line, Redis leaves out the line breaks.
      const std::string_view shown = quotable(word);
      const std::size_t end = shown.find_last_not_of("\r\n") + 1;
      call.fail("ERR Unsupported option " + std::string(shown.substr(0, end)));
      return std::nullopt;
    }
  }
  if (when.nx && (when.xx || when.gt || when.lt)) {
    call.fail(errors::kNxWithOthers);
    return std::nullopt;
  }
  if (when.gt && when.lt) {
    call.fail(errors::kGtWithLt);
    return std::nullopt;
  }
  return when;
}

/// A key without a deadline counts as one that lives for ever.
bool applies(const Conditions& when, std::optional<base::Instant> present, base::Instant wanted) {
  if (when.nx && present) return false;
  if (when.xx && !present) return false;
  if (when.gt && (!present || wanted <= *present)) return false;
  if (when.lt && present && wanted >= *present) return false;
  return true;
}

void set_deadline(Call& call, TimeForm form) {
  const auto when = parse_conditions(call);
  if (!when) return;
  const auto amount = call.integer(2);
  if (!amount) return;
  const auto deadline = deadline_of(call, *amount, form);
  if (!deadline) {
    return call.fail("ERR invalid expire time in '" + std::string(call.command.name) + "' command");
  }
  call.node().visit(call.database(), call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (!entry.exists() || !applies(*when, entry.deadline(), *deadline)) {
      return call.reply.integer(0);
    }
    if (*deadline <= call.now()) {
      entry.erase();
    } else {
      entry.set_deadline(deadline);
    }
    call.reply.integer(1);
  });
}

/// What there is to say of a key's deadline: -2 no key, -1 no deadline, else what `measure` makes
/// of it.
template <class Measure>
void report_deadline(Call& call, Measure measure) {
  std::int64_t answer = -2;
  call.node().visit(call.database(), call.arg(1), node::Mode::peek, [&](engine::Entry& entry) {
    if (!entry.exists()) return;
    answer = entry.deadline() ? measure(*entry.deadline()) : -1;
  });
  call.reply.integer(answer);
}

/// Rounded up, so that PX 100 is not said to be 99 a moment later.
std::int64_t remaining_millis(Call& call, base::Instant deadline) {
  const auto left = std::chrono::ceil<base::Millis>(deadline - call.now()).count();
  return left > 0 ? left : 0;
}

}  // namespace

void expire(Call& call) { set_deadline(call, TimeForm::seconds); }
void pexpire(Call& call) { set_deadline(call, TimeForm::millis); }
void expire_at(Call& call) { set_deadline(call, TimeForm::at_seconds); }
void pexpire_at(Call& call) { set_deadline(call, TimeForm::at_millis); }

void ttl(Call& call) {
  report_deadline(call, [&](base::Instant deadline) {
    return (remaining_millis(call, deadline) + 500) / 1'000;
  });
}

void pttl(Call& call) {
  report_deadline(call, [&](base::Instant deadline) { return remaining_millis(call, deadline); });
}

void expire_time(Call& call) {
  report_deadline(call, [&](base::Instant deadline) {
    return (call.context.bridge.to_wall(deadline).count() + 500) / 1'000;
  });
}

void pexpire_time(Call& call) {
  report_deadline(call, [&](base::Instant deadline) {
    return static_cast<std::int64_t>(call.context.bridge.to_wall(deadline).count());
  });
}

void persist(Call& call) {
  call.node().visit(call.database(), call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (!entry.exists() || !entry.deadline()) return call.reply.integer(0);
    entry.set_deadline(std::nullopt);
    call.reply.integer(1);
  });
}

}  // namespace larder::server
