// Buffer: bytes that come in at one end and go out at the other. Sockets read into it and write
// from it, RESP is parsed in it and appended to it, without a copy in between.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace larder::base {

/// A growable run of bytes with a free front. Grows only with what is asked of `prepare` or
/// `append`: never hand it a length that a peer declared.
///
/// Lifetime  Views into it die at the next `prepare`, `append`, `consume` or `release`.
/// Cost      `append` of a short text is a compare and a copy. 32 bytes when empty.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer();
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;

  std::string_view view() const noexcept { return {data_ + begin_, end_ - begin_}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return end_ == begin_; }
  /// Bytes of memory it holds.
  std::size_t capacity() const noexcept { return capacity_; }
  /// Bytes that `prepare` can hand out without growing or moving anything.
  std::size_t room() const noexcept { return capacity_ - end_; }

  /// At least `bytes` of room behind the content, for `commit` to take over.
  char* prepare(std::size_t bytes) {
    if (room() < bytes) make_room(bytes);
    return data_ + end_;
  }
  void commit(std::size_t bytes) noexcept { end_ += bytes; }

  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(prepare(text.size()), text.data(), text.size());
    end_ += text.size();
  }
  void push_back(char c) {
    *prepare(1) = c;
    ++end_;
  }

  /// Drops bytes from the front.
  void consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Drops bytes from the back: takes back what was appended too early.
  void truncate(std::size_t size) noexcept { end_ = begin_ + size; }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Empty, and its memory given back: what an idle connection should hold.
  void release() noexcept;
  /// Gives memory back where the content leaves most of it unused; for after a burst.
  void shrink(std::size_t capacity_max);

 private:
  void make_room(std::size_t bytes);

  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace larder::base
