// The server over real loopback sockets, on ports the system picks. What a client may do wrong is in console_threads_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "http/client.hpp"
#include "http/server.hpp"
#include "support/plain_client.hpp"

namespace larder::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// What a client hears that sends `text` and waits for the end.
std::string heard_after(const Server& server, std::string_view text) {
  return test::PlainClient(server.port()).say(text).hear_all();
}

constexpr std::string_view kGet =
    "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST(HttpServerTest, HandsTheRequestOverWhole) {
  Request seen;
  const auto server = Server::start({}, [&](Request request, const Reply& reply) {
                        seen = std::move(request);
                        reply({.status = 201,
                               .content_type = "text/x",
                               .body = "made",
                               .headers = {{"X-Fact", "1"}}});
                      }).value();
  const auto heard =
      heard_after(*server,
                  "POST /a?b=c HTTP/1.1\r\nHost: h:1\r\nAccept: t/x\r\nContent-Type: "
                  "text/y\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\nX-Fact: 1\r\n"));
  EXPECT_THAT(heard, testing::EndsWith("Content-Length: 4\r\n\r\nmade"));
  EXPECT_EQ(seen.method + " " + seen.target + " " + seen.host + " " + seen.accept + " " +
                seen.content_type + " " + seen.body,
            "POST /a?b=c h:1 t/x text/y body");
}

TEST(HttpServerTest, AReplyMayComeLaterAndFromAnotherThread) {
  std::promise<Reply> asked;
  const auto server = Server::start({}, [&](const Request&, Reply reply) {
                        asked.set_value(std::move(reply));
                      }).value();
  auto heard = std::async(std::launch::async, [&] { return heard_after(*server, kGet); });
  asked.get_future().get()({.body = "late"});
  EXPECT_THAT(heard.get(), HasSubstr("late"));
}

TEST(HttpServerTest, AReplyThatDoesNotComeIs504) {
  const auto server =
      Server::start({.reply_deadline = std::chrono::milliseconds{1}}, [](const Request&,
                                                                         const Reply&) {
      }).value();
  EXPECT_THAT(heard_after(*server, kGet), StartsWith("HTTP/1.1 504"));
}

TEST(HttpServerTest, RequestsThatComeInPiecesAndInARowAreAnsweredInOrder) {
  const auto server =
      Server::start({.body_bytes_max = 100'000}, [](const Request& request, const Reply& reply) {
        reply({.body = request.target + std::to_string(request.body.size())});
      }).value();
  std::string all;
  for (int i = 0; i < 200; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  all +=
      "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n" + std::string(90'000, 'x');
  all +=
      "POST /chunked HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  all += kGet;
  test::PlainClient client(server->port());
  for (std::size_t at = 0; at < all.size(); at += 7'001)
    client.say(std::string_view(all).substr(at, 7'001));
  const auto heard = client.hear_all();
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i)
    at = heard.find("\r\n\r\n/" + std::to_string(i) + "0HTTP/1.1 200", at);
  EXPECT_NE(at, std::string::npos);
  EXPECT_THAT(heard, HasSubstr("/big90000HTTP"));
  EXPECT_THAT(heard, HasSubstr("/chunked3HTTP"));
  EXPECT_THAT(heard, testing::EndsWith("/a?b=c0"));
}

TEST(HttpServerTest, AReplyAfterTheServersEndIsDropped) {
  std::promise<Reply> asked;
  auto server = Server::start({}, [&](const Request&, Reply reply) {
                  asked.set_value(std::move(reply));
                }).value();
  auto heard = std::async(std::launch::async, [&] { return heard_after(*server, kGet); });
  const auto reply = asked.get_future().get();
  server.reset();
  reply({.body = "too late"});
  EXPECT_EQ(heard.get(), "");
}

TEST(HttpServerTest, WhatAHandlerThrowsIs500) {
  const auto server = Server::start({}, [](const Request&, const Reply&) {
                        throw std::runtime_error{"broken"};
                      }).value();
  EXPECT_THAT(heard_after(*server, kGet), HasSubstr("broken"));
}

TEST(HttpServerTest, AClientThatWaitsToBeAskedForItsBodyIsAsked) {
  const auto server = Server::start({}, [](const Request& request, const Reply& reply) {
                        reply({.body = request.body});
                      }).value();
  const auto heard =
      heard_after(*server,
                  "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: "
                  "close\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
}

TEST(HttpClientTest, FetchesAPageAndNamesThePlaceWhereItCannot) {
  auto server = Server::start({}, [](const Request& request, const Reply& reply) {
                  reply({.status = 503, .body = request.target});
                }).value();
  const auto fetched = fetch(server->url() + "/a?b=c", std::chrono::milliseconds{20'000}).value();
  EXPECT_EQ(fetched.status, 503u);
  EXPECT_EQ(fetched.body, "/a?b=c");
  const auto url = server->url();
  server.reset();
  EXPECT_THAT(fetch(url, std::chrono::milliseconds{20'000}).error().detail,
              HasSubstr(url.substr(7)));
  for (const char* bad :
       {"", "example.com", "ftp://a/", "https://", "http://a:0/", "http://a:x/"}) {
    EXPECT_EQ(fetch(bad, std::chrono::milliseconds{1}).error().code, Errc::bad_url) << bad;
  }
}

}  // namespace
}  // namespace larder::http
