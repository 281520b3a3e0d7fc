#include "redis/handshake.hpp"

#include <vector>

#include "redis/reply_error.hpp"

namespace larder::redis {

void Handshake::start(base::Buffer& out) {
  write(Step::hello, out);
  if (!asks_.empty()) write(Step::probe, out);
}

Handshake::State Handshake::received(const resp::Value& reply, base::Buffer& out) {
  const std::string_view words = reply.text();
  switch (step_) {
    case Step::hello:
      if (!reply.is_error()) return after_hello(Step::select, out);
      if (is_unknown_command(words) || words.starts_with("NOPROTO")) {
        version_ = resp::Version::resp2;
        return after_hello(Step::auth, out);
      }
      return fail(words);
    case Step::probe:
      learn(reply);
      return go_to(after_probe_, out);
    case Step::auth:
      if (reply.is_error()) return fail(words);
      return go_to(Step::set_name, out);
    case Step::set_name:
      // A name is a courtesy to whoever reads CLIENT LIST; a server that has none still serves.
      return go_to(Step::select, out);
    case Step::select:
      if (reply.is_error()) return fail(words);
      return go_to(Step::role, out);
    case Step::role:
      return after_role(reply, out);
    case Step::read_only:
      if (reply.is_error()) return fail(words);
      return go_to(Step::done, out);
    case Step::done:
      break;
  }
  return fail("a reply that nobody asked for");
}

Handshake::State Handshake::go_to(Step step, base::Buffer& out) {
  while (!is_needed(step)) step = static_cast<Step>(static_cast<int>(step) + 1);
  step_ = step;
  if (step == Step::done) return State::ready;
  write(step, out);
  return State::waiting;
}

// The answer to the question that left with HELLO comes next.
Handshake::State Handshake::after_hello(Step next, base::Buffer& out) {
  if (asks_.empty()) return go_to(next, out);
  step_ = Step::probe;
  after_probe_ = next;
  return State::waiting;
}

// A sentinel may name one that is a replica by now, or again.
Handshake::State Handshake::after_role(const resp::Value& reply, base::Buffer& out) {
  if (reply.is_error()) return fail(reply.text());
  const std::string_view wanted = identity_.wants_primary ? "master" : "slave";
  if (reply.is_aggregate() && reply.size() > 0 && reply[0].text() == wanted) {
    return go_to(Step::read_only, out);
  }
  fail(identity_.wants_primary ? "it is not the primary" : "it is no replica");
  failure_.code = Errc::unreachable;
  return State::failed;
}

// An error (no such command, no permission, no login yet) is a server without any of them.
void Handshake::learn(const resp::Value& reply) {
  if (reply.is_error() || !reply.is_aggregate() || reply.size() != asks_.size()) return;
  for (std::size_t i = 0; i < asks_.size(); ++i) {
    if (reply[i].is_aggregate() && reply[i].size() > 0) known_ |= std::uint32_t{1} << i;
  }
}

bool Handshake::is_needed(Step step) const {
  switch (step) {
    case Step::auth:
      return !identity_.password.empty();
    case Step::set_name:
      return !identity_.client_name.empty();
    case Step::select:
      return identity_.database != 0;
    case Step::role:
      return identity_.wants_primary || identity_.wants_replica;
    case Step::read_only:
      return identity_.reads_replica;
    default:
      return true;
  }
}

void Handshake::write(Step step, base::Buffer& out) const {
  std::vector<std::string_view> words;
  const std::string database = std::to_string(identity_.database);
  switch (step) {
    case Step::hello:
      words = {"HELLO", "3"};
      if (!identity_.password.empty()) {
        words.push_back("AUTH");
        words.push_back(identity_.user.empty() ? "default" : std::string_view{identity_.user});
        words.push_back(identity_.password);
      }
      if (!identity_.client_name.empty()) {
        words.push_back("SETNAME");
        words.push_back(identity_.client_name);
      }
      break;
    case Step::probe:
      words = {"COMMAND", "INFO"};
      words.insert(words.end(), asks_.begin(), asks_.end());
      break;
    case Step::auth:
      words = {"AUTH"};
      if (!identity_.user.empty()) words.push_back(identity_.user);
      words.push_back(identity_.password);
      break;
    case Step::set_name:
      words = {"CLIENT", "SETNAME", identity_.client_name};
      break;
    case Step::select:
      words = {"SELECT", database};
      break;
    case Step::role:
      words = {"ROLE"};
      break;
    case Step::read_only:
      words = {"READONLY"};
      break;
    case Step::done:
      return;
  }
  resp::append_command(out, words);
}

Handshake::State Handshake::fail(std::string_view words) {
  failure_ = error_from(words);
  // The commonest of all beginnings: no password given. Say what to do instead of what HELLO wants.
  if (words.starts_with("NOAUTH"))
    failure_.detail = "the server wants a password and the URL has none";
  failure_.effect = Effect::not_sent;
  return State::failed;
}

}  // namespace larder::redis
