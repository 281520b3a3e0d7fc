// `larder serve` and nothing else of the program.
#include <CLI/CLI.hpp>

#include "apps/declare.hpp"

int main(int argc, char** argv) {
  CLI::App program("larder serve, for tests");
  program.require_subcommand(1);
  const auto action = larder::apps::declare_serve(*program.add_subcommand("serve"));
  CLI11_PARSE(program, argc, argv);
  return action();
}
