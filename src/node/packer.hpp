// Packer: the chunks of a snapshot with zstd, in builds that have it (LARDER_COMPRESSION).
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace larder::node {

enum class Compression : std::uint8_t { none, zstd };

constexpr std::string_view to_string(Compression compression) noexcept {
  return compression == Compression::zstd ? "zstd" : "none";
}

/// Nothing for other words, and for one that this build is without.
std::optional<Compression> compression_from(std::string_view text) noexcept;
/// "none or zstd", as far as this build goes.
std::string_view compression_names() noexcept;

/// Errors of both: `unsupported` where this build is without zstd; `io`, with zstd's words.
/// Lifetime  What they return is the packer's, until the next call.
/// Cost      Half a mebibyte, and twice the largest chunk.
class Packer {
 public:
  Packer();
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  Result<std::string_view> pack(std::string_view bytes);
  Result<std::string_view> unpack(std::string_view packed);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
  std::string buffer_;
};

}  // namespace larder::node
