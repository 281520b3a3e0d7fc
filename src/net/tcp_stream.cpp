#include <sys/socket.h>

#include <cerrno>

#include "net/stream.hpp"

namespace larder::net {
namespace {

Transfer failed() noexcept {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {later ? Transfer::Status::blocked : Transfer::Status::broken, 0};
}

}  // namespace

Transfer TcpStream::read(std::span<char> into) noexcept {
  const auto got = ::recv(socket_.fd(), into.data(), into.size(), 0);
  if (got > 0) return {Transfer::Status::done, static_cast<std::size_t>(got)};
  if (got == 0) return {Transfer::Status::ended, 0};
  return failed();
}

Transfer TcpStream::write(std::string_view bytes) noexcept {
  const auto sent = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return {Transfer::Status::done, static_cast<std::size_t>(sent)};
  return failed();
}

void TcpStream::finish_writing() noexcept { ::shutdown(socket_.fd(), SHUT_WR); }

}  // namespace larder::net
