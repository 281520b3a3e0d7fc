// LCS: the longest sequence of bytes that two strings share in order.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

struct LcsWords {
  bool length = false;
  bool ranges = false;
  bool range_lengths = false;
  std::int64_t shortest = 0;
};

/// Replies with an error and says none when the words make no sense.
std::optional<LcsWords> parse_lcs(Call& call) {
  LcsWords words;
  for (std::size_t i = 3; i < call.args.size(); ++i) {
    const std::string_view word = call.arg(i);
    if (base::same_word(word, "idx")) {
      words.ranges = true;
    } else if (base::same_word(word, "len")) {
      words.length = true;
    } else if (base::same_word(word, "withmatchlen")) {
      words.range_lengths = true;
    } else if (base::same_word(word, "minmatchlen") && i + 1 < call.args.size()) {
      const auto shortest = call.integer(++i);
      if (!shortest) return std::nullopt;
      words.shortest = std::max<std::int64_t>(*shortest, 0);
    } else {
      call.fail(errors::kSyntax);
      return std::nullopt;
    }
  }
  if (words.ranges && words.length) {
    call.fail("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return words;
}

/// How long the longest common sequence is for each pair of beginnings.
class LengthTable {
 public:
  static bool fits(std::size_t a, std::size_t b) {
    // Transient memory is held to what one value may take.
    return (a + 1) * (b + 1) <= base::limits::kValueBytesMax / sizeof(std::uint32_t);
  }
  LengthTable(std::string_view a, std::string_view b)
      : row_(b.size() + 1), lengths_((a.size() + 1) * row_) {
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        lengths_[i * row_ + j] =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }
  std::uint32_t at(std::size_t i, std::size_t j) const { return lengths_[i * row_ + j]; }

 private:
  std::size_t row_;
  std::vector<std::uint32_t> lengths_;
};

/// A run of bytes that is in both strings.
struct Match {
  std::size_t a;
  std::size_t b;
  std::size_t length;
};

/// The runs of one longest sequence, from the end. Where there are several, the one that Redis finds.
std::vector<Match> matches_of(const LengthTable& table, std::string_view a, std::string_view b) {
  std::vector<Match> matches;
  bool running = false;
  for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      --i;
      --j;
      if (!std::exchange(running, true)) matches.push_back({i, j, 0});
      matches.back() = {i, j, matches.back().length + 1};
    } else {
      running = false;
      table.at(i - 1, j) > table.at(i, j - 1) ? --i : --j;
    }
  }
  return matches;
}

void write_range(resp::Writer& reply, std::size_t first, std::size_t length) {
  reply.array(2);
  reply.integer(static_cast<std::int64_t>(first));
  reply.integer(static_cast<std::int64_t>(first + length - 1));
}

void write_matches(Call& call, std::vector<Match> matches, std::uint32_t length,
                   const LcsWords& words) {
  std::erase_if(matches, [&](const Match& match) {
    return static_cast<std::int64_t>(match.length) < words.shortest;
  });
  resp::Writer& reply = call.reply;
  reply.map(2);
  reply.bulk("matches");
  reply.array(matches.size());
  for (const Match& match : matches) {
    reply.array(words.range_lengths ? 3 : 2);
    write_range(reply, match.a, match.length);
    write_range(reply, match.b, match.length);
    if (words.range_lengths) reply.integer(static_cast<std::int64_t>(match.length));
  }
  reply.bulk("len");
  reply.integer(length);
}

std::string text_of(const std::vector<Match>& matches, std::string_view a) {
  std::string text;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    text.append(a.substr(match->a, match->length));
  }
  return text;
}

/// Copies of both strings, so that the work is done without their locks. Replies with an error and says none when
/// it cannot be done.
std::optional<std::array<std::string, 2>> both_strings(Call& call) {
  const Args keys = call.args.subspan(1, 2);
  auto held = call.node().hold(keys);
  std::array<std::size_t, 2> sizes{};
  bool strings = true;
  held.visit_many(call.database(), keys, call.reading(), [&](std::size_t i, engine::Entry& entry) {
    if (!entry.exists()) return;
    strings = strings && entry.kind() == engine::Kind::string;
    if (strings) sizes[i] = entry.value().size();
  });
  if (!strings) {
    call.fail("ERR The specified keys must contain string values");
    return std::nullopt;
  }
  std::array<std::string, 2> copies;
  if (!LengthTable::fits(sizes[0], sizes[1])) {
    call.fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return std::nullopt;
  }
  held.visit_many(call.database(), keys, node::Mode::peek,
                  [&](std::size_t i, engine::Entry& entry) {
                    if (entry.exists()) copies[i] = entry.value();
                  });
  return copies;
}

}  // namespace

void lcs(Call& call) {
  const auto words = parse_lcs(call);
  if (!words) return;
  const auto strings = both_strings(call);
  if (!strings) return;
  const auto& [a, b] = *strings;
  const LengthTable table(a, b);
  const std::uint32_t length = table.at(a.size(), b.size());
  if (words->length) return call.reply.integer(length);
  auto matches = matches_of(table, a, b);
  if (words->ranges) return write_matches(call, std::move(matches), length, *words);
  call.reply.bulk(text_of(matches, a));
}

}  // namespace larder::server
