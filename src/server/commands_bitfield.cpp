// BITFIELD: integers of any width at any bit of a string.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/bits.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/string_patch.hpp"

namespace larder::server {
namespace {

using base::same_word;

__extension__ using Wide = __int128;  // Holds any sum of two 64-bit integers.

enum class Overflow : std::uint8_t { wrap, saturate, fail };
enum class Verb : std::uint8_t { get, set, add };

struct Field {
  bool is_signed = false;
  unsigned bits = 0;
};

struct Step {
  Verb verb;
  Field field;
  std::uint64_t at;
  std::int64_t operand;
  Overflow overflow;

  std::uint64_t end() const { return at + field.bits; }
};

/// "i16" or "u8".
std::optional<Field> field_from(std::string_view word) {
  if (word.empty() || (word[0] != 'i' && word[0] != 'u')) return std::nullopt;
  const bool is_signed = word[0] == 'i';
  const auto bits = base::parse_integer(word.substr(1));
  if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) return std::nullopt;
  return Field{is_signed, static_cast<unsigned>(*bits)};
}

/// "100" is a bit, "#3" the fourth field of that width.
std::optional<std::uint64_t> offset_from(std::string_view word, unsigned bits) {
  constexpr std::uint64_t kBytesMax =
      512 * base::limits::kMiB;  // As Redis; writes may go less far.
  const bool fields = !word.empty() && word[0] == '#';
  const auto number = base::parse_integer(fields ? word.substr(1) : word);
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) / 8 >= kBytesMax) {
    return std::nullopt;
  }
  const std::uint64_t at = static_cast<std::uint64_t>(*number) * (fields ? bits : 1);
  if (at / 8 >= kBytesMax) return std::nullopt;
  return at;
}

std::optional<Overflow> overflow_from(std::string_view word) {
  if (same_word(word, "wrap")) return Overflow::wrap;
  if (same_word(word, "sat")) return Overflow::saturate;
  if (same_word(word, "fail")) return Overflow::fail;
  return std::nullopt;
}

/// The verb at argument `i` if all of its operands are there.
std::optional<Verb> verb_at(Call& call, std::size_t i) {
  const std::size_t further = call.args.size() - 1 - i;
  if (same_word(call.arg(i), "get") && further >= 2) return Verb::get;
  if (same_word(call.arg(i), "set") && further >= 3) return Verb::set;
  if (same_word(call.arg(i), "incrby") && further >= 3) return Verb::add;
  return std::nullopt;
}

/// One GET, SET or INCRBY from argument `i` on. Replies with an error and says none when it makes no sense.
std::optional<Step> parse_step(Call& call, std::size_t i, Overflow overflow) {
  const auto verb = verb_at(call, i);
  if (!verb) {
    call.fail(errors::kSyntax);
    return std::nullopt;
  }
  const auto field = field_from(call.arg(i + 1));
  if (!field) {
    call.fail(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
        "i64 is.");
    return std::nullopt;
  }
  const auto at = offset_from(call.arg(i + 2), field->bits);
  if (!at || (*verb != Verb::get && *at + field->bits > base::limits::kValueBytesMax * 8)) {
    call.fail(errors::kBadBitOffset);
    return std::nullopt;
  }
  Step step{*verb, *field, *at, 0, overflow};
  if (*verb != Verb::get) {
    const auto operand = call.integer(i + 3);
    if (!operand) return std::nullopt;
    step.operand = *operand;
  }
  return step;
}

std::optional<std::vector<Step>> parse_steps(Call& call) {
  std::vector<Step> steps;
  Overflow overflow = Overflow::wrap;
  for (std::size_t i = 2; i < call.args.size();) {
    if (same_word(call.arg(i), "overflow") && i + 1 < call.args.size()) {
      const auto chosen = overflow_from(call.arg(i + 1));
      if (!chosen) {
        call.fail("ERR Invalid OVERFLOW type specified");
        return std::nullopt;
      }
      overflow = *chosen;
      i += 2;
      continue;
    }
    const auto step = parse_step(call, i, overflow);
    if (!step) return std::nullopt;
    steps.push_back(*step);
    i += step->verb == Verb::get ? 3 : 4;
  }
  return steps;
}

Wide number_from(std::uint64_t raw, Field field) {
  const std::uint64_t sign = std::uint64_t{1} << (field.bits - 1);
  if (!field.is_signed || (raw & sign) == 0) return raw;
  return static_cast<Wide>(raw) - (static_cast<Wide>(sign) << 1);
}

std::uint64_t low_bits(Wide number, unsigned bits) {
  const auto raw = static_cast<std::uint64_t>(number);
  return bits == 64 ? raw : raw & ((std::uint64_t{1} << bits) - 1);
}

/// What of `number` goes into the field; none: it does not fit, and OVERFLOW FAIL was asked for.
std::optional<Wide> fit(Wide number, const Step& step) {
  const Field field = step.field;
  const Wide max = (static_cast<Wide>(1) << (field.bits - (field.is_signed ? 1 : 0))) - 1;
  const Wide min = field.is_signed ? -max - 1 : 0;
  if (number >= min && number <= max) return number;
  switch (step.overflow) {
    case Overflow::wrap:
      return number_from(low_bits(number, field.bits), field);
    case Overflow::saturate:
      return number > max ? max : min;
    case Overflow::fail:
      break;
  }
  return std::nullopt;
}

void get_field(Call& call, std::string_view value, const Step& step) {
  const std::uint64_t raw = read_bits(value, step.at, step.field.bits);
  call.reply.integer(static_cast<std::int64_t>(number_from(raw, step.field)));
}

/// Requires a string that holds the field. Touches the bytes it lies in, nine at most.
void change_field(Call& call, engine::Entry& entry, const Step& step) {
  const std::size_t first = step.at / 8;
  std::string bytes(entry.value().substr(first, (step.end() + 7) / 8 - first));
  const std::uint64_t at = step.at % 8;
  const Wide before = number_from(read_bits(bytes, at, step.field.bits), step.field);
  // A negative number for an unsigned field is a large one, as in Redis.
  const Wide given = step.field.is_signed || step.verb == Verb::add
                         ? static_cast<Wide>(step.operand)
                         : static_cast<Wide>(static_cast<std::uint64_t>(step.operand));
  const auto after = fit(step.verb == Verb::set ? given : before + given, step);
  if (!after) return call.reply.null();
  // What stays the same was not written, as WATCH sees it.
  if (*after != before) {
    write_bits(bytes, at, step.field.bits, low_bits(*after, step.field.bits));
    entry.overwrite(first, bytes);
  }
  call.reply.integer(static_cast<std::int64_t>(step.verb == Verb::set ? before : *after));
}

void read_fields(Call& call, const std::vector<Step>& steps) {
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    const std::string_view value = entry.exists() ? entry.value() : std::string_view{};
    call.reply.array(steps.size());
    for (const Step& step : steps) get_field(call, value, step);
  });
}

void write_fields(Call& call, const std::vector<Step>& steps) {
  std::uint64_t bits = 0;
  for (const Step& step : steps) bits = std::max(bits, step.verb == Verb::get ? 0 : step.end());
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (const auto done = reach(entry, (bits + 7) / 8); !done) return call.fail(done.error());
    call.reply.array(steps.size());
    for (const Step& step : steps) {
      step.verb == Verb::get ? get_field(call, entry.value(), step)
                             : change_field(call, entry, step);
    }
  });
}

}  // namespace

void bit_field(Call& call) {
  const auto steps = parse_steps(call);
  if (!steps) return;
  const bool writes = std::any_of(steps->begin(), steps->end(),
                                  [](const Step& step) { return step.verb != Verb::get; });
  if (!writes) return read_fields(call, *steps);
  if ((call.command.flags & kRead) != 0) {
    return call.fail("ERR BITFIELD_RO only supports the GET subcommand");
  }
  write_fields(call, *steps);
}

}  // namespace larder::server
