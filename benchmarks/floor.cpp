// floor: a server that frames requests and answers constants, without a store. What kernel TCP
// alone costs, so that a benchmark can say how far a real server is from the least that is possible
// with one recv and one send per batch.
//
//   floor PORT VALUE_BYTES      prints "listening", serves until it is killed
//
// GET answers VALUE_BYTES letters, DEL :1, all else +OK. One thread, epoll, level-triggered. No
// argument is looked at.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct Connection {
  int fd;
  std::string rest;  // The beginning of a request whose end has not come.
  std::string out;   // Replies that the kernel did not take at once.
};

std::string get_reply;

/// "*12\r\n" or "$12\r\n" at `at`: the number, and `at` behind it; -1 where it is not all there.
long number(std::string_view bytes, std::size_t& at) {
  long value = 0;
  std::size_t p = at + 1;
  for (; p < bytes.size() && bytes[p] != '\r'; ++p) value = value * 10 + (bytes[p] - '0');
  if (p + 2 > bytes.size()) return -1;
  at = p + 2;
  return value;
}

/// The end of the request at `at`, or 0; `first` becomes its first letter's place.
std::size_t request_end(std::string_view bytes, std::size_t at, std::size_t& first) {
  const long words = number(bytes, at);
  if (words < 0) return 0;
  for (long i = 0; i < words; ++i) {
    const long size = number(bytes, at);
    if (size < 0 || at + static_cast<std::size_t>(size) + 2 > bytes.size()) return 0;
    if (i == 0) first = at;
    at += static_cast<std::size_t>(size) + 2;
  }
  return at;
}

std::size_t answer(std::string_view bytes, std::string& out) {
  std::size_t at = 0, first = 0;
  while (at < bytes.size()) {
    const std::size_t end = request_end(bytes, at, first);
    if (end == 0) break;
    out += bytes[first] == 'G'   ? std::string_view(get_reply)
           : bytes[first] == 'D' ? ":1\r\n"
                                 : "+OK\r\n";
    at = end;
  }
  return at;
}

/// False: the connection is over.
bool flush(int epoll, Connection& connection) {
  const bool was_full = !connection.out.empty();
  const auto sent = ::send(connection.fd, connection.out.data(), connection.out.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) return false;
  if (sent > 0) connection.out.erase(0, static_cast<std::size_t>(sent));
  if (was_full || !connection.out.empty()) {
    epoll_event event{};
    event.events = EPOLLIN | (connection.out.empty() ? 0U : EPOLLOUT);
    event.data.ptr = &connection;
    ::epoll_ctl(epoll, EPOLL_CTL_MOD, connection.fd, &event);
  }
  return true;
}

/// False: the connection is over.
bool serve(int epoll, Connection& connection) {
  static char buffer[256 * 1024];
  if (!connection.out.empty()) return flush(epoll, connection);
  const std::size_t kept = connection.rest.copy(buffer, sizeof buffer / 2);
  const auto got = ::recv(connection.fd, buffer + kept, sizeof buffer - kept, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return true;
  if (got <= 0) return false;
  const std::string_view bytes(buffer, kept + static_cast<std::size_t>(got));
  const std::size_t taken = answer(bytes, connection.out);
  connection.rest.assign(bytes.substr(taken));
  if (connection.out.empty()) return true;
  const auto sent = ::send(connection.fd, connection.out.data(), connection.out.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(connection.out.size())) {
    connection.out.clear();
    return true;
  }
  if (sent > 0) connection.out.erase(0, static_cast<std::size_t>(sent));
  return flush(epoll, connection);
}

int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 511) != 0) {
    std::perror("floor");
    std::exit(1);
  }
  return fd;
}

void admit(int epoll, int listener) {
  auto connection =
      std::make_unique<Connection>(Connection{::accept(listener, nullptr, nullptr), {}, {}});
  if (connection->fd < 0) return;
  const int on = 1;
  ::setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = connection.get();
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event);
  connection.release();  // Comes back through epoll; freed when it ends.
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: floor PORT VALUE_BYTES\n");
    return 2;
  }
  const std::string value(static_cast<std::size_t>(std::atoi(argv[2])), 'x');
  get_reply = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";

  const int listener = listen_on(std::atoi(argv[1]));
  const int epoll = ::epoll_create1(0);
  epoll_event door{};
  door.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &door);
  std::printf("listening\n");
  std::fflush(stdout);

  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      auto* const connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        admit(epoll, listener);
      } else if (!serve(epoll, *connection)) {
        ::close(connection->fd);
        delete connection;
      }
    }
  }
}
