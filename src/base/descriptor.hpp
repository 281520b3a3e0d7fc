// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace larder::base {

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  bool good() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

}  // namespace larder::base
