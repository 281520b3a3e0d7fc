// Strings as rows of bits: single ones, counting and finding them, combining whole strings.
#include <algorithm>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/bits.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/string_patch.hpp"

namespace larder::server {
namespace {

/// The bytes of a string in Redis: what may be asked about, even where nothing can be written here.
constexpr std::uint64_t kAskedBytesMax = 512 * base::limits::kMiB;

/// A bit's number. Replies with an error and says none when it is none, or beyond `bytes_max`.
std::optional<std::uint64_t> bit_offset(Call& call, std::size_t i, std::uint64_t bytes_max) {
  const auto number = base::parse_integer(call.arg(i));
  if (number && *number >= 0 && static_cast<std::uint64_t>(*number) / 8 < bytes_max) {
    return static_cast<std::uint64_t>(*number);
  }
  call.fail(errors::kBadBitOffset);
  return std::nullopt;
}

std::string_view value_of(const engine::Entry& entry) {
  return entry.exists() ? entry.value() : std::string_view{};
}

struct BitRange {
  std::int64_t first;
  std::int64_t last;  // Inclusive.
};

/// From numbers of bytes or bits, negative ones counted from the end, to bits inside the string. May come out empty.
BitRange bits_between(std::int64_t start, std::int64_t end, bool in_bits, std::size_t bytes) {
  const auto total = static_cast<std::int64_t>(in_bits ? bytes * 8 : bytes);
  start = std::max<std::int64_t>(start < 0 ? start + total : start, 0);
  end = std::min(std::max<std::int64_t>(end < 0 ? end + total : end, 0), total - 1);
  if (start > end) return {0, -1};
  return in_bits ? BitRange{start, end} : BitRange{start * 8, end * 8 + 7};
}

/// BYTE or BIT at argument `i`, if it is there. Replies with an error and says none for any other word.
std::optional<bool> in_bits_at(Call& call, std::size_t i) {
  if (i >= call.args.size() || base::same_word(call.arg(i), "byte")) return false;
  if (base::same_word(call.arg(i), "bit")) return true;
  call.fail(errors::kSyntax);
  return std::nullopt;
}

void count_in(Call& call, std::string_view value) {
  const std::size_t words = call.args.size();
  BitRange range = bits_between(0, -1, false, value.size());
  if (words == 4 || words == 5) {
    const auto start = call.integer(2);
    if (!start) return;
    const auto end = call.integer(3);
    if (!end) return;
    // Before the unit is looked at, as in Redis.
    if (*start < 0 && *end < 0 && *start > *end) return call.reply.integer(0);
    const auto in_bits = in_bits_at(call, 4);
    if (!in_bits) return;
    range = bits_between(*start, *end, *in_bits, value.size());
  } else if (words != 2) {
    return call.fail(errors::kSyntax);
  }
  if (range.first > range.last) return call.reply.integer(0);
  call.reply.integer(count_bits(value, static_cast<std::uint64_t>(range.first),
                                static_cast<std::uint64_t>(range.last)));
}

void find_in(Call& call, std::string_view value, bool wanted) {
  const std::size_t words = call.args.size();
  if (words > 6) return call.fail(errors::kSyntax);
  std::int64_t start = 0;
  std::int64_t end = -1;
  if (words > 3) {
    const auto number = call.integer(3);
    if (!number) return;
    start = *number;
  }
  const auto in_bits = in_bits_at(call, 5);
  if (!in_bits) return;
  if (words > 4) {
    const auto number = call.integer(4);
    if (!number) return;
    end = *number;
  }
  const BitRange range = bits_between(start, end, *in_bits, value.size());
  if (range.first > range.last) return call.reply.integer(-1);
  const auto found = find_bit(value, wanted, static_cast<std::uint64_t>(range.first),
                              static_cast<std::uint64_t>(range.last));
  if (found) return call.reply.integer(static_cast<std::int64_t>(*found));
  // Behind a string there are zeros without end, unless an end was named.
  const bool behind = !wanted && words <= 4;
  call.reply.integer(behind ? static_cast<std::int64_t>(value.size() * 8) : -1);
}

enum class Operation : std::uint8_t { conjunction, disjunction, exclusion, negation };

std::optional<Operation> operation_from(std::string_view word) {
  if (base::same_word(word, "and")) return Operation::conjunction;
  if (base::same_word(word, "or")) return Operation::disjunction;
  if (base::same_word(word, "xor")) return Operation::exclusion;
  if (base::same_word(word, "not")) return Operation::negation;
  return std::nullopt;
}

/// Takes one more string in; the shorter is as if followed by zeros.
void combine(std::string& result, std::string_view value, Operation operation) {
  if (value.size() > result.size()) result.resize(value.size(), '\0');
  for (std::size_t i = 0; i < value.size(); ++i) {
    const unsigned a = static_cast<std::uint8_t>(result[i]);
    const unsigned b = static_cast<std::uint8_t>(value[i]);
    const unsigned combined = operation == Operation::conjunction   ? a & b
                              : operation == Operation::disjunction ? a | b
                                                                    : a ^ b;
    result[i] = static_cast<char>(combined);
  }
  if (operation == Operation::conjunction) {
    std::fill(result.begin() + static_cast<std::ptrdiff_t>(value.size()), result.end(), '\0');
  }
}

}  // namespace

void get_bit(Call& call) {
  const auto at = bit_offset(call, 2, kAskedBytesMax);
  if (!at) return;
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    call.reply.integer(bit_at(value_of(entry), *at) ? 1 : 0);
  });
}

void set_bit(Call& call) {
  const auto at = bit_offset(call, 2, base::limits::kValueBytesMax);
  if (!at) return;
  const auto bit = call.integer(3, errors::kBadBit);
  if (!bit) return;
  if (*bit < 0 || *bit > 1) return call.fail(errors::kBadBit);
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    const bool before = bit_at(value_of(entry), *at);
    const std::size_t at_byte = *at / 8;
    const std::string_view value = value_of(entry);
    if (at_byte >= value.size() || before != (*bit == 1)) {
      std::string byte(1, at_byte < value.size() ? value[at_byte] : '\0');
      set_bit(byte, *at % 8, *bit == 1);
      if (const auto done = write_at(entry, at_byte, byte); !done) return call.fail(done.error());
    }
    call.reply.integer(before ? 1 : 0);
  });
}

void bit_count(Call& call) {
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    entry.exists() ? count_in(call, entry.value()) : call.reply.integer(0);
  });
}

void bit_pos(Call& call) {
  const auto bit = call.integer(2);
  if (!bit) return;
  if (*bit < 0 || *bit > 1) return call.fail("ERR The bit argument must be 1 or 0.");
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    // What is not there is zeros without end.
    entry.exists() ? find_in(call, entry.value(), *bit == 1)
                   : call.reply.integer(*bit == 1 ? -1 : 0);
  });
}

void bit_op(Call& call) {
  const auto operation = operation_from(call.arg(1));
  if (!operation) return call.fail(errors::kSyntax);
  if (*operation == Operation::negation && call.args.size() != 4) {
    return call.fail("ERR BITOP NOT must be called with a single source key.");
  }
  const Args sources = call.args.subspan(3);
  auto held = call.node().hold(call.args.subspan(2));
  std::string result;
  bool strings = true;
  held.visit_many(call.database(), sources, call.reading(),
                  [&](std::size_t i, engine::Entry& entry) {
                    strings = strings && (!entry.exists() || entry.kind() == engine::Kind::string);
                    if (!strings) return;
                    i == 0 ? result.assign(value_of(entry))
                           : (combine(result, value_of(entry), *operation), result);
                  });
  if (!strings) return call.fail(errors::kWrongType);
  if (*operation == Operation::negation) {
    for (char& byte : result) byte = static_cast<char>(~byte);
  }
  held.visit(call.database(), call.arg(2), node::Mode::write, [&](engine::Entry& entry) {
    if (result.empty()) {
      entry.erase();
    } else if (const auto done = entry.assign(result, engine::Deadline::none()); !done) {
      return call.fail(done.error());
    }
    call.reply.integer(static_cast<std::int64_t>(result.size()));
  });
}

}  // namespace larder::server
