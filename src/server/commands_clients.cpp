// CLIENT LIST, KILL and PAUSE: a look at all connections, the end of some, a rest for all.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/client_directory.hpp"
#include "server/handlers.hpp"
#include "server/pause.hpp"

namespace larder::server {
namespace {

using base::same_word;

/// What kind of client somebody asks for.
enum class Type : std::uint8_t { normal, pubsub, others };

bool is_of(const Client& client, Type type) {
  return type == (client.is_subscribed() ? Type::pubsub : Type::normal);
}

/// Replies with an error and says none for a word that is no type. Of masters and replicas we have none.
std::optional<Type> type_of(Call& call, std::string_view type) {
  if (same_word(type, "normal")) return Type::normal;
  if (same_word(type, "pubsub")) return Type::pubsub;
  for (const std::string_view other : {"master", "replica", "slave"}) {
    if (same_word(type, other)) return Type::others;
  }
  call.fail("ERR Unknown client type '" + std::string(type) + "'");
  return std::nullopt;
}

void list_by_id(Call& call) {
  std::string lines;
  for (std::size_t i = 3; i < call.args.size(); ++i) {
    const auto id = call.integer(i, "ERR Invalid client ID");
    if (!id) return;
    call.context.host.clients().find(static_cast<std::uint64_t>(*id), [&](const Client& client) {
      lines += describe_client(client, call.now());
    });
  }
  call.reply.verbatim("txt", lines);
}

/// Whom CLIENT KILL is about. What is not said does not matter.
struct Wanted {
  std::optional<std::uint64_t> id;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  std::optional<Type> type;
  bool skip_me = true;

  bool fits(const Client& client) const {
    return (!type || is_of(client, *type)) && (!id || client.id == *id) &&
           (!address || client.address == *address) &&
           (!local_address || client.local_address == *local_address);
  }
};

/// One pair of words, from argument `i` on. False: it makes no sense, and an error was replied.
bool parse_pair(Call& call, std::size_t i, Wanted& wanted) {
  const std::string_view word = call.arg(i);
  const std::string_view value = i + 1 < call.args.size() ? call.arg(i + 1) : std::string_view{};
  if (i + 1 == call.args.size()) {
    call.fail(errors::kSyntax);
  } else if (same_word(word, "id")) {
    const auto id = base::parse_integer(value);
    if (id && *id > 0) {
      wanted.id = static_cast<std::uint64_t>(*id);
      return true;
    }
    call.fail("ERR client-id should be greater than 0");
  } else if (same_word(word, "addr")) {
    wanted.address = value;
    return true;
  } else if (same_word(word, "laddr")) {
    wanted.local_address = value;
    return true;
  } else if (same_word(word, "type")) {
    wanted.type = type_of(call, value);
    return wanted.type.has_value();
  } else if (same_word(word, "user")) {
    if (value == "default") return true;  // Everybody is.
    call.fail("ERR No such user '" + std::string(value) + "'");
  } else if (same_word(word, "skipme") && (same_word(value, "yes") || same_word(value, "no"))) {
    wanted.skip_me = same_word(value, "yes");
    return true;
  } else {
    call.fail(errors::kSyntax);
  }
  return false;
}

/// Ends all that are wanted and says how many. The caller's own connection ends after its reply.
std::int64_t kill(Call& call, const Wanted& wanted) {
  std::vector<std::pair<std::uint64_t, ClientKeeper*>> others;
  bool me = false;
  call.context.host.clients().visit([&](const Client& client) {
    if (!wanted.fits(client)) return;
    if (client.id == call.client.id) {
      me = !wanted.skip_me;
    } else if (client.keeper != nullptr) {
      others.emplace_back(client.id, client.keeper);
    }
  });
  for (const auto& [id, keeper] : others) keeper->close_client(id);
  if (me) call.client.closing = true;
  return static_cast<std::int64_t>(others.size()) + (me ? 1 : 0);
}

}  // namespace

void client_list(Call& call) {
  const std::size_t words = call.args.size();
  std::optional<Type> type;
  if (words == 4 && same_word(call.arg(2), "type")) {
    type = type_of(call, call.arg(3));
    if (!type) return;
  } else if (words > 3 && same_word(call.arg(2), "id")) {
    return list_by_id(call);
  } else if (words != 2) {
    return call.fail(errors::kSyntax);
  }
  std::string lines;
  call.context.host.clients().visit([&](const Client& client) {
    if (!type || is_of(client, *type)) lines += describe_client(client, call.now());
  });
  call.reply.verbatim("txt", lines);
}

void client_kill(Call& call) {
  Wanted wanted;
  if (call.args.size() == 3) {
    // The old form names an address, one's own too.
    wanted.address = call.arg(2);
    wanted.skip_me = false;
    return kill(call, wanted) == 0 ? call.fail("ERR No such client") : call.ok();
  }
  for (std::size_t i = 2; i < call.args.size(); i += 2) {
    if (!parse_pair(call, i, wanted)) return;
  }
  call.reply.integer(kill(call, wanted));
}

void client_pause(Call& call) {
  if (call.args.size() > 4) {
    return call.fail("ERR unknown subcommand or wrong number of arguments for '" +
                     std::string(quotable(call.arg(1))) + "'. Try CLIENT HELP.");
  }
  Pause::Kind kind = Pause::Kind::all;
  if (call.args.size() == 4) {
    const bool writes = same_word(call.arg(3), "write");
    if (!writes && !same_word(call.arg(3), "all")) {
      return call.fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
    if (writes) kind = Pause::Kind::writes;
  }
  const auto millis = call.integer(2, "ERR timeout is not an integer or out of range");
  if (!millis) return;
  if (*millis < 0) return call.fail("ERR timeout is negative");
  // A year is forever, and what can be added to any clock.
  constexpr std::int64_t kLongestMillis = std::int64_t{365} * 24 * 3'600 * 1'000;
  call.context.pause.begin(kind, call.now() + base::Millis(std::min(*millis, kLongestMillis)),
                           call.now());
  call.ok();
}

void client_unpause(Call& call) {
  call.context.host.end_pause();
  call.ok();
}

/// No command of ours blocks: whoever is asked about does not.
void client_unblock(Call& call) {
  if (call.args.size() > 4) return call.fail(errors::kSyntax);
  if (call.args.size() == 4 && !same_word(call.arg(3), "timeout") &&
      !same_word(call.arg(3), "error")) {
    return call.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  if (call.integer(2)) call.reply.integer(0);
}

void client_reply(Call& call) {
  Replies& replies = call.client.replies;
  if (same_word(call.arg(2), "on")) {
    replies = Replies::all;
    call.ok();
  } else if (same_word(call.arg(2), "off")) {
    replies = Replies::none;
  } else if (same_word(call.arg(2), "skip")) {
    if (replies != Replies::none) replies = Replies::all_but_next;
  } else {
    call.fail(errors::kSyntax);
  }
}

}  // namespace larder::server
