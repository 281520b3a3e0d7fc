// The connection itself: who speaks, which protocol, which database.
#include <optional>
#include <string>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/auth_guard.hpp"
#include "server/call.hpp"
#include "server/client_directory.hpp"
#include "server/handlers.hpp"
#include "server/settings.hpp"
#include "server/version.hpp"

namespace larder::server {
namespace {

/// True if the pair is the default user's. With no password set, any is, as in Redis. Replies with an error if not.
bool authenticates(Call& call, std::string_view user, std::string_view password) {
  AuthGuard& guard = call.context.host.auth_guard();
  const std::string& address = call.client.address;
  const bool asks = call.context.settings.password.is_set();
  if (asks) {
    if (const auto wait = guard.wait_of(address, call.now()); wait.count() > 0) {
      call.fail("ERR too many wrong passwords from this address: wait " +
                std::to_string(wait.count()) + " ms");
      return false;
    }
  }
  if (call.context.settings.password.fits(password) && user == "default") {
    if (asks) guard.passed(address);
    return true;
  }
  call.context.counters.auth_failed.add();
  if (asks) guard.failed(address, call.now());
  call.fail(errors::kWrongPass);
  return false;
}

struct Hello {
  std::optional<std::pair<std::string_view, std::string_view>> credentials;
  std::optional<std::string_view> name;
};

/// The words after HELLO protocol. Replies with an error and says none when they make no sense.
std::optional<Hello> parse_hello(Call& call) {
  Hello hello;
  for (std::size_t i = 2; i < call.args.size(); ++i) {
    const std::size_t further = call.args.size() - 1 - i;
    if (base::same_word(call.arg(i), "auth") && further >= 2) {
      hello.credentials.emplace(call.arg(i + 1), call.arg(i + 2));
      i += 2;
    } else if (base::same_word(call.arg(i), "setname") && further >= 1) {
      hello.name = call.arg(++i);
      if (!is_printable_word(*hello.name)) {
        call.fail(errors::kBadClientName);
        return std::nullopt;
      }
    } else {
      call.fail("ERR Syntax error in HELLO option '" + std::string(quotable(call.arg(i))) + "'");
      return std::nullopt;
    }
  }
  return hello;
}

/// What was published until now leaves as it was written.
void speak(Call& call, std::uint8_t protocol) {
  call.client.protocol = protocol;
  if (call.client.subscriber == nullptr) return;
  call.client.subscriber->mailbox.speak(protocol);
  take_messages(call);
}

/// In the protocol that was just chosen.
void describe(Call& call) {
  resp::Writer reply(call.reply.buffer(), static_cast<resp::Version>(call.client.protocol.get()));
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");  // Clients switch features by this name and version.
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(call.client.protocol);
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(call.client.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

}  // namespace

bool is_printable_word(std::string_view text) {
  for (const char c : text) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

void ping(Call& call) {
  if (call.args.size() > 2) {
    return call.fail("ERR wrong number of arguments for 'ping' command");
  }
  if (call.client.only_listens()) {
    // In the form of a message, as whoever reads those expects.
    call.reply.array(2);
    call.reply.bulk("pong");
    return call.reply.bulk(call.args.size() == 2 ? call.arg(1) : std::string_view());
  }
  if (call.args.size() == 1) return call.reply.simple("PONG");
  call.reply.bulk(call.arg(1));
}

void echo(Call& call) { call.reply.bulk(call.arg(1)); }

void hello(Call& call) {
  std::uint8_t protocol = call.client.protocol;
  Hello words;
  if (call.args.size() > 1) {
    const auto number = call.integer(1, errors::kProtoNotAnInteger);
    if (!number) return;
    if (*number < 2 || *number > 3) return call.fail(errors::kNoProto);
    protocol = static_cast<std::uint8_t>(*number);
    const auto parsed = parse_hello(call);
    if (!parsed) return;
    words = *parsed;
  }
  if (words.credentials) {
    if (!authenticates(call, words.credentials->first, words.credentials->second)) return;
    call.client.authenticated = true;
  }
  if (!call.client.authenticated) return call.fail(errors::kHelloNoAuth);
  if (words.name) call.context.host.clients().write(call.client.name, *words.name);
  speak(call, protocol);
  describe(call);
}

void auth(Call& call) {
  if (call.args.size() > 3) return call.fail(errors::kSyntax);
  const bool named = call.args.size() == 3;
  if (!named && !call.context.settings.password.is_set()) return call.fail(errors::kNoPassword);
  if (!authenticates(call, named ? call.arg(1) : "default", call.args.back())) return;
  call.client.authenticated = true;
  call.ok();
}

void select(Call& call) {
  const auto number = call.integer(1);
  if (!number) return;
  if (*number < 0 || *number >= call.node().databases()) {
    return call.fail(errors::kDatabaseOutOfRange);
  }
  call.client.database = static_cast<unsigned>(*number);
  call.ok();
}

void reset(Call& call) {
  call.client.transaction.reset();
  call.client.database = 0;
  call.context.host.clients().write(call.client.name, {});
  call.client.replies = Replies::all;
  call.client.touches = true;
  if (Subscriber* who = call.client.subscriber.get()) {
    call.context.pub_sub.unsubscribe_all(*who);
    take_messages(call);
  }
  speak(call, 2);
  call.client.authenticated = !call.context.settings.password.is_set();
  call.reply.simple("RESET");
}

void quit(Call& call) {
  take_messages(call);
  call.client.closing = true;
  call.ok();
}

}  // namespace larder::server
