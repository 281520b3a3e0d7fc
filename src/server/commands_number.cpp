// Strings that are numbers.
#include <cmath>
#include <limits>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/deadlines.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// The deadline of a sum: what was there keeps its own.
engine::Deadline deadline_of(const engine::Entry& entry, engine::Deadline of_new) {
  return entry.exists() ? engine::Deadline::keep() : of_new;
}

void add(Call& call, std::int64_t delta, engine::Deadline of_new = engine::Deadline::none()) {
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    std::int64_t value = 0;
    if (entry.exists()) {
      const auto present = base::parse_integer(entry.value());
      if (!present) return call.fail(errors::kNotAnInteger);
      value = *present;
    }
    if (__builtin_add_overflow(value, delta, &value)) return call.fail(errors::kIncrementOverflow);
    char text[base::kIntegerTextMax];
    const std::string_view written(text, base::write_integer(text, value));
    if (const auto done = entry.assign(written, deadline_of(entry, of_new)); !done) {
      return call.fail(done.error());
    }
    call.reply.integer(value);
  });
}

template <class Widest>
void add_float(Call& call, engine::Deadline of_new = engine::Deadline::none()) {
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    const auto present = base::parse_float(entry.exists() ? entry.value() : "0");
    const auto delta = base::parse_float(call.arg(2));
    if (!present || !delta) return call.fail(errors::kNotAFloat);
    const long double sum = *present + *delta;
    if (!std::isfinite(static_cast<Widest>(sum))) return call.fail(errors::kNotFinite);
    const std::string text = base::float_text(sum);
    if (const auto done = entry.assign(text, deadline_of(entry, of_new)); !done) {
      return call.fail(done.error());
    }
    call.reply.bulk(text);
  });
}

/// `[PX milliseconds]` at the end of LARDER.ADD. Replies with an error and says none where it makes no sense.
std::optional<engine::Deadline> deadline_of_new(Call& call) {
  if (call.args.size() == 3) return engine::Deadline::none();
  if (call.args.size() != 5 || !base::same_word(call.arg(3), "px")) {
    call.fail(errors::kSyntax);
    return std::nullopt;
  }
  const auto deadline = life_from_now(call, 4);
  return deadline ? std::optional{engine::Deadline::at(*deadline)} : std::nullopt;
}

}  // namespace

void incr(Call& call) { add(call, 1); }
void decr(Call& call) { add(call, -1); }

void incr_by(Call& call) {
  if (const auto delta = call.integer(2)) add(call, *delta);
}

void decr_by(Call& call) {
  const auto delta = call.integer(2);
  if (!delta) return;
  // Its negation does not exist.
  if (*delta == std::numeric_limits<std::int64_t>::min()) {
    return call.fail(errors::kDecrementOverflow);
  }
  add(call, -*delta);
}

// Redis computes, and keeps, in long double.
void incr_by_float(Call& call) { add_float<long double>(call); }

void larder_add(Call& call) {
  const auto of_new = deadline_of_new(call);
  if (!of_new) return;
  if (const auto delta = call.integer(2)) add(call, *delta, *of_new);
}

void larder_add_float(Call& call) {
  if (const auto of_new = deadline_of_new(call)) add_float<double>(call, *of_new);
}

}  // namespace larder::server
