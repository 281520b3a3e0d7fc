// A trace on disk or on standard input.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "lab/trace.hpp"

namespace larder::lab {
namespace {

class File final : public ByteSource {
 public:
  File(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {
    // A pipe has no end to measure against: then there is no progress to tell.
    if (std::fseek(file_, 0, SEEK_END) == 0) {
      size_ = std::ftell(file_);
      std::rewind(file_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() override {
    if (file_ != stdin) std::fclose(file_);
  }

  Result<std::size_t> read(std::span<char> into) override {
    errno = 0;
    const std::size_t size = std::fread(into.data(), 1, into.size(), file_);
    if (size == 0 && std::ferror(file_)) {
      return Error{Errc::io, Effect::not_sent, name_ + ": " + std::strerror(errno)};
    }
    done_ += static_cast<long>(size);
    return size;
  }

  std::optional<double> progress() const override {
    if (size_ <= 0) return std::nullopt;
    return static_cast<double>(done_) / static_cast<double>(size_);
  }

 private:
  std::FILE* file_;
  std::string name_;
  long size_ = 0;
  long done_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path) {
  const bool standard = path == "-";
  std::FILE* const file = standard ? stdin : std::fopen(path.c_str(), "rb");
  if (!file) return Error{Errc::io, Effect::not_sent, path + ": " + std::strerror(errno)};
  const std::string name = standard ? "standard input" : path;
  return unpacked(std::make_unique<File>(file, name), name);
}

Result<std::unique_ptr<TraceReader>> TraceReader::open(const std::string& path) {
  auto bytes = open_bytes(path);
  if (!bytes) return bytes.error();
  return std::make_unique<TraceReader>(std::move(*bytes), path == "-" ? "standard input" : path);
}

}  // namespace larder::lab
