#include "server/session.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "node/durability.hpp"
#include "server/call.hpp"
#include "server/client_directory.hpp"
#include "server/handlers.hpp"
#include "server/key_run.hpp"
#include "server/latency.hpp"
#include "server/pause.hpp"
#include "server/settings.hpp"
#include "server/slow_log.hpp"

namespace larder::server {
namespace {

/// How much of a client's own words an error quotes.
constexpr std::size_t kQuotedBytesMax = 128;

/// What a reader may keep from one request to the next: the places of some dozen arguments.
constexpr std::size_t kReaderBytes = 1024;

/// How any TLS of this century begins, and no request that means something.
constexpr std::string_view kTlsBegin = "\x16\x03";

std::string unknown_command(std::span<const std::string_view> args) {
  std::string quoted;
  for (const std::string_view arg : args.subspan(1)) {
    if (quoted.size() >= kQuotedBytesMax) break;
    const std::string_view shown = quotable(arg, kQuotedBytesMax - quoted.size());
    quoted.append("'").append(shown).append("' ");
  }
  return "ERR unknown command '" + std::string(quotable(args[0], kQuotedBytesMax)) +
         "', with args beginning with: " + quoted;
}

std::string unknown_subcommand(const Command& row, std::string_view name) {
  return "ERR unknown subcommand '" + std::string(quotable(name, kQuotedBytesMax)) + "'. Try " +
         base::upper(row.name) + " HELP.";
}

std::string wrong_arity(const Command& row) {
  return "ERR wrong number of arguments for '" + std::string(row.name) + "' command";
}

std::string only_listens(const Command& row) {
  return "ERR Can't execute '" + std::string(row.name) +
         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
         "context";
}

}  // namespace

Session::Session(Context& context, Addresses addresses) : context_(&context) {
  client_.id = context.host.next_client_id();
  client_.keeper = context.keeper;
  client_.address = std::move(addresses.peer);
  client_.local_address = std::move(addresses.local);
  client_.descriptor = addresses.descriptor;
  client_.connected = context.clock.now();
  client_.last_active = client_.connected;
  client_.authenticated = !context.settings.password.is_set();
  apply_request_limits();
  context.host.clients().add(client_);
}

Session::~Session() { context_->host.clients().remove(client_.id); }

void Session::apply_request_limits() {
  reader_.set_limits(client_.authenticated ? resp::RequestLimits{}
                                           : resp::RequestLimits::before_auth());
}

/// How far a turn has come.
struct Session::Progress {
  const std::string_view input;
  base::Buffer& out;
  const TurnLimits& limits;
  KeyRun& run;
  std::size_t at =
      0;  // In the input: everything before was read, and executed unless it is in the run.
  std::size_t commands = 0;
  std::size_t arguments = 0;
  bool may_join = false;  // Requests may wait for their neighbours.
  bool held = false;

  bool spent() const noexcept {
    return commands >= limits.commands || arguments >= limits.arguments ||
           out.size() >= limits.output_bytes;
  }
};

Session::Turn Session::run(std::string_view input, base::Buffer& out, const TurnLimits& limits) {
  using Status = resp::RequestReader::Status;
  if (!heard_) {
    if (input == kTlsBegin.substr(0, 1)) return {State::waiting, 0};
    heard_ = !input.empty();
    if (input.starts_with(kTlsBegin)) return refuse_tls(out);
  }
  context_->run.clear();
  Progress progress{.input = input,
                    .out = out,
                    .limits = limits,
                    .run = context_->run,
                    .may_join = may_join_neighbours()};
  while (!client_.closing) {
    if (progress.spent()) {
      finish_run(progress);
      return {State::paused, progress.at};
    }
    const std::size_t begin = progress.at;
    const Status status = reader_.next(input.substr(begin));
    progress.at += reader_.consumed();
    if (status == Status::command) {
      take(reader_.args(), begin, progress);
      if (progress.held) return {State::held, begin};
    } else if (!finish_run(progress)) {
      continue;  // Some of it comes again, and so does what was just read.
    } else if (status == Status::need_more) {
      return {State::waiting, progress.at};
    } else {
      resp::Writer reply(out);
      refuse(reply, "ERR " + reader_.error());
      client_.closing = true;
      client_.lingers = true;
    }
  }
  return {State::closing, progress.at};
}

/// A client that was told of TLS and not of its port: it would wait for an answer in vain, or be sent errors that it
/// cannot read.
Session::Turn Session::refuse_tls(base::Buffer& out) {
  if (base::Log* log = context_->options.log) {
    log->warn("tls_on_plain_port", {{"peer", client_.address}});
  }
  resp::Writer reply(out);
  refuse(reply, errors::kTlsOnPlainPort);
  client_.closing = true;
  client_.lingers = true;
  return {State::closing, 0};
}

/// A request joins the run of its kind, or ends it and is executed by itself.
void Session::take(std::span<const std::string_view> args, std::size_t begin, Progress& progress) {
  ++progress.commands;
  progress.arguments += args.size();
  if (context_->pause.may_hold() && must_wait(args)) {
    progress.held = finish_run(progress);
    if (progress.held) reader_.restart();
    return;
  }
  const auto joins = [&] {
    return progress.may_join && progress.run.take(args, progress.input, begin);
  };
  if (joins()) return;
  if (!progress.run.empty()) {
    if (!finish_run(progress)) return;
    if (joins()) return;
  }
  execute(args, progress.out);
  progress.may_join = may_join_neighbours();
  const Command* last = client_.last_command;
  if (last != nullptr && (last->flags & kLong) != 0) {
    progress.arguments = progress.limits.arguments;
  }
}

/// The disk refuses: nothing may be changed that could not be kept.
bool Session::log_refuses() const {
  const node::Durability* const durability = context_->options.durability;
  return durability != nullptr && durability->refuses();
}

/// Asked once for many requests: only what is executed changes the answer, or another client that changes a setting.
bool Session::may_join_neighbours() const {
  return client_.authenticated && !client_.in_multi() && !client_.only_listens() &&
         client_.replies == Replies::all && client_.touches && !every_command_is_timed() &&
         !log_refuses();
}

/// Is there a pause for this command? What would only be refused need not wait for its refusal.
bool Session::must_wait(std::span<const std::string_view> args) const {
  const Pause::Kind kind = context_->pause.kind(context_->clock.now());
  if (kind == Pause::Kind::none) return false;
  const Command* row = find_command(args[0]);
  if (row != nullptr && !row->subcommands.empty() && args.size() > 1) {
    row = find_subcommand(*row, args[1]);
  }
  if (row == nullptr || !row->fits(args.size())) return false;
  const bool stranger = !client_.authenticated && context_->settings.password.is_set();
  if (stranger && (row->flags & kNoAuth) == 0) return false;
  if (client_.only_listens() && (row->flags & kListening) == 0) return false;
  if (kind == Pause::Kind::all) return true;
  if (row->handler == &exec) {
    return client_.in_multi() &&
           (client_.transaction->writes() || client_.transaction->publishes());
  }
  return (row->flags & (kWrite | kPublishes)) != 0;
}

/// Executes the run. False: only in part, for its replies are enough; the rest is read again, next turn.
bool Session::finish_run(Progress& progress) {
  if (progress.run.empty()) return true;
  const std::size_t read = progress.at;
  progress.at =
      progress.run.execute(*context_, client_, progress.out, read, progress.limits.output_bytes);
  if (progress.at == read) return true;
  reader_.restart();
  return false;
}

/// What cannot even be queued dooms its transaction.
void Session::refuse(resp::Writer& reply, std::string_view words) {
  if (client_.in_multi()) client_.transaction->doom();
  context_->counters.errors.add();
  context_->counters.error_kinds.add(words);
  reply.error(words);
}

/// A browser tricked into speaking to us begins with POST or comes to its Host header: what follows would be its
/// attacker's commands.
void Session::refuse_unknown(std::span<const std::string_view> args, resp::Writer& reply) {
  if (base::same_word(args[0], "post") || base::same_word(args[0], "host:")) {
    client_.closing = true;
    return;
  }
  refuse(reply, unknown_command(args));
}

/// Executes, and takes back the reply if CLIENT REPLY says so.
void Session::execute(std::span<const std::string_view> args, base::Buffer& out) {
  const std::size_t before = out.size();
  if (client_.replies == Replies::all_but_next) client_.replies = Replies::all_but_this;
  execute_aloud(args, out);
  // As it stands now: OFF and SKIP are silent themselves, ON is heard.
  const bool pushed = std::exchange(client_.pushed, false);
  if (client_.replies != Replies::all && !pushed) out.truncate(before);
  if (client_.replies == Replies::all_but_this) client_.replies = Replies::all;
  client_.queued =
      client_.in_multi() ? static_cast<std::int32_t>(client_.transaction->queued().size()) : -1;
}

void Session::execute_aloud(std::span<const std::string_view> args, base::Buffer& out) {
  resp::Writer reply(out, static_cast<resp::Version>(client_.protocol.get()));
  const Command* row = find_command(args[0]);
  context_->counters.commands.add();
  client_.last_command = row;
  if (row == nullptr) return refuse_unknown(args, reply);
  const auto place = static_cast<std::size_t>(row - commands().data());
  context_->counters.calls[place].add();
  if (!row->subcommands.empty() && args.size() > 1) {
    const Command* sub = find_subcommand(*row, args[1]);
    if (sub == nullptr) {
      context_->counters.refused[place].add();
      return refuse(reply, unknown_subcommand(*row, args[1]));
    }
    client_.last_command = row = sub;
  }
  if (!may_run(args, *row, reply)) return context_->counters.refused[place].add();
  if (client_.in_multi() && (row->flags & kUnqueued) == 0) return queue(args, *row, reply);
  run_command(args, *row, place, reply);
}

/// False: it was refused.
bool Session::may_run(std::span<const std::string_view> args, const Command& row,
                      resp::Writer& reply) {
  if (!row.fits(args.size())) {
    row.handler == &exec ? refuse_exec(reply, wrong_arity(row)) : refuse(reply, wrong_arity(row));
    return false;
  }
  if (!client_.authenticated && (row.flags & kNoAuth) == 0) {
    if (context_->settings.password.is_set()) {
      refuse(reply, errors::kNoAuth);
      return false;
    }
    // The password was taken away meanwhile.
    client_.authenticated = true;
    apply_request_limits();
  }
  if (client_.in_multi() && (row.flags & kNoMulti) != 0) {
    refuse(reply, errors::kNotInsideMulti);
    return false;
  }
  const bool ends_writes =
      row.handler == &exec && client_.in_multi() && client_.transaction->writes();
  if (((row.flags & kWrite) != 0 || ends_writes) && log_refuses()) {
    const std::string words = log_trouble(*context_->options.durability);
    ends_writes ? refuse_exec(reply, "ERR " + words) : refuse(reply, words);
    return false;
  }
  if (client_.only_listens() && (row.flags & kListening) == 0) {
    const std::string words = only_listens(row);
    row.handler == &exec ? refuse_exec(reply, words) : refuse(reply, words);
    return false;
  }
  return true;
}

void Session::run_command(std::span<const std::string_view> args, const Command& row,
                          std::size_t place, resp::Writer& reply) {
  const bool was_authenticated = client_.authenticated;
  Call call(args, row, reply, client_, *context_);
  const bool always = (row.flags & kFast) == 0 || every_command_is_timed();
  const std::uint64_t before = context_->counters.calls[place].get() - 1;
  if (!always && !Timing::samples(before)) {
    row.handler(call);
  } else {
    const base::Instant begun = context_->clock.now();
    row.handler(call);
    const base::Nanos took = context_->clock.now() - begun;
    context_->counters.timings[place].record(took, always ? 1 : Timing::weight(before));
    note_if_slow(args, row, took);
  }
  if (call.failed()) {
    context_->counters.errors.add();
    context_->counters.failed[place].add();
  }
  if (client_.overflowed) client_.closing = true;
  if (client_.authenticated != was_authenticated) apply_request_limits();
}

void Session::queue(std::span<const std::string_view> args, const Command& row,
                    resp::Writer& reply) {
  if (!client_.transaction->queue(row, args)) return refuse(reply, errors::kQueueFull);
  reply.simple("QUEUED");
}

/// An EXEC that is no EXEC ends the transaction all the same.
void Session::refuse_exec(resp::Writer& reply, std::string_view words) {
  client_.transaction.reset();
  words.remove_prefix(std::string_view("ERR ").size());
  refuse(reply, "EXECABORT Transaction discarded because of: " + std::string(words));
}

/// Constant-time commands, and GETs and SETs in runs, are timed only if somebody wants to see nearly everything: they
/// would pay more for two looks at the clock than it could tell.
bool Session::every_command_is_timed() const {
  constexpr std::int64_t kFineMicros = 1'000;
  const std::int64_t threshold = context_->host.slow_log().threshold_micros();
  return threshold >= 0 && threshold < kFineMicros;
}

void Session::note_if_slow(std::span<const std::string_view> args, const Command& row,
                           base::Nanos took) {
  LatencyMonitor& latency = context_->host.latency();
  if (latency.is_slow(took)) {
    const bool fast = (row.flags & kFast) != 0;
    latency.add(fast ? LatencyMonitor::kFastCommand : LatencyMonitor::kCommand,
                unix_seconds(context_->clock), took);
  }
  SlowLog& log = context_->host.slow_log();
  if (!log.is_slow(took)) return;
  SlowLog::Entry entry;
  entry.unix_seconds = unix_seconds(context_->clock);
  entry.took = std::chrono::floor<SlowLog::Micros>(took);
  entry.address = client_.address;
  entry.name = client_.name;
  log.add(args, row, std::move(entry));
}

std::size_t Session::memory_bytes() const noexcept {
  const std::size_t reader = reader_.memory_bytes();
  return (reader > kReaderBytes ? reader : 0) +
         (client_.transaction != nullptr ? client_.transaction->memory_bytes() : 0) +
         (client_.subscriber != nullptr ? client_.subscriber->memory_bytes() : 0);
}

void Session::release() {
  if (reader_.memory_bytes() > kReaderBytes && !reader_.in_request()) reader_.release();
}

}  // namespace larder::server
