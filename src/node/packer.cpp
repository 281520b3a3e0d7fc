#include "node/packer.hpp"

#include <cstddef>

#include "base/limits.hpp"
#include "node/kept_string.hpp"

#if LARDER_COMPRESSION
#include <zstd.h>
#endif

namespace larder::node {

#if LARDER_COMPRESSION
namespace {

/// The quickest that zstd does well: a snapshot is made beside requests.
constexpr int kLevel = 1;
/// Kept between chunks; more where a value is larger.
constexpr std::size_t kBufferBytes = base::limits::kMiB;
/// A chunk says its length in 32 bits.
constexpr std::uint64_t kUnpackedBytesMax = 0xffffffff;

Error failed(std::string_view why) {
  return {Errc::io, Effect::refused, "zstd: " + std::string(why)};
}

}  // namespace

struct Packer::Contexts {
  ZSTD_CCtx* pack = nullptr;
  ZSTD_DCtx* unpack = nullptr;
  ~Contexts() {
    ZSTD_freeCCtx(pack);
    ZSTD_freeDCtx(unpack);
  }
};

std::optional<Compression> compression_from(std::string_view text) noexcept {
  if (text == "zstd") return Compression::zstd;
  return text == "none" ? std::optional(Compression::none) : std::nullopt;
}

std::string_view compression_names() noexcept { return "none or zstd"; }

Result<std::string_view> Packer::pack(std::string_view bytes) {
  if (contexts_->pack == nullptr) contexts_->pack = ZSTD_createCCtx();
  clear_and_keep(buffer_, kBufferBytes);
  buffer_.resize(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compressCCtx(contexts_->pack, buffer_.data(), buffer_.size(),
                                             bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size)) return failed(ZSTD_getErrorName(size));
  return std::string_view(buffer_).substr(0, size);
}

Result<std::string_view> Packer::unpack(std::string_view packed) {
  if (contexts_->unpack == nullptr) contexts_->unpack = ZSTD_createDCtx();
  const auto bytes = ZSTD_getFrameContentSize(packed.data(), packed.size());
  // Unknown and wrong sizes are the largest numbers there are.
  if (bytes > kUnpackedBytesMax) return failed("a chunk that does not say its length");
  clear_and_keep(buffer_, kBufferBytes);
  buffer_.resize(bytes);
  const std::size_t size = ZSTD_decompressDCtx(contexts_->unpack, buffer_.data(), buffer_.size(),
                                               packed.data(), packed.size());
  if (ZSTD_isError(size)) return failed(ZSTD_getErrorName(size));
  return std::string_view(buffer_).substr(0, size);
}

#else

struct Packer::Contexts {};

std::optional<Compression> compression_from(std::string_view text) noexcept {
  return text == "none" ? std::optional(Compression::none) : std::nullopt;
}

std::string_view compression_names() noexcept {
  return "none; this build is without zstd (LARDER_COMPRESSION)";
}

Result<std::string_view> Packer::pack(std::string_view) {
  return Error{Errc::unsupported, Effect::refused, "this build is without zstd"};
}

Result<std::string_view> Packer::unpack(std::string_view) {
  return Error{Errc::unsupported, Effect::refused,
               "packed with zstd, which this build is without (LARDER_COMPRESSION)"};
}

#endif

Packer::Packer() : contexts_(std::make_unique<Contexts>()) {}
Packer::~Packer() = default;

}  // namespace larder::node
