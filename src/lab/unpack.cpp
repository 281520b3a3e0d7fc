// zstd in front of a trace reader: frames in, text out.
#include <array>
#include <cstring>

#include "lab/trace.hpp"

#if LARDER_COMPRESSION
#include <zstd.h>
#endif

namespace larder::lab {
namespace {

constexpr std::string_view kMagic("\x28\xb5\x2f\xfd", 4);

/// Puts back the first bytes that were read to look at them.
class Rewound final : public ByteSource {
 public:
  Rewound(std::string first, std::unique_ptr<ByteSource> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (first_.empty()) return rest_->read(into);
    const std::size_t size = std::min(first_.size(), into.size());
    std::memcpy(into.data(), first_.data(), size);
    first_.erase(0, size);
    return size;
  }
  std::optional<double> progress() const override { return rest_->progress(); }

 private:
  std::string first_;
  std::unique_ptr<ByteSource> rest_;
};

#if LARDER_COMPRESSION
class Unzstd final : public ByteSource {
 public:
  Unzstd(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)), stream_(ZSTD_createDStream()) {}

  Result<std::size_t> read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      // What was taken in may hold more text than `into` had room for: ask before reading on.
      if (in_.pos == in_.size && flushed_) {
        const auto got = packed_->read(buffer_);
        if (!got) return got.error();
        if (*got == 0)
          return frame_open_ ? damaged("it ends in the middle") : Result<std::size_t>(0);
        in_ = {buffer_.data(), *got, 0};
      }
      const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(left)) return damaged(ZSTD_getErrorName(left));
      frame_open_ = left != 0;
      flushed_ = left == 0 || out.pos < out.size;
    }
    return out.pos;
  }
  std::optional<double> progress() const override { return packed_->progress(); }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  Result<std::size_t> damaged(std::string_view why) const {
    return Error{Errc::bad_argument, Effect::not_sent,
                 name_ + ": damaged zstd data: " + std::string(why)};
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  std::array<char, 64 * 1024> buffer_;
  ZSTD_inBuffer in_{buffer_.data(), 0, 0};
  bool frame_open_ = false;
  bool flushed_ = true;
};
#endif

}  // namespace

Result<std::unique_ptr<ByteSource>> unpacked(std::unique_ptr<ByteSource> packed, std::string name) {
  std::string first(kMagic.size(), '\0');
  std::size_t size = 0;
  while (size < first.size()) {
    const auto got = packed->read({first.data() + size, first.size() - size});
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
  }
  first.resize(size);
  const bool zstd = first == kMagic;
  std::unique_ptr<ByteSource> whole =
      std::make_unique<Rewound>(std::move(first), std::move(packed));
  if (!zstd) return whole;
#if LARDER_COMPRESSION
  return std::unique_ptr<ByteSource>(std::make_unique<Unzstd>(std::move(whole), std::move(name)));
#else
  return Error{Errc::unsupported, Effect::not_sent,
               name +
                   ": packed with zstd, which this build cannot read: unpack it with `zstd -d`, "
                   "or build with -DLARDER_COMPRESSION=ON"};
#endif
}

}  // namespace larder::lab
