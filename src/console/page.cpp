#include "console/page.hpp"

#include <algorithm>
#include <exception>

#include "http/host.hpp"

namespace larder::console {
namespace {

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

Answer index(std::span<const Page> pages, std::string_view title) {
  std::string body = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                     escaped(title) + "</title></head>\n<body><h1>" + escaped(title) +
                     "</h1>\n<ul>\n";
  for (const auto& page : pages) {
    body += "<li><a href=\"" + escaped(page.path) + "\">" + escaped(page.path) + "</a> " +
            escaped(page.summary) + "</li>\n";
  }
  return {.content_type = "text/html; charset=utf-8",
          .body = body + "</ul></body></html>\n",
          .allow = {}};
}

Answer refused(unsigned status, std::string why) {
  return {.status = status, .body = std::move(why) + "\n", .allow = {}};
}

}  // namespace

Page metrics_page(std::function<std::string()> text) {
  return {.path = "/metrics",
          .summary = "everything counted, for Prometheus",
          .content_type = "text/plain; version=0.0.4; charset=utf-8",
          .show = [text = std::move(text)] { return Content{.body = text()}; }};
}

Page health_page(std::function<std::string()> trouble) {
  return {.path = "/healthz",
          .summary = "200 while this server can serve, 503 and the reason when it cannot",
          .content_type = "text/plain; charset=utf-8",
          .show = [trouble = std::move(trouble)] {
            const auto words = trouble();
            return words.empty() ? Content{.body = "ok\n"}
                                 : Content{.status = 503, .body = words + "\n"};
          }};
}

Answer answer(const Question& question, std::span<const Page> pages, bool loopback_only,
              std::string_view title) {
  if (question.host_count != 1) return refused(400, "exactly one Host header is needed");
  if (loopback_only && !http::names_loopback(question.host)) {
    return refused(403, "this address answers only to localhost, 127.0.0.1 and [::1] as Host");
  }
  if (question.method != "GET" && question.method != "HEAD") {
    auto no = refused(405, "only GET and HEAD: nothing can be changed here");
    no.allow = "GET, HEAD";
    return no;
  }
  const auto path = question.target.substr(0, question.target.find('?'));
  if (path == "/") return index(pages, title);
  const auto page =
      std::find_if(pages.begin(), pages.end(), [&](const Page& p) { return p.path == path; });
  if (page == pages.end()) return refused(404, "no such page; / lists them");
  try {
    auto content = page->show();
    return {.status = content.status,
            .content_type = page->content_type,
            .body = std::move(content.body),
            .allow = {}};
  } catch (const std::exception& e) {
    return refused(500, std::string{"this page failed: "} + e.what());
  }
}

}  // namespace larder::console
