// FileWindow: a file read from front to back through a buffer of a mebibyte, or of as much as one piece needs.
#pragma once

#include <larder/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/disk.hpp"

namespace larder::node {

/// Lifetime  The file outlives it. Views die with the next call.
class FileWindow {
 public:
  /// Reads up to `size`, whatever is written behind it meanwhile.
  FileWindow(const base::File& file, std::uint64_t size) : file_(file), size_(size) {}

  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t left() const noexcept { return size_ - offset_; }
  std::uint64_t size() const noexcept { return size_; }

  /// What comes next: at least `bytes` of it, less only where the file ends.
  Result<std::string_view> ahead(std::uint64_t bytes) {
    const std::uint64_t wanted = std::min(bytes, left());
    if (offset_ < begin_ || offset_ + wanted > begin_ + buffer_.size()) {
      auto read = file_.read(offset_, static_cast<std::size_t>(std::min<std::uint64_t>(
                                          std::max(bytes, kBytes), left())));
      if (!read) return read.error();
      buffer_ = std::move(*read);
      begin_ = offset_;
    }
    return std::string_view(buffer_).substr(static_cast<std::size_t>(offset_ - begin_));
  }
  void skip(std::uint64_t bytes) noexcept { offset_ += std::min(bytes, left()); }
  void seek(std::uint64_t offset) noexcept { offset_ = std::min(offset, size_); }

 private:
  static constexpr std::uint64_t kBytes = 1024 * 1024;

  const base::File& file_;
  const std::uint64_t size_;
  std::uint64_t offset_ = 0;
  std::uint64_t begin_ = 0;  // Of the buffer, in the file.
  std::string buffer_;
};

}  // namespace larder::node
