// Values that change their place: RENAME, COPY, MOVE, SWAPDB. The shards of both places are held together, so nobody
// sees a key twice or not at all.
#include <array>
#include <limits>
#include <optional>
#include <string>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

struct Place {
  unsigned database;
  std::string_view key;
  bool operator==(const Place&) const = default;
};

/// A value on its way: a view would die when it is written elsewhere.
struct Parcel {
  std::string value;
  engine::Deadline deadline;
};

/// What is at a place; none: nothing.
std::optional<Parcel> pick_up(node::Node::Held& held, const Place& from) {
  std::optional<Parcel> parcel;
  held.visit(from.database, from.key, node::Mode::peek, [&](engine::Entry& entry) {
    if (!entry.exists() || entry.kind() != engine::Kind::string) return;
    const auto deadline = entry.deadline();
    parcel = Parcel{std::string(entry.value()),
                    deadline ? engine::Deadline::at(*deadline) : engine::Deadline::none()};
  });
  return parcel;
}

Result<void> put_down(node::Node::Held& held, const Place& to, const Parcel& parcel) {
  return held.visit(to.database, to.key, node::Mode::write, [&](engine::Entry& entry) {
    return entry.assign(parcel.value, parcel.deadline);
  });
}

bool taken(node::Node::Held& held, const Place& place) {
  return held.visit(place.database, place.key, node::Mode::peek,
                    [](engine::Entry& entry) { return entry.exists(); });
}

void erase(node::Node::Held& held, const Place& place) {
  held.visit(place.database, place.key, node::Mode::write,
             [](engine::Entry& entry) { entry.erase(); });
}

/// A database by its number. Replies with an error and says none when there is none.
std::optional<unsigned> database_at(Call& call, std::size_t i) {
  constexpr std::int64_t kMin = std::numeric_limits<int>::min();
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  const auto number = call.integer(i);
  if (!number) return std::nullopt;
  if (*number < kMin || *number > kMax) {
    call.fail("ERR value is out of range, value must between " + std::to_string(kMin) + " and " +
              std::to_string(kMax));
    return std::nullopt;
  }
  if (*number < 0 || *number >= call.node().databases()) {
    call.fail(errors::kDatabaseOutOfRange);
    return std::nullopt;
  }
  return static_cast<unsigned>(*number);
}

struct CopyWords {
  unsigned database;
  bool replace = false;
};

std::optional<CopyWords> parse_copy(Call& call) {
  CopyWords words{call.database()};
  for (std::size_t i = 3; i < call.args.size(); ++i) {
    if (base::same_word(call.arg(i), "replace")) {
      words.replace = true;
    } else if (base::same_word(call.arg(i), "db") && i + 1 < call.args.size()) {
      const auto database = database_at(call, ++i);
      if (!database) return std::nullopt;
      words.database = *database;
    } else {
      call.fail(errors::kSyntax);
      return std::nullopt;
    }
  }
  return words;
}

/// RENAME and RENAMENX. Nothing but `only_if_free` distinguishes them.
void rename_to(Call& call, bool only_if_free) {
  const Place from{call.database(), call.arg(1)};
  const Place to{call.database(), call.arg(2)};
  const std::array keys{from.key, to.key};
  auto held = call.node().hold(keys);
  const auto parcel = pick_up(held, from);
  if (!parcel) return call.fail(errors::kNoSuchKey);
  if (only_if_free && (from == to || taken(held, to))) return call.reply.integer(0);
  if (from != to) {
    // Written before the old place is cleared: a table that refuses leaves all as it was.
    if (const auto done = put_down(held, to, *parcel); !done) return call.fail(done.error());
    erase(held, from);
  }
  only_if_free ? call.reply.integer(1) : call.ok();
}

}  // namespace

void rename(Call& call) { rename_to(call, false); }
void rename_nx(Call& call) { rename_to(call, true); }

void copy(Call& call) {
  const auto words = parse_copy(call);
  if (!words) return;
  const Place from{call.database(), call.arg(1)};
  const Place to{words->database, call.arg(2)};
  if (from == to) return call.fail(errors::kSameObject);
  const std::array keys{from.key, to.key};
  auto held = call.node().hold(keys);
  const auto parcel = pick_up(held, from);
  if (!parcel || (!words->replace && taken(held, to))) return call.reply.integer(0);
  if (const auto done = put_down(held, to, *parcel); !done) return call.fail(done.error());
  call.reply.integer(1);
}

void move(Call& call) {
  const auto database = database_at(call, 2);
  if (!database) return;
  const Place from{call.database(), call.arg(1)};
  const Place to{*database, call.arg(1)};
  if (from == to) return call.fail(errors::kSameObject);
  const std::array keys{from.key};
  auto held = call.node().hold(keys);
  const auto parcel = pick_up(held, from);
  if (!parcel || taken(held, to)) return call.reply.integer(0);
  if (const auto done = put_down(held, to, *parcel); !done) return call.fail(done.error());
  erase(held, from);
  call.reply.integer(1);
}

void swap_db(Call& call) {
  const auto fits_int = [](std::optional<std::int64_t> number) {
    return number && *number >= std::numeric_limits<int>::min() &&
           *number <= std::numeric_limits<int>::max();
  };
  const auto first = base::parse_integer(call.arg(1));
  if (!fits_int(first)) return call.fail("ERR invalid first DB index");
  const auto second = base::parse_integer(call.arg(2));
  if (!fits_int(second)) return call.fail("ERR invalid second DB index");
  const auto databases = static_cast<std::int64_t>(call.node().databases());
  if (*first < 0 || *first >= databases || *second < 0 || *second >= databases) {
    return call.fail(errors::kDatabaseOutOfRange);
  }
  if (*first != *second) {
    call.node().hold_all().swap_databases(static_cast<unsigned>(*first),
                                          static_cast<unsigned>(*second));
  }
  call.ok();
}

}  // namespace larder::server
