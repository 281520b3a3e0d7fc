#include "base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace larder::base {

void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t expected, Nanos at_most) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at_most);
  const timespec left{static_cast<time_t>(seconds.count()),
                      static_cast<long>((at_most - seconds).count())};
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, &left, nullptr, 0);
}

void wake_one(std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace larder::base
