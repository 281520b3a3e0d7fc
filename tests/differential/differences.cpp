#include "differential/differences.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "support/resp_text.hpp"

namespace larder::test {
namespace {

enum class May {
  differ_by_seconds,  ///< Two integers of the same clock reading, each in its own unit.
  be_reordered,       ///< A list in any order, also one level down.
  be_other_of_type,   ///< Anything of the same type.
  be_too_large,       ///< Ours refuses with kTooLarge.
};

struct Difference {
  std::string_view command;
  May may;
  std::string_view why;
};

constexpr std::string_view kTooLarge =
    "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";

constexpr Difference kDifferences[] = {
    {"lcs", May::be_too_large, "it may take as much memory as the largest value: 64 MiB, not 512"},
    {"ttl", May::differ_by_seconds, "the two get to a command at different times"},
    {"pttl", May::differ_by_seconds, "as ttl"},
    {"expiretime", May::differ_by_seconds, "as ttl"},
    {"pexpiretime", May::differ_by_seconds, "as ttl"},
    {"time", May::be_other_of_type, "as ttl"},
    {"keys", May::be_reordered, "a table has no order"},
    {"scan", May::be_reordered, "a table has no order; all fits one page"},
    {"randomkey", May::be_other_of_type, "it is random"},
    {"object|refcount", May::be_other_of_type, "Redis shares the objects of small integers"},
    {"object|encoding", May::be_other_of_type,
     "Redis' raw and embstr tell how a string came to be"},
    {"config", May::be_other_of_type, "each has its own settings"},
    {"hello", May::be_other_of_type, "each names its own version and connection"},
};

/// Arguments that would leave different values behind, and all that follows with them.
struct LeftOut {
  std::string_view argument;
  std::string_view after;  // The word in front of it, or the command; empty: any.
  std::string_view why;
};

constexpr std::string_view kFarAway = "our deadlines end in the year 2262";

constexpr LeftOut kLeftOut[] = {
    {"", "append", "to WATCH in Redis, appending nothing is a change; to ours, it is none"},
    {"fail", "overflow",
     "in Redis what overflows has still made the string longer, unseen by WATCH; to ours, that is "
     "a change"},
    {"0x10", "", "we read no hexadecimal floats, as no other client's language would"},
    {"0x1p3", "", "as 0x10"},
    {"9223372036854775807", "pxat", kFarAway},
    {"9223372036854775807", "pexpireat", kFarAway},
    {"9223372036854776", "px", kFarAway},
    {"9223372036854776", "pxat", kFarAway},
    {"9223372036854776", "psetex", kFarAway},
    {"9223372036854776", "pexpire", kFarAway},
    {"9223372036854776", "pexpireat", kFarAway},
};

constexpr std::int64_t kMillisApart = 20'000;

bool near(std::string_view command, const Answer& ours, const Answer& redis) {
  const auto number = [](const Answer& answer) { return std::atoll(answer.text.c_str() + 1); };
  if (number(ours) < 0 || number(redis) < 0) return number(ours) == number(redis);
  const std::int64_t unit = command.front() == 'p' ? 1 : 1'000;
  return std::llabs(number(ours) - number(redis)) * unit <= kMillisApart;
}

/// Its elements in order, lists within it too.
std::string in_order(const Answer& answer) {
  if (answer.children.empty()) return answer.text;
  std::vector<std::string> texts;
  for (const Answer& child : answer.children) texts.push_back(in_order(child));
  std::sort(texts.begin(), texts.end());
  std::string joined = "[";
  for (const std::string& text : texts) joined += text + "\n";
  return joined + "]";
}

}  // namespace

Answer::Answer(resp::Value value) : type(value.type()), text(text_of(value)) {
  if (!value.is_aggregate()) return;
  for (const resp::Value child : value) children.emplace_back(child);
}

bool is_left_out(const std::vector<std::string>& words) {
  // HELLO 3 SETNAME name, and something wrong behind it: Redis 7.0 keeps the name, 7.2 and we do not.
  if (base::same_word(words[0], "hello") && words.size() > 4) return true;
  for (std::size_t i = 1; i < words.size(); ++i) {
    for (const LeftOut& left_out : kLeftOut) {
      const bool there = left_out.after.empty() || base::same_word(words[i - 1], left_out.after) ||
                         base::same_word(words[0], left_out.after);
      if (there && base::same_word(words[i], left_out.argument)) return true;
    }
  }
  return false;
}

bool agree(const std::vector<std::string>& words, const Answer& ours, const Answer& redis) {
  if (ours.text == redis.text) return true;
  std::string command = base::lower(words[0]);
  if (command == "object" && words.size() > 1) command += "|" + base::lower(words[1]);
  for (const Difference& difference : kDifferences) {
    if (difference.command != command) continue;
    if (difference.may == May::be_too_large) return ours.text == kTooLarge;
    if (ours.type != redis.type || ours.type == resp::Type::error) return false;
    switch (difference.may) {
      case May::differ_by_seconds:
        return ours.type == resp::Type::integer && near(command, ours, redis);
      case May::be_reordered:
        return in_order(ours) == in_order(redis);
      case May::be_other_of_type:
        return true;
      case May::be_too_large:
        break;
    }
  }
  return false;
}

}  // namespace larder::test
