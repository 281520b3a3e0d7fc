#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "net/patient_stream.hpp"
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

namespace {

// The kernel counts a socket's patience in ticks of up to 10 ms; below this poll is more exact.
constexpr base::Millis kExactBelow{250};

base::Millis up_to_millis(base::Nanos time) { return std::chrono::ceil<base::Millis>(time); }

}  // namespace

PatientStream::PatientStream(Socket socket) noexcept : socket_(std::move(socket)) {
  int no = 0;
  ::ioctl(socket_.fd(), FIONBIO, &no);
}

Transfer PatientStream::read(std::span<char> into, base::Nanos at_most) noexcept {
  const base::Millis patience = up_to_millis(at_most);
  if (patience <= base::Millis::zero()) return {};
  if (patience < kExactBelow) {
    pollfd one{socket_.fd(), POLLIN, 0};
    const timespec left{0, static_cast<long>(at_most.count())};
    if (::ppoll(&one, 1, &left, nullptr) <= 0) return {};
  } else if (patience != patience_) {
    const auto millis = patience.count();
    const timeval left{static_cast<time_t>(millis / 1'000),
                       static_cast<suseconds_t>(millis % 1'000 * 1'000)};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &left, sizeof left);
    patience_ = patience;
  }
  const auto got = ::recv(socket_.fd(), into.data(), into.size(), 0);
  if (got > 0) return {Transfer::Status::done, static_cast<std::size_t>(got)};
  if (got == 0) return {Transfer::Status::ended, 0};
  return failed();
}

Transfer PatientStream::write(std::string_view bytes) noexcept {
  const auto sent = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return {Transfer::Status::done, static_cast<std::size_t>(sent)};
  return failed();
}

void PatientStream::interrupt() noexcept { ::shutdown(socket_.fd(), SHUT_RDWR); }

}  // namespace larder::net
