// larder: one binary, many subcommands. Wiring, nothing else.
#include <algorithm>
#include <cstdio>
#include <exception>

#include "apps/program.hpp"

int main(int argc, char** argv) {
  int status = larder::apps::kBadInput;
  try {
    status = larder::apps::run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "larder: %s\n", e.what());
  }
  // An answer that did not arrive was not given: a full disk behind `>` shows only here.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "larder: standard output could not be written\n");
    status = larder::apps::kBadInput;
  }
  return status;
}
