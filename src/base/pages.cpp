#include "base/pages.hpp"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace larder::base {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kStep = std::size_t{1} << 20;  // What one system call makes usable at least.

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

// Reserved without access, so that it counts towards no limit on committed memory.
Pages::Pages(std::size_t bytes) {
  for (reserved_ = round_up(bytes, kStep); reserved_ >= kStep;
       reserved_ = reserved_ / 2 / kStep * kStep) {
    void* at =
        mmap(nullptr, reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) continue;
    data_ = static_cast<char*>(at);
    return;
  }
  throw std::bad_alloc{};
}

Pages::~Pages() {
  if (data_) munmap(data_, reserved_);
}

Pages::Pages(Pages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      reserved_(std::exchange(other.reserved_, 0)),
      usable_(std::exchange(other.usable_, 0)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(reserved_, other.reserved_);
  std::swap(usable_, other.usable_);
  return *this;
}

bool Pages::grow(std::size_t bytes) noexcept {
  if (bytes > reserved_) return false;
  const std::size_t to = round_up(bytes, kStep) < reserved_ ? round_up(bytes, kStep) : reserved_;
  if (mprotect(data_ + usable_, to - usable_, PROT_READ | PROT_WRITE) != 0) return false;
  usable_ = to;
  return true;
}

void Pages::give_back(std::size_t offset, std::size_t bytes) noexcept {
  const std::size_t from = round_up(offset, kPage);
  const std::size_t to = (offset + bytes) / kPage * kPage;
  if (from < to) madvise(data_ + from, to - from, MADV_DONTNEED);
}

}  // namespace larder::base
