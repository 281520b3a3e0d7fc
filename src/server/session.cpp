#include "server/session.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// How much of a client's own words an error quotes.
constexpr std::size_t kQuotedBytesMax = 128;

std::string unknown_command(std::span<const std::string_view> args) {
  std::string quoted;
  for (const std::string_view arg : args.subspan(1)) {
    if (quoted.size() >= kQuotedBytesMax) break;
    quoted.append("'").append(arg.substr(0, kQuotedBytesMax - quoted.size())).append("' ");
  }
  return "ERR unknown command '" + std::string(args[0].substr(0, kQuotedBytesMax)) +
         "', with args beginning with: " + quoted;
}

std::string unknown_subcommand(const Command& row, std::string_view name) {
  return "ERR unknown subcommand '" + std::string(name.substr(0, kQuotedBytesMax)) + "'. Try " +
         base::upper(row.name) + " HELP.";
}

std::string wrong_arity(const Command& row) {
  return "ERR wrong number of arguments for '" + std::string(row.name) + "' command";
}

}  // namespace

Session::Session(Context& context, std::string address) : context_(context) {
  client_.id = context.host.next_client_id();
  client_.address = std::move(address);
  client_.connected = client_.last_active = context.clock.now();
  client_.authenticated = context.options.password.empty();
  apply_request_limits();
}

void Session::apply_request_limits() {
  reader_.set_limits(client_.authenticated ? resp::RequestLimits{}
                                           : resp::RequestLimits::before_auth());
}

Session::Turn Session::run(std::string_view input, base::Buffer& out, const TurnLimits& limits) {
  using Status = resp::RequestReader::Status;
  std::size_t done = 0;
  std::size_t commands = 0;
  std::size_t arguments = 0;
  while (!client_.closing) {
    if (commands == limits.commands || arguments >= limits.arguments ||
        out.size() >= limits.output_bytes) {
      return {State::paused, done};
    }
    const Status status = reader_.next(input.substr(done));
    if (status == Status::command) {
      const auto args = reader_.args();
      arguments_max_ = std::max(arguments_max_, args.size());
      arguments += args.size();
      ++commands;
      execute(args, out);
      if (client_.last_command != nullptr && (client_.last_command->flags & kLong) != 0) {
        arguments = limits.arguments;
      }
    }
    done += reader_.consumed();
    if (status == Status::need_more) return {State::waiting, done};
    if (status == Status::error) {
      resp::Writer reply(out);
      refuse(reply, "ERR " + reader_.error());
      client_.closing = true;
    }
  }
  return {State::closing, done};
}

void Session::refuse(resp::Writer& reply, std::string_view words) {
  context_.counters.errors.add();
  reply.error(words);
}

void Session::execute(std::span<const std::string_view> args, base::Buffer& out) {
  resp::Writer reply(out, static_cast<resp::Version>(client_.protocol));
  const Command* row = find_command(args[0]);
  context_.counters.commands.add();
  client_.last_command = row;
  if (row == nullptr) return refuse(reply, unknown_command(args));
  context_.counters.calls[static_cast<std::size_t>(row - commands().data())].add();
  if (!row->subcommands.empty() && args.size() > 1) {
    const Command* sub = find_subcommand(*row, args[1]);
    if (sub == nullptr) return refuse(reply, unknown_subcommand(*row, args[1]));
    row = sub;
  }
  dispatch(args, *row, reply);
}

void Session::dispatch(std::span<const std::string_view> args, const Command& row,
                       resp::Writer& reply) {
  if (!row.fits(args.size())) return refuse(reply, wrong_arity(row));
  if (!client_.authenticated && (row.flags & kNoAuth) == 0) {
    return refuse(reply, errors::kNoAuth);
  }
  const bool was_authenticated = client_.authenticated;
  Call call(args, row, reply, client_, context_);
  row.handler(call);
  if (call.failed()) context_.counters.errors.add();
  if (client_.authenticated != was_authenticated) apply_request_limits();
}

void Session::release() {
  constexpr std::size_t kUsualArguments = 32;
  if (arguments_max_ <= kUsualArguments || reader_.in_request()) return;
  reader_.release();
  arguments_max_ = 0;
}

}  // namespace larder::server
