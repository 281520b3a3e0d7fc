#include "machine.hpp"

#include <sched.h>

#include <fstream>
#include <stdexcept>

namespace larder::bench {

void pin_to(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("no such core");
}

void sleep_ms(unsigned ms) noexcept {
  timespec left{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1'000'000};
  nanosleep(&left, nullptr);
}

std::uint64_t resident_bytes(const std::string& process) {
  std::ifstream file("/proc/" + process + "/smaps_rollup");
  std::string name;
  std::uint64_t kibibytes = 0;
  while (file >> name) {
    if (name == "Rss:" && file >> kibibytes) return kibibytes * 1024;
  }
  throw std::runtime_error("cannot read the memory of process " + process);
}

}  // namespace larder::bench
