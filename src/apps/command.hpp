// A subcommand of `larder`: a row in one table, a function that declares its flags, a function that
// runs it.
#pragma once

#include <larder/error.hpp>

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace larder::apps {

/// The exit statuses of every command.
enum Exit : int {
  kYes = 0,       ///< Done, or the answer is yes.
  kNo = 1,        ///< Done, and the answer is no: no such key, not set, a check that did not hold.
  kBadInput = 2,  ///< Could not start: a flag, a URL, a file, a port, a server that is not there.
};

/// Ends the command with kBadInput. The text is one line that names the place and the cure.
class BadInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Ends the command with kNo. The text is one line; empty where the output said it all.
class Negative : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is left to do once the flags are read; returns an Exit.
using Action = std::function<int()>;

struct Command {
  const char* name;
  const char* group;    ///< Heading in `larder --help`.
  const char* summary;  ///< One line.
  const char* examples;
  Action (*declare)(CLI::App& command);
  bool takes_list = false;  ///< Has a positional that repeats: see keep_whole in main.
};

std::span<const Command> commands();

/// The value, or the command ends: BadInput with the detail and, behind a semicolon, the cure.
template <class T>
T value_or_bad_input(Result<T> result, std::string_view cure = "") {
  if (result) return std::move(*result);
  const auto& error = result.error();
  auto text = error.detail.empty() ? to_string(error) : error.detail;
  if (!cure.empty()) text.append("; ").append(cure);
  throw BadInput(text);
}

inline void value_or_bad_input(const Result<void>& result) {
  if (!result) throw BadInput(result.error().detail);
}

}  // namespace larder::apps
