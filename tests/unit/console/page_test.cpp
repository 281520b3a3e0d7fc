#include "console/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace larder::console {
namespace {

using testing::HasSubstr;

std::vector<Page> some_pages() {
  return {metrics_page([] { return std::string{"up 1\n"}; }),
          health_page([] { return std::string{}; })};
}

Answer ask(const Question& question, bool loopback_only = true) {
  const auto pages = some_pages();
  return answer(question, pages, loopback_only, "larder 1.2.3");
}

TEST(PageTest, MetricsSayTheirFormatsVersion) {
  const auto a = ask({.method = "GET", .target = "/metrics", .host = "localhost:9121"});
  EXPECT_EQ(a.status, 200u);
  EXPECT_EQ(a.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(a.body, "up 1\n");
}

TEST(PageTest, AQueryDoesNotHideThePage) {
  EXPECT_EQ(ask({.method = "GET", .target = "/metrics?x=1", .host = "localhost"}).status, 200u);
}

TEST(PageTest, TheIndexListsEveryPage) {
  const auto a = ask({.method = "GET", .target = "/", .host = "127.0.0.1"});
  EXPECT_EQ(a.status, 200u);
  EXPECT_THAT(a.body, HasSubstr("href=\"/metrics\""));
  EXPECT_THAT(a.body, HasSubstr("href=\"/healthz\""));
  EXPECT_THAT(a.body, HasSubstr("larder 1.2.3"));
}

TEST(PageTest, TheIndexShowsMarkupAsText) {
  const std::vector<Page> pages{{"/x", "<script>\"&", "text/plain", [] { return Content{}; }}};
  const auto a = answer({.method = "GET", .target = "/", .host = "localhost"}, pages, true, "t");
  EXPECT_THAT(a.body, HasSubstr("&lt;script&gt;&quot;&amp;"));
}

TEST(PageTest, HealthIs503WithTheReasonWhileThereIsTrouble) {
  const std::vector<Page> pages{health_page([] { return std::string{"disk full"}; })};
  const auto a =
      answer({.method = "GET", .target = "/healthz", .host = "localhost"}, pages, true, "t");
  EXPECT_EQ(a.status, 503u);
  EXPECT_EQ(a.body, "disk full\n");
}

TEST(PageTest, AnUnknownPathIs404) {
  EXPECT_EQ(ask({.method = "GET", .target = "/metrics/", .host = "localhost"}).status, 404u);
  EXPECT_EQ(ask({.method = "GET", .target = "/../etc/passwd", .host = "localhost"}).status, 404u);
}

TEST(PageTest, NothingButGetAndHead) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"}) {
    const auto a = ask({.method = method, .target = "/metrics", .host = "localhost"});
    EXPECT_EQ(a.status, 405u) << method;
    EXPECT_EQ(a.allow, "GET, HEAD") << method;
  }
}

TEST(PageTest, AForeignHostIsRefusedOnLoopback) {
  EXPECT_EQ(ask({.method = "GET", .target = "/metrics", .host = "evil.example"}).status, 403u);
  EXPECT_EQ(ask({.method = "GET", .target = "/metrics", .host = "evil.example"}, false).status,
            200u);
}

TEST(PageTest, TwoHostsOrNoneAreRefused) {
  EXPECT_EQ(ask({.method = "GET", .target = "/", .host = "localhost", .host_count = 2}).status,
            400u);
  EXPECT_EQ(ask({.method = "GET", .target = "/", .host = "", .host_count = 0}).status, 400u);
}

TEST(PageTest, AFailingPageIs500) {
  const std::vector<Page> pages{
      metrics_page([]() -> std::string { throw std::runtime_error{"no"}; })};
  const auto a =
      answer({.method = "GET", .target = "/metrics", .host = "localhost"}, pages, true, "t");
  EXPECT_EQ(a.status, 500u);
}

}  // namespace
}  // namespace larder::console
