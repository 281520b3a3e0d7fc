// What the console shows and how it answers: requests in, answers out. No socket, no thread, no
// clock.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::console {

/// What a page's function hands back.
struct Content {
  unsigned status = 200;
  std::string body;
};

/// One thing to look at. The functions are handed in by whoever knows the facts: the console knows
/// none. `show` runs on the console's own thread; it may be called at any time until the console is
/// gone.
struct Page {
  std::string path;          ///< "/metrics"
  std::string summary;       ///< One line for the index at `/`.
  std::string content_type;  ///< "text/plain; charset=utf-8"
  std::function<Content()> show;
};

/// `/metrics`: `text` in Prometheus' text exposition format, version 0.0.4.
Page metrics_page(std::function<std::string()> text);

/// `/healthz`: 200 "ok" while `trouble` returns nothing, else 503 with its words.
Page health_page(std::function<std::string()> trouble);

/// The parts of a request that an answer depends on.
struct Question {
  std::string_view method;
  std::string_view target;  ///< As sent; a query is ignored.
  std::string_view host;    ///< The Host header.
  std::size_t host_count = 1;
};

struct Answer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow;  ///< For the Allow header of a 405.
};

/// Answers GET and HEAD. With `loopback_only`, a Host that does not name this machine gets 403.
/// Errors   404, 405, 403, 400 and, where a page's function throws, 500: each with one line that
/// says why.
Answer answer(const Question& question, std::span<const Page> pages, bool loopback_only,
              std::string_view title);

}  // namespace larder::console
