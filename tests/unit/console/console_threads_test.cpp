// The console over real loopback sockets, on ports the system picks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "console/console.hpp"
#include "support/plain_client.hpp"

namespace larder::console {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Client : test::PlainClient {
  explicit Client(const Console& console) : PlainClient(console.port()) {}
};

std::vector<Page> some_pages() {
  return {metrics_page([] { return std::string{"up 1\n"}; }),
          health_page([] { return std::string{}; })};
}

std::unique_ptr<Console> start(const Options& options) {
  return Console::start(options, some_pages()).value();
}

std::string get(std::string_view path, std::string_view host = "localhost") {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: " + std::string{host} +
         "\r\nConnection: close\r\n\r\n";
}

TEST(ConsoleTest, ServesAPage) {
  const auto console = start({});
  const auto heard = Client{*console}.say(get("/metrics")).hear_all();
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(heard, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\n\r\nup 1\n"));
  EXPECT_THAT(heard, Not(HasSubstr("Access-Control")));
}

TEST(ConsoleTest, HeadHasTheLengthAndNoBody) {
  const auto console = start({});
  const auto heard =
      Client{*console}
          .say("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
          .hear_all();
  EXPECT_THAT(heard, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(heard.ends_with("\r\n\r\n"));
}

TEST(ConsoleTest, AConnectionServesOneRequestAfterAnother) {
  const auto console = start({});
  const auto heard = Client{*console}
                         .say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/metrics"))
                         .hear_all();
  EXPECT_THAT(heard, HasSubstr("ok\n"));
  EXPECT_THAT(heard, HasSubstr("up 1\n"));
}

TEST(ConsoleTest, ARequestWithABodyIsTheConnectionsLast) {
  const auto console = start({});
  const auto heard =
      Client{*console}
          .say("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
          .hear_all();
  EXPECT_THAT(heard, HasSubstr("ok\n"));
  EXPECT_THAT(heard, HasSubstr("Connection: close\r\n"));
}

TEST(ConsoleTest, TwoLengthsAtOnceAreNoRequest) {
  const auto console = start({});
  for (const char* framing : {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                              "Content-Length: 3\r\nContent-Length: 4\r\n"}) {
    const auto heard =
        Client{*console}
            .say(std::string{"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"} + framing + "\r\n")
            .hear_all();
    EXPECT_THAT(heard, StartsWith("HTTP/1.1 400")) << framing;
  }
}

TEST(ConsoleTest, WhatIsNotHttpIsAnsweredOnceAndClosed) {
  const auto console = start({});
  EXPECT_THAT(Client{*console}.say("*1\r\n$4\r\nPING\r\n").hear_all(), StartsWith("HTTP/1.1 400"));
}

TEST(ConsoleTest, AnOversizedHeaderIs431) {
  const auto console = start({.header_bytes_max = 256});
  const auto heard = Client{*console}
                         .say("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(300, 'x'))
                         .hear_all();
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 431"));
}

TEST(ConsoleTest, AnOversizedBodyIs413) {
  const auto console = start({.body_bytes_max = 10});
  const auto heard = Client{*console}
                         .say("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n")
                         .hear_all();
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 413"));
}

TEST(ConsoleTest, AnUnfinishedHeaderEndsAtTheDeadline) {
  const auto console = start({.deadline = std::chrono::milliseconds{50}});
  EXPECT_EQ(Client{*console}.say("GET / HTTP/1.1\r\nHost: loc").hear_all(), "");
}

TEST(ConsoleTest, TooManyConnectionsAreTurnedAwayWhileTheFirstIsServed) {
  const auto console = start({.connections_max = 1});
  Client first{*console};
  first.say("GET /healthz HTTP/1.1\r\n");
  EXPECT_EQ(Client{*console}.hear_all(), "");
  EXPECT_THAT(first.say("Host: localhost\r\nConnection: close\r\n\r\n").hear_all(),
              HasSubstr("ok\n"));
}

TEST(ConsoleTest, AForeignHostIsRefused) {
  const auto console = start({});
  const auto heard = Client{*console}.say(get("/metrics", "evil.example")).hear_all();
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(heard, Not(HasSubstr("up 1")));
}

TEST(ConsoleTest, ATakenPortIsAnErrorThatNamesIt) {
  const auto console = start({});
  const auto second = Console::start({.port = console->port()}, some_pages());
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().code, Errc::unreachable);
  EXPECT_EQ(second.error().detail,
            "port " + std::to_string(console->port()) + " on 127.0.0.1 is in use");
}

TEST(ConsoleTest, ABadAddressIsAnError) {
  EXPECT_TRUE(Console::start({.bind = "300.1.1.1"}, some_pages()).has_error());
}

TEST(ConsoleTest, EndsWithClientsStillConnected) {
  auto console = start({});
  Client client{*console};
  client.say("GET / HTTP/1.1\r\n");
  console.reset();
  EXPECT_EQ(client.hear_all(), "");
}

TEST(ConsoleTest, ItsUrlLeadsToIt) {
  const auto console = start({});
  EXPECT_EQ(console->url(), "http://127.0.0.1:" + std::to_string(console->port()));
}

}  // namespace
}  // namespace larder::console
