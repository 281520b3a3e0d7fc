// larder: one binary, many subcommands. Wiring, nothing else.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/program.hpp"

int main(int argc, char** argv) {
  try {
    return larder::apps::run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "larder: %s\n", e.what());
    return larder::apps::kBadInput;
  }
}
