// The program as a function of its arguments.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/command.hpp"

namespace larder::apps {

/// The command tree: every subcommand with its flags, and what to do for each, in the table's
/// order.
struct Tree {
  std::unique_ptr<CLI::App> root;
  std::vector<Action> actions;
  Tree();
  ~Tree();
  Tree(Tree&&) noexcept;
};
Tree make_tree();

/// Runs `larder` with these arguments (the program's name left out) and returns its exit status.
/// Whatever goes wrong is one line on standard error.
int run(std::vector<std::string> arguments);

}  // namespace larder::apps
