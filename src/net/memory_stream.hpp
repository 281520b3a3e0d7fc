// MemoryStream: two connected ends without a kernel. Tests set how the bytes are cut, how much
// fits, and when it breaks.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/stream.hpp"

namespace larder::net {

/// Threads  Both ends on one thread.
class MemoryStream final : public Stream {
 public:
  /// What is between two ends, one way.
  struct Pipe {
    std::string bytes;
    std::size_t capacity = 64 * 1024;  ///< A write beyond it is blocked: a peer that does not read.
    std::size_t read_bytes_max = ~std::size_t{0};   ///< No read gets more: 1 splits at every byte.
    std::size_t write_bytes_max = ~std::size_t{0};  ///< No write takes more.
    std::size_t writes = 0;                         ///< How many writes moved bytes.
    bool ended = false;
    bool broken = false;
  };

  static std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> pair();
  /// Going away ends what the peer reads and breaks what it writes.
  ~MemoryStream() override;

  Transfer read(std::span<char> into) noexcept override;
  Transfer write(std::string_view bytes) noexcept override;
  void finish_writing() noexcept override { out_->ended = true; }
  int descriptor() const noexcept override { return -1; }

  Pipe& incoming() noexcept { return *in_; }
  Pipe& outgoing() noexcept { return *out_; }
  /// As if the connection were reset: both ways, both ends.
  void reset() noexcept { in_->broken = out_->broken = true; }
  /// Everything that waits to be read.
  std::string take() { return std::exchange(in_->bytes, {}); }

 private:
  MemoryStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out) noexcept
      : in_(std::move(in)), out_(std::move(out)) {}
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
};

}  // namespace larder::net
