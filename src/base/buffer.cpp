// malloc and realloc instead of new: a large buffer then grows by moving pages, not bytes.
#include "base/buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace larder::base {
namespace {

constexpr std::size_t kSmallest = 256;

}  // namespace

Buffer::~Buffer() { std::free(data_); }

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

void Buffer::make_room(std::size_t bytes) {
  const std::size_t used = size();
  // Moving to the front is cheap while at least half of the memory is free: each byte moves once
  // per doubling.
  if (begin_ > 0 && used + bytes <= capacity_ && used <= capacity_ / 2) {
    std::memmove(data_, data_ + begin_, used);
  } else {
    if (bytes > static_cast<std::size_t>(PTRDIFF_MAX) - end_) throw std::bad_alloc();
    if (begin_ > 0 && used > 0) std::memmove(data_, data_ + begin_, used);
    const std::size_t wanted =
        std::max({kSmallest, used + bytes, std::min(capacity_ * 2, used * 2)});
    if (wanted > capacity_) {
      void* grown = std::realloc(data_, wanted);
      if (grown == nullptr) {
        // Content stands at the front already.
        begin_ = 0;
        end_ = used;
        throw std::bad_alloc();
      }
      data_ = static_cast<char*>(grown);
      capacity_ = wanted;
    }
  }
  begin_ = 0;
  end_ = used;
}

void Buffer::release() noexcept {
  std::free(std::exchange(data_, nullptr));
  begin_ = end_ = capacity_ = 0;
}

void Buffer::shrink(std::size_t capacity_max) {
  const std::size_t used = size();
  if (capacity_ <= capacity_max || used > capacity_max / 2) return;
  if (used == 0) return release();
  Buffer smaller;
  smaller.append(view());
  *this = std::move(smaller);
}

}  // namespace larder::base
