// Walking all keys: SCAN page by page, KEYS in one go, RANDOMKEY by a walk from somewhere.
#include <algorithm>
#include <string>
#include <vector>

#include "base/glob.hpp"
#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// Names copied out from under the locks: a reply's length stands before its elements.
class Names {
 public:
  void add(std::string_view name) {
    places_.emplace_back(bytes_.size(), name.size());
    bytes_.append(name);
  }
  std::size_t count() const noexcept { return places_.size(); }
  std::size_t bytes() const noexcept { return bytes_.size(); }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(bytes_).substr(places_[i].first, places_[i].second);
  }
  /// A walk over a table that grows meanwhile may meet a key twice.
  void sort_and_drop_doubles() {
    const auto name = [this](const auto& place) {
      return std::string_view(bytes_).substr(place.first, place.second);
    };
    std::sort(places_.begin(), places_.end(),
              [&](const auto& a, const auto& b) { return name(a) < name(b); });
    const auto end = std::unique(places_.begin(), places_.end(),
                                 [&](const auto& a, const auto& b) { return name(a) == name(b); });
    places_.erase(end, places_.end());
  }
  void write(resp::Writer& reply) const {
    reply.array(count());
    for (std::size_t i = 0; i < count(); ++i) reply.bulk((*this)[i]);
  }

 private:
  std::string bytes_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

struct Filter {
  std::string_view pattern = "*";
  std::string_view type;  // Empty: any.
  std::int64_t count = 10;

  bool takes(const engine::Entry& entry) const {
    if (!type.empty() && !base::same_word(type, name_of(entry.kind()))) return false;
    return pattern == "*" || base::glob_match(pattern, entry.key());
  }
};

/// The words after SCAN cursor. Replies with an error and says none when they make no sense.
std::optional<Filter> parse_filter(Call& call) {
  Filter filter;
  for (std::size_t i = 2; i < call.args.size(); i += 2) {
    if (i + 1 == call.args.size()) {
      call.fail(errors::kSyntax);
      return std::nullopt;
    }
    const std::string_view word = call.arg(i);
    if (base::same_word(word, "match")) {
      filter.pattern = call.arg(i + 1);
    } else if (base::same_word(word, "type")) {
      filter.type = call.arg(i + 1);
    } else if (base::same_word(word, "count")) {
      const auto count = call.integer(i + 1);
      if (!count) return std::nullopt;
      filter.count = *count;
    }
    if (filter.count < 1 || !(base::same_word(word, "match") || base::same_word(word, "type") ||
                              base::same_word(word, "count"))) {
      call.fail(errors::kSyntax);
      return std::nullopt;
    }
  }
  return filter;
}

}  // namespace

void scan(Call& call) {
  // An empty cursor is 0 to Redis.
  const auto cursor =
      call.arg(1).empty() ? std::optional<std::uint64_t>(0) : base::parse_unsigned(call.arg(1));
  if (!cursor) return call.fail(errors::kInvalidCursor);
  const auto filter = parse_filter(call);
  if (!filter) return;
  Names names;
  const auto count = std::min(static_cast<std::size_t>(filter->count), base::limits::kScanCountMax);
  const std::uint64_t next =
      call.node().scan(call.database(), *cursor, count, [&](const engine::Entry& entry) {
        if (filter->takes(entry)) names.add(entry.key());
      });
  char text[base::kIntegerTextMax];
  call.reply.array(2);
  call.reply.bulk({text, static_cast<std::size_t>(base::write_unsigned(text, next) - text)});
  names.write(call.reply);
}

/// Everything at once, as Redis does. Names are bounded like any reply: who has more keys than that walks with SCAN.
void keys(Call& call) {
  const Filter filter{.pattern = call.arg(1), .type = {}, .count = 1'000};
  Names names;
  std::uint64_t cursor = 0;
  do {
    cursor = call.node().scan(call.database(), cursor, 1'000, [&](const engine::Entry& entry) {
      if (filter.takes(entry)) names.add(entry.key());
    });
    if (call.context.settings.is_too_much_output(names.bytes())) {
      return call.fail("ERR too many keys for one reply, use SCAN");
    }
  } while (cursor != 0);
  names.sort_and_drop_doubles();
  names.write(call.reply);
}

void random_key(Call& call) {
  // From a random place on; what a page holds is one of its names by chance. Not perfectly even, as
  // in Redis.
  std::uint64_t cursor = call.context.random();
  for (bool from_start : {false, true}) {
    if (from_start) cursor = 0;
    do {
      Names names;
      cursor = call.node().scan(call.database(), cursor, 16,
                                [&](const engine::Entry& entry) { names.add(entry.key()); });
      if (names.count() > 0)
        return call.reply.bulk(names[call.context.random.below(names.count())]);
    } while (cursor != 0);
  }
  call.reply.null();
}

}  // namespace larder::server
