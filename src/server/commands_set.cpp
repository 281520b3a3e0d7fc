// SET with all its options, its older siblings, and GETEX.
#include <optional>
#include <string>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/deadlines.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

using base::same_word;

enum class Only : std::uint8_t { always, if_absent, if_present, if_equal };

struct SetRequest {
  Only only = Only::always;
  bool get = false;
  std::string_view expected;  // Of if_equal.
  engine::Deadline deadline = engine::Deadline::none();
};

std::optional<TimeForm> time_form(std::string_view word) {
  if (same_word(word, "ex")) return TimeForm::seconds;
  if (same_word(word, "px")) return TimeForm::millis;
  if (same_word(word, "exat")) return TimeForm::at_seconds;
  if (same_word(word, "pxat")) return TimeForm::at_millis;
  return std::nullopt;
}

/// Reads the words of SET from argument 3 on. Replies with an error and says none when they make no
/// sense.
///
/// The amount after EX and its kin is read last, as Redis does: a syntax error further on wins over
/// a bad number. The same option again is none, and the last amount counts.
std::optional<SetRequest> parse_set(Call& call) {
  SetRequest request;
  constexpr auto keep = engine::Deadline::Mode::keep;
  std::optional<TimeForm> form;
  std::size_t amount_at = 0;
  for (std::size_t i = 3; i < call.args.size(); ++i) {
    const std::string_view word = call.arg(i);
    const bool has_next = i + 1 < call.args.size();
    const auto time = time_form(word);
    const auto still = [&](Only same) {
      return request.only == Only::always || request.only == same;
    };
    if (same_word(word, "nx") && still(Only::if_absent)) {
      request.only = Only::if_absent;
    } else if (same_word(word, "xx") && still(Only::if_present)) {
      request.only = Only::if_present;
    } else if (same_word(word, "ifeq") && has_next && request.only == Only::always) {
      request.only = Only::if_equal;
      request.expected = call.arg(++i);
    } else if (same_word(word, "get")) {
      request.get = true;
    } else if (same_word(word, "keepttl") && !form) {
      request.deadline = engine::Deadline::keep();
    } else if (time && has_next && (form ? form == time : request.deadline.mode != keep)) {
      form = time;
      amount_at = ++i;
    } else {
      call.fail(errors::kSyntax);
      return std::nullopt;
    }
  }
  if (form) {
    const auto deadline = positive_deadline(call, amount_at, *form);
    if (!deadline) return std::nullopt;
    request.deadline = engine::Deadline::at(*deadline);
  }
  return request;
}

bool may_write(const engine::Entry& entry, const SetRequest& request) {
  switch (request.only) {
    case Only::always:
      return true;
    case Only::if_absent:
      return !entry.exists();
    case Only::if_present:
      return entry.exists();
    case Only::if_equal:
      return entry.exists() && entry.value() == request.expected;
  }
  return false;
}

void write(Call& call, engine::Entry& entry, std::string_view value, const SetRequest& request) {
  const bool writes = may_write(entry, request);
  if (request.get) {
    // The old value leaves first, then a refusal would come second: a full table must be found out
    // before.
    const std::string old(entry.exists() ? entry.value() : std::string_view{});
    const bool existed = entry.exists();
    if (writes) {
      if (const auto done = entry.assign(value, request.deadline); !done) {
        return call.fail(done.error());
      }
    }
    return existed ? call.reply.bulk(old) : call.reply.null();
  }
  if (!writes) return call.reply.null();
  if (const auto done = entry.assign(value, request.deadline); !done) {
    return call.fail(done.error());
  }
  call.ok();
}

}  // namespace

void set(Call& call) {
  SetRequest request;
  if (call.args.size() > 3) {
    const auto parsed = parse_set(call);
    if (!parsed) return;
    request = *parsed;
  }
  const auto act = [&](engine::Entry& entry) { write(call, entry, call.arg(2), request); };
  // Only a SET that looks at the old value minds its type.
  if (request.get || request.only == Only::if_equal) {
    return call.on_string(call.arg(1), node::Mode::write, act);
  }
  call.node().visit(call.database(), call.arg(1), node::Mode::write, act);
}

void set_nx(Call& call) {
  call.node().visit(call.database(), call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (entry.exists()) return call.reply.integer(0);
    const auto done = entry.assign(call.arg(2), engine::Deadline::none());
    if (!done) return call.fail(done.error());
    call.reply.integer(1);
  });
}

void set_ex(Call& call) {
  const auto form = call.command.name == "psetex" ? TimeForm::millis : TimeForm::seconds;
  const auto deadline = positive_deadline(call, 2, form);
  if (!deadline) return;
  call.node().visit(call.database(), call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    const auto done = entry.assign(call.arg(3), engine::Deadline::at(*deadline));
    if (!done) return call.fail(done.error());
    call.ok();
  });
}

void get_set(Call& call) {
  SetRequest request;
  request.get = true;
  call.on_string(call.arg(1), node::Mode::write,
                 [&](engine::Entry& entry) { write(call, entry, call.arg(2), request); });
}

void get_ex(Call& call) {
  bool persist = false;
  std::optional<TimeForm> form;
  std::size_t amount_at = 0;
  for (std::size_t i = 2; i < call.args.size(); ++i) {
    const auto time = time_form(call.arg(i));
    if (same_word(call.arg(i), "persist") && !form) {
      persist = true;
    } else if (time && !persist && form.value_or(*time) == *time && i + 1 < call.args.size()) {
      form = time;
      amount_at = ++i;
    } else {
      return call.fail(errors::kSyntax);
    }
  }
  const auto mode = call.args.size() > 2 ? node::Mode::write : call.reading();
  call.on_string(call.arg(1), mode, [&](engine::Entry& entry) {
    if (!entry.exists()) return call.reply.null();
    // Only now, as in Redis: of an absent key even a bad amount says nothing.
    const auto deadline = form ? positive_deadline(call, amount_at, *form) : std::nullopt;
    if (form && !deadline) return;
    call.reply.bulk(entry.value());
    if (deadline) {
      entry.set_deadline(deadline);
    } else if (persist && entry.deadline()) {
      entry.set_deadline(std::nullopt);
    }
  });
}

}  // namespace larder::server
