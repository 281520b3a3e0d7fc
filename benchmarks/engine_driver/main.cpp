// engine_driver PART [--name value]...: one measurement of the embedded engine in a process of its
// own. benchmarks/engine calls it.
#include <cstdio>
#include <exception>
#include <string_view>

#include "parts.hpp"

namespace {

struct Part {
  std::string_view name;
  void (*run)(const larder::bench::Options& options);
};

constexpr Part kParts[] = {
    {"memory", larder::bench::measure_memory},     {"rewrites", larder::bench::measure_rewrites},
    {"speed", larder::bench::measure_speed},       {"growing", larder::bench::measure_growing},
    {"expiring", larder::bench::measure_expiring}, {"flooding", larder::bench::measure_flooding},
};

}  // namespace

int main(int count, char** words) {
  try {
    for (const Part& part : kParts) {
      if (count < 2 || part.name != words[1]) continue;
      part.run(larder::bench::Options(count - 2, words + 2));
      return 0;
    }
    std::fprintf(stderr, "engine_driver: which part?");
    for (const Part& part : kParts) std::fprintf(stderr, " %s", part.name.data());
    std::fprintf(stderr, "\n");
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "engine_driver: %s\n", failure.what());
    return 1;
  }
}
