// Which server a command talks to: --url, its password, and clear words when it does not answer.
#pragma once

#include <larder/store.hpp>

#include <memory>
#include <string>
#include <vector>

#include "apps/command.hpp"

namespace larder::apps {

/// The flags that every command with a server has. Lives as long as the command's Action.
struct Target {
  std::string url = "redis://127.0.0.1:6379";
  std::string password_file = {};
  std::string timeout = "2s";
};

inline constexpr const char* kUrlVariable = "LARDER_URL";

/// Declares --url (environment: kUrlVariable) and --password-file.
void declare_url(CLI::App& command, Target& target);
/// The same and --timeout, for commands of one call.
std::shared_ptr<Target> declare_target(CLI::App& command);

/// The password of --password-file or LARDER_PASSWORD, or "". Warns on standard error where others
/// can read it.
std::string password_of(const Target& target);

/// Opens it, or ends the command with words that say what to do.
Store open(const Target& target);
/// The URL with the password in it, for those who take nothing but a URL, once the store behind it
/// has answered. Ends the command like `open`; but `memory:` is as good as any.
std::string url_that_answers(const Target& target);

/// The value, or the command ends: BadInput with what to do about it.
template <class T>
T value_or_end(Result<T> result);
/// The same for a call that only succeeds.
void check(const Result<void>& result);
[[noreturn]] void end_with(const Error& error);

/// Reads `10s`, `250ms`, and bare seconds as in Redis' EXPIRE.
Millis duration_or_bad_input(std::string_view text, std::string_view flag);

template <class T>
T value_or_end(Result<T> result) {
  if (!result) end_with(result.error());
  return std::move(*result);
}

}  // namespace larder::apps
