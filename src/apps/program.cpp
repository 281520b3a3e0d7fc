#include "apps/program.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>

#include "apps/help.hpp"
#include "apps/keep_whole.hpp"
#include "apps/pass_on.hpp"

namespace larder::apps {
namespace {

/// How many letters must change, go, come or swap places to make one word of the other (Damerau and
/// Levenshtein, in its form without edits inside a swap).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before, above, row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const auto replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

/// "; did you mean X?" where one of `known` is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  std::size_t nearest = std::max<std::size_t>(word.size() / 3, 1) + 1;
  const std::string* found = nullptr;
  for (const auto& candidate : known) {
    const auto far = distance(word, candidate);
    if (far < nearest) {
      nearest = far;
      found = &candidate;
    }
  }
  return found == nullptr ? "" : "; did you mean " + *found + "?";
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

const Command* find_command(std::string_view name) {
  const auto table = commands();
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Command& c) { return name == c.name; });
  return row == table.end() ? nullptr : &*row;
}

/// CLI11's own words are kept where they name the place; extra arguments deserve better ones.
std::string words_for(const CLI::ParseError& error, const CLI::App& command) {
  auto extra = command.remaining();
  std::erase(extra, "--");
  if (extra.empty()) return error.what();
  const auto& first = extra.front();
  std::vector<std::string> subcommands;
  for (const auto* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    subcommands.push_back(sub->get_name());
  }
  if (!subcommands.empty() && !first.starts_with('-')) {
    return "no command '" + first + "'" + did_you_mean(first, subcommands);
  }
  if (!first.starts_with('-')) return "unexpected argument '" + first + "'";
  auto text =
      "no flag " + first + did_you_mean(first.substr(0, first.find('=')), flag_names(command));
  if (command.get_option_no_throw("KEY") != nullptr) {
    text += "; in front of a key or value that begins with '-', put --";
  }
  return text;
}

int complain(std::string_view command, std::string_view words) {
  const std::string name = command.empty() ? "larder" : "larder " + std::string{command};
  std::fprintf(stderr, "%s: %.*s\n", name.c_str(), static_cast<int>(words.size()), words.data());
  return kBadInput;
}

int run_action(const Command& command, const Action& action) {
  try {
    return action();
  } catch (const Negative& no) {
    if (*no.what() != '\0') complain(command.name, no.what());
    return kNo;
  } catch (const std::bad_alloc&) {
    return complain(command.name, "there is no memory left, or no address space (see `ulimit -v`)");
  } catch (const std::exception& e) {
    return complain(command.name, e.what());
  }
}

/// `larder help`, `larder help get` and `larder` alone, as flags.
void spell_out_help(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] != "help") return;
  arguments.erase(arguments.begin());
  arguments.push_back("--help");
}

}  // namespace

Tree::Tree()
    : root(std::make_unique<CLI::App>("A distributed cache: server, client and tools", "larder")) {}
Tree::~Tree() = default;
Tree::Tree(Tree&&) noexcept = default;

Tree make_tree() {
  Tree tree;
  auto& root = *tree.root;
  root.set_version_flag("--version", "larder " LARDER_VERSION);
  root.get_option("--help")->description("Print this and end");
  root.get_option("--version")->description("Print the version and end");
  root.formatter(make_help_formatter());  // Subcommands inherit it.
  root.footer(
      "`larder COMMAND --help` has flags and examples.\n"
      "Exit status: 0 yes or done, 1 no (a miss, not set), 2 bad input or no connection.");
  root.require_subcommand(1, 1);
  for (const auto& row : commands()) {
    auto& command = *root.add_subcommand(row.name, row.summary);
    command.group(row.group);
    command.get_option("--help")->description("Print this and end");
    command.footer(std::string{"Examples:\n"} + row.examples);
    tree.actions.push_back(row.declare(command));
  }
  return tree;
}

int run(std::vector<std::string> arguments) {
  spell_out_help(arguments);
  auto tree = make_tree();
  auto& root = *tree.root;
  if (arguments.empty()) {
    std::fputs(root.help().c_str(), stderr);
    return kBadInput;
  }
  const auto* command = find_command(arguments.front());
  if (command == nullptr && !arguments.front().starts_with('-')) {
    std::vector<std::string> names;
    for (const auto& row : commands()) names.emplace_back(row.name);
    return complain("", "no command '" + arguments.front() + "'" +
                            did_you_mean(arguments.front(), names) +
                            "; `larder --help` lists them");
  }
  pass_on(arguments);
  if (command != nullptr && command->takes_list) keep_whole(arguments);
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
    root.parse(std::move(arguments));
  } catch (const CLI::Success& asked) {
    return root.exit(asked);  // --help and --version print themselves.
  } catch (const CLI::ParseError& error) {
    std::string name = command == nullptr ? "" : command->name;
    const auto* place = command == nullptr ? &root : root.get_subcommand(name);
    for (; !place->get_subcommands().empty(); name += " " + place->get_name()) {
      place =
          place->get_subcommands().front();  // `larder redis start`, where the words went wrong.
    }
    if (command == nullptr) name.clear();
    return complain(name, words_for(error, *place) + "; see `larder " + name +
                              (name.empty() ? "" : " ") + "--help`");
  }
  return run_action(*command, tree.actions[static_cast<std::size_t>(command - commands().data())]);
}

}  // namespace larder::apps
