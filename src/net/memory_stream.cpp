#include "net/memory_stream.hpp"

#include <algorithm>
#include <cstring>

namespace larder::net {

std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> MemoryStream::pair() {
  auto there = std::make_shared<Pipe>();
  auto back = std::make_shared<Pipe>();
  return {std::unique_ptr<MemoryStream>(new MemoryStream(back, there)),
          std::unique_ptr<MemoryStream>(new MemoryStream(there, back))};
}

MemoryStream::~MemoryStream() {
  out_->ended = true;
  in_->broken = true;
}

Transfer MemoryStream::read(std::span<char> into) noexcept {
  const std::size_t bytes = std::min({into.size(), in_->bytes.size(), in_->read_bytes_max});
  if (bytes > 0) {
    std::memcpy(into.data(), in_->bytes.data(), bytes);
    in_->bytes.erase(0, bytes);
    return {Transfer::Status::done, bytes};
  }
  if (in_->ended) return {Transfer::Status::ended, 0};
  return {in_->broken ? Transfer::Status::broken : Transfer::Status::blocked, 0};
}

Transfer MemoryStream::write(std::string_view bytes) noexcept {
  if (out_->broken || out_->ended) return {Transfer::Status::broken, 0};
  const std::size_t room =
      out_->capacity > out_->bytes.size() ? out_->capacity - out_->bytes.size() : 0;
  const std::size_t moved = std::min({bytes.size(), room, out_->write_bytes_max});
  if (moved == 0) return {Transfer::Status::blocked, 0};
  out_->bytes.append(bytes.substr(0, moved));
  ++out_->writes;
  return {Transfer::Status::done, moved};
}

}  // namespace larder::net
