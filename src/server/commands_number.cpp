// Strings that are numbers.
#include <cmath>
#include <limits>

#include "base/numbers.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

void add(Call& call, std::int64_t delta) {
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
    if (const auto done = entry.assign(written, engine::Deadline::keep()); !done) {
      return call.fail(done.error());
    }
    call.reply.integer(value);
  });
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

void incr_by_float(Call& call) {
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    const auto present = base::parse_float(entry.exists() ? entry.value() : "0");
    const auto delta = base::parse_float(call.arg(2));
    if (!present || !delta) return call.fail(errors::kNotAFloat);
    const long double sum = *present + *delta;
    if (!std::isfinite(sum)) return call.fail(errors::kNotFinite);
    const std::string text = base::float_text(sum);
    if (const auto done = entry.assign(text, engine::Deadline::keep()); !done) {
      return call.fail(done.error());
    }
    call.reply.bulk(text);
  });
}

}  // namespace larder::server
