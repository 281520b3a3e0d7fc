#include "base/pages.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace larder::base {
namespace {

constexpr std::size_t kPage = 4096;
// MADV_COLLAPSE, Linux 6.1 and later; Debian 12's headers lack it.
constexpr int kMadviseCollapse = 25;
constexpr std::size_t kStep = std::size_t{1} << 20;  // What one system call makes usable at least.
// Where address space is limited (`ulimit -v`), one reservation takes this part of it: the others of
// this process, its heap and its threads need some too.
constexpr std::size_t kShareOfLimit = 64;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::size_t within_limit(std::size_t bytes) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return bytes;
  return std::min(bytes, std::max<std::size_t>(limit.rlim_cur / kShareOfLimit, kStep));
}

}  // namespace

// Reserved without access, so that it counts towards no limit on committed memory.
Pages::Pages(std::size_t bytes) {
  for (reserved_ = round_up(within_limit(bytes), kStep); reserved_ >= kStep;
       reserved_ = reserved_ / 2 / kStep * kStep) {
    mapped_bytes_ = reserved_ + kHugeBytes;
    void* at =
        mmap(nullptr, mapped_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) continue;
    mapped_ = at;
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    data_ = static_cast<char*>(at) + (round_up(address, kHugeBytes) - address);
    // Only what take_huge() chooses: a small table must not be given two megabytes for a page.
    madvise(mapped_, mapped_bytes_, MADV_NOHUGEPAGE);
    return;
  }
  throw std::bad_alloc{};
}

Pages::~Pages() {
  if (mapped_) munmap(mapped_, mapped_bytes_);
}

Pages::Pages(Pages&& other) noexcept { *this = std::move(other); }

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(mapped_, other.mapped_);
  std::swap(mapped_bytes_, other.mapped_bytes_);
  std::swap(data_, other.data_);
  std::swap(reserved_, other.reserved_);
  std::swap(usable_, other.usable_);
  std::swap(huge_taken_, other.huge_taken_);
  return *this;
}

void Pages::make_huge(char* memory) noexcept {
  madvise(memory, kHugeBytes, MADV_HUGEPAGE);
  madvise(memory, kHugeBytes, kMadviseCollapse);
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
