// TLS on its own port, over real sockets and threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "net/socket.hpp"
#include "net/tls.hpp"
#include "node/node.hpp"
#include "server/server.hpp"
#include "support/certificates.hpp"
#include "support/seed.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using net::Ready;
using net::TlsContext;
using net::TlsOptions;
using net::Transfer;
using testing::HasSubstr;
using testing::Not;

net::Socket connected(std::uint16_t port) {
  return net::connect_tcp({"127.0.0.1", port}, 5s).value();
}

TlsContext::Pointer believing(const larder::test::Certificates& certificates) {
  TlsOptions options;
  options.ca_cert_file = certificates.authority();
  return TlsContext::for_client(options).value();
}

/// A client that waits for its answers.
class StreamCaller {
 public:
  StreamCaller(std::uint16_t port, const TlsContext& tls)
      : stream_(tls.connect(std::make_unique<net::TcpStream>(connected(port)), "127.0.0.1")) {}
  explicit StreamCaller(std::uint16_t port)
      : stream_(std::make_unique<net::TcpStream>(connected(port))) {}

  /// False: it is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = stream_->write(bytes);
      if (sent.status == Transfer::Status::broken) return false;
      bytes.remove_prefix(sent.bytes);
      if (sent.status == Transfer::Status::blocked && !wait(stream_->write_needs())) return false;
    }
    return true;
  }
  std::string read(std::size_t count) {
    std::string text;
    std::array<char, 4096> room{};
    while (text.size() < count) {
      const auto got = stream_->read({room.data(), std::min(room.size(), count - text.size())});
      text.append(room.data(), got.bytes);
      last_ = got.status;
      if (got.status == Transfer::Status::done) continue;
      if (got.status != Transfer::Status::blocked || !wait(stream_->read_needs())) break;
    }
    return text;
  }
  std::string ask(std::string_view line, std::size_t reply_bytes) {
    if (!send(std::string(line) + "\r\n")) return "(gone)";
    return read(reply_bytes);
  }
  std::string read_to_end() { return read(1U << 30U); }
  bool works() { return ask("PING", 7) == "+PONG\r\n"; }
  Transfer::Status last() const { return last_; }
  std::string failure() const { return stream_->failure(); }

 private:
  bool wait(unsigned needs) {
    const short events = needs == Ready::write ? POLLOUT : POLLIN;
    pollfd waiting{stream_->descriptor(), events, 0};
    return ::poll(&waiting, 1, 20'000) > 0;
  }
  std::unique_ptr<net::Stream> stream_;
  Transfer::Status last_ = Transfer::Status::blocked;
};

class TlsServerTest : public testing::Test {
 protected:
  ServerOptions options() {
    ServerOptions options;
    options.port = 0;
    options.tls_port = 0;
    options.threads = 2;
    options.tls.cert_file = own.cert_file;
    options.tls.key_file = own.key_file;
    options.tls.auth_clients = TlsOptions::AuthClients::no;
    options.log = &log;
    return options;
  }
  Server& serve(ServerOptions chosen) {
    server = std::make_unique<Server>(node, std::move(chosen));
    server->start().value();
    return *server;
  }
  /// The log's lines, once nobody writes any more.
  const std::string& log_text() {
    server->stop();
    return sink.text();
  }
  static std::string set_certificate(const larder::test::Certificates::Pair& pair) {
    return "CONFIG SET tls-cert-file " + pair.cert_file + " tls-key-file " + pair.key_file;
  }

  base::MemorySink sink;
  base::Log log{sink, base::SystemClock::instance()};
  larder::test::Certificates certificates;
  larder::test::Certificates::Pair own = certificates.issue("server");
  TlsContext::Pointer trust = believing(certificates);
  node::Node node{{.shards = 8}, base::SystemClock::instance()};
  std::unique_ptr<Server> server;
};

TEST_F(TlsServerTest, BothPortsServeTheSameEntries) {
  serve(options());
  StreamCaller secure(server->tls_port(), *trust);
  StreamCaller plain(server->port());
  EXPECT_EQ(secure.ask("SET k v", 5), "+OK\r\n");
  EXPECT_EQ(plain.ask("GET k", 7), "$1\r\nv\r\n");
  EXPECT_EQ(server->stats().connections_tls, 1U);
  EXPECT_EQ(server->stats().connections_now, 2U);
}

TEST_F(TlsServerTest, ThePlainPortCanBeLeftOut) {
  auto chosen = options();
  chosen.port.reset();
  serve(chosen);
  EXPECT_EQ(server->port(), 0);
  EXPECT_TRUE(StreamCaller(server->tls_port(), *trust).works());
}

TEST_F(TlsServerTest, WhatDoesNotLoadDoesNotStart) {
  auto chosen = options();
  chosen.tls.key_file = "/no/such.key";
  server = std::make_unique<Server>(node, chosen);
  const auto started = server->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::bad_argument);
  EXPECT_THAT(started.error().detail, HasSubstr("tls-key-file /no/such.key"));
}

TEST_F(TlsServerTest, LargeValuesGoBothWays) {
  serve(options());
  StreamCaller caller(server->tls_port(), *trust);
  const std::string value(5'000'000, 'x');
  ASSERT_TRUE(caller.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5000000\r\n" + value + "\r\nGET k\r\n"));
  EXPECT_EQ(caller.read(5), "+OK\r\n");
  EXPECT_EQ(caller.read(10), "$5000000\r\n");
  EXPECT_EQ(caller.read(5'000'002), value + "\r\n");
  EXPECT_TRUE(caller.works());
}

TEST_F(TlsServerTest, ADeepPipelineIsAnsweredWhole) {
  serve(options());
  StreamCaller caller(server->tls_port(), *trust);
  std::string pipeline;
  for (int i = 0; i < 30'000; ++i) pipeline += "PING\r\n";
  std::thread sender([&] { EXPECT_TRUE(caller.send(pipeline)); });
  sender.join();
  EXPECT_EQ(caller.read(30'000 * 7).size(), 30'000U * 7);
}

TEST_F(TlsServerTest, ANewCertificateIsForNewConnectionsAndOldOnesGoOn) {
  serve(options());
  larder::test::Certificates others;
  const auto renewed = others.issue("renewed");
  StreamCaller before(server->tls_port(), *trust);
  ASSERT_TRUE(before.works());
  EXPECT_EQ(StreamCaller(server->tls_port(), *believing(others)).works(), false);

  EXPECT_EQ(before.ask(set_certificate(renewed), 5), "+OK\r\n");
  EXPECT_TRUE(StreamCaller(server->tls_port(), *believing(others)).works());
  EXPECT_FALSE(StreamCaller(server->tls_port(), *trust).works());
  EXPECT_TRUE(before.works());
}

TEST_F(TlsServerTest, FilesThatWereReplacedAreReadOnReload) {
  serve(options());
  const std::int64_t expires = server->stats().tls_expires_unix;
  certificates.issue("server", {.ends_in_days = 30});
  EXPECT_EQ(server->stats().tls_expires_unix, expires);
  EXPECT_TRUE(server->reload_tls());
  EXPECT_GT(server->stats().tls_expires_unix, expires + 20 * 86'400);
  StreamCaller caller(server->tls_port(), *trust);
  EXPECT_TRUE(caller.works());

  certificates.write("server.key", "nonsense");
  EXPECT_FALSE(server->reload_tls());
  EXPECT_TRUE(StreamCaller(server->tls_port(), *trust).works());
  const std::string reply = caller.ask("CONFIG SET tls-cert-file " + own.cert_file, 20);
  EXPECT_EQ(reply, "-ERR CONFIG SET fail") << "the same value reads the files again";
}

TEST_F(TlsServerTest, ABadCertificateIsRefusedAndTheOldOneStays) {
  serve(options());
  StreamCaller caller(server->tls_port(), *trust);
  const auto expired = certificates.issue("expired", {-3, -1});
  const auto other = certificates.issue("other");
  const std::vector<std::string> bad = {
      set_certificate(expired), "CONFIG SET tls-cert-file " + other.cert_file,
      "CONFIG SET tls-cert-file /no/such.pem", "CONFIG SET maxclients 77 tls-protocols SSLv3",
      "CONFIG SET tls-auth-clients yes"};
  for (const std::string& line : bad) {
    ASSERT_TRUE(caller.send(line + "\r\nECHO end\r\n"));
    std::string reply;
    while (!reply.ends_with("\r\n$3\r\nend\r\n")) {
      const std::string piece = caller.read(1);
      ASSERT_FALSE(piece.empty()) << reply;
      reply += piece;
    }
    EXPECT_THAT(reply, HasSubstr("-ERR CONFIG SET failed (possibly related to argument 'tls-"))
        << line;
    EXPECT_TRUE(StreamCaller(server->tls_port(), *trust).works()) << line;
  }
  EXPECT_EQ(caller.ask("CONFIG GET maxclients", 32), "*2\r\n$10\r\nmaxclients\r\n$5\r\n10000\r\n");
}

TEST_F(TlsServerTest, CertificatesAreReplacedUnderLoad) {
  serve(options());
  const auto second = certificates.issue("second");
  std::atomic<bool> over{false};
  std::atomic<int> served{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 3; ++i) {
    crowd.emplace_back([&] {
      StreamCaller steady(server->tls_port(), *trust);
      while (!over) {
        EXPECT_TRUE(StreamCaller(server->tls_port(), *trust).works());
        EXPECT_TRUE(steady.works());
        ++served;
      }
    });
  }
  StreamCaller admin(server->port());
  for (int i = 0; i < 100 || served < 30; ++i) {
    EXPECT_EQ(admin.ask(set_certificate(i % 2 == 0 ? second : own), 5), "+OK\r\n");
  }
  over = true;
  for (auto& one : crowd) one.join();
  EXPECT_EQ(server->stats().tls_handshakes_failed, 0U);
}

TEST_F(TlsServerTest, ClientsMustShowACertificateWhereItIsAsked) {
  auto chosen = options();
  chosen.tls.auth_clients = TlsOptions::AuthClients::yes;
  chosen.tls.ca_cert_file = certificates.authority();
  serve(chosen);
  EXPECT_FALSE(StreamCaller(server->tls_port(), *trust).works());
  const auto client = certificates.issue("client");
  TlsOptions mine;
  mine.ca_cert_file = certificates.authority();
  mine.cert_file = client.cert_file;
  mine.key_file = client.key_file;
  EXPECT_TRUE(StreamCaller(server->tls_port(), *TlsContext::for_client(mine).value()).works());
  EXPECT_EQ(server->stats().tls_handshakes_failed, 1U);
  EXPECT_THAT(log_text(), HasSubstr("the peer showed no certificate"));
}

TEST_F(TlsServerTest, ASlowHandshakeIsCut) {
  auto chosen = options();
  chosen.tls_handshake_at_most = 200ms;
  serve(chosen);
  StreamCaller silent(server->tls_port());
  StreamCaller drop(server->tls_port());
  drop.send(
      std::string_view("\x16\x03\x01\x02\x00\x01", 6));  // Begins a hello and leaves it there.
  StreamCaller good(server->tls_port(), *trust);
  EXPECT_TRUE(good.works());
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(drop.read_to_end(), "");
  EXPECT_TRUE(good.works());
  EXPECT_EQ(server->stats().tls_handshakes_failed, 2U);
  EXPECT_EQ(server->stats().connections_cut, 2U);
  EXPECT_THAT(log_text(), HasSubstr("tls_handshake_failed"));
  EXPECT_THAT(log_text(), HasSubstr("not done in time"));
}

TEST_F(TlsServerTest, PlainBytesOnTheTlsPortAreCutWithALineOfLog) {
  serve(options());
  StreamCaller plain(server->tls_port());
  plain.send("AUTH canary-5Wq\r\n");
  plain.read_to_end();
  EXPECT_NE(plain.last(), Transfer::Status::blocked);
  EXPECT_EQ(server->stats().tls_handshakes_failed, 1U);
  EXPECT_EQ(server->stats().commands, 0U);
  EXPECT_THAT(log_text(), HasSubstr("plain bytes, not TLS"));
  EXPECT_THAT(log_text(), Not(HasSubstr("canary")));
}

TEST_F(TlsServerTest, GarbageInTheFormOfAHandshakeIsCut) {
  auto chosen = options();
  chosen.tls_handshake_at_most = 300ms;
  serve(chosen);
  base::Random random = larder::test::seeded_random();
  std::vector<std::unique_ptr<StreamCaller>> crowd;
  for (int i = 0; i < 200; ++i) {
    std::string bytes("\x16\x03\x01", 3);  // A record of a handshake, of some length.
    for (auto more = random.below(700); more > 0; --more)
      bytes += static_cast<char>(random.below(256));
    crowd.push_back(std::make_unique<StreamCaller>(server->tls_port()));
    crowd.back()->send(bytes);
  }
  for (auto& one : crowd) one->read_to_end();  // Each has an end.
  EXPECT_EQ(server->stats().tls_handshakes_failed, 200U);
  EXPECT_TRUE(StreamCaller(server->tls_port(), *trust).works());
}

TEST_F(TlsServerTest, ManyPlainClientsDoNotFillTheLog) {
  serve(options());
  for (int i = 0; i < 100; ++i) {
    StreamCaller plain(server->tls_port());
    plain.send("PING\r\n");
    plain.read_to_end();
  }
  EXPECT_EQ(server->stats().tls_handshakes_failed, 100U);
  const std::string& text = log_text();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 20);
}

TEST_F(TlsServerTest, TlsOnThePlainPortIsCutWithALineOfLog) {
  serve(options());
  StreamCaller lost(server->port(), *trust);
  EXPECT_FALSE(lost.works());
  EXPECT_EQ(lost.failure(), "plain bytes, not TLS");
  EXPECT_THAT(log_text(), HasSubstr("tls_on_plain_port"));
}

TEST_F(TlsServerTest, ALookAtThePortIsNoFailure) {
  serve(options());
  for (int i = 0; i < 5; ++i) connected(server->tls_port());
  EXPECT_TRUE(StreamCaller(server->tls_port(), *trust).works());
  while (server->stats().connections_now > 0) std::this_thread::yield();
  EXPECT_EQ(server->stats().tls_handshakes_failed, 0U);
  EXPECT_EQ(server->stats().connections_tls, 0U);
  EXPECT_EQ(log_text(), "");
}

TEST_F(TlsServerTest, OneClientTooManyIsClosedOnTheTlsPortToo) {
  auto chosen = options();
  chosen.clients_max = 1;
  serve(chosen);
  StreamCaller first(server->tls_port(), *trust);
  ASSERT_TRUE(first.works());
  StreamCaller second(server->tls_port(), *trust);
  EXPECT_FALSE(second.works());
  EXPECT_EQ(server->stats().connections_rejected, 1U);
}

TEST_F(TlsServerTest, StoppingTellsClientsInsideTls) {
  serve(options());
  StreamCaller caller(server->tls_port(), *trust);
  ASSERT_TRUE(caller.works());
  std::thread stopping([&] { server->stop(); });
  EXPECT_EQ(caller.read_to_end(), "");
  EXPECT_EQ(caller.last(), Transfer::Status::ended);
  stopping.join();
}

}  // namespace
}  // namespace larder::server
