#include "http/response_text.hpp"

#include <chrono>
#include <cstdio>

#include "base/clock.hpp"
#include "http/parse.hpp"

namespace larder::http {
namespace {

/// "Sun, 06 Nov 1994 08:49:37 GMT", made anew once a second.
std::string_view date_text() {
  thread_local std::chrono::sys_seconds of{};
  thread_local std::string text;
  const auto now = std::chrono::floor<std::chrono::seconds>(base::SystemClock::instance().wall());
  if (now == of && !text.empty()) return text;
  of = now;
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char room[64];
  std::snprintf(room, sizeof room, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], unsigned{date.day()},
                kMonths[unsigned{date.month()} - 1], int{date.year()},
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text = room;
}

}  // namespace

void append_response(std::string& text, const Response& response, const Manner& manner) {
  text.reserve(text.size() + 384 + response.body.size());
  text.append(manner.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  text.append(std::to_string(response.status)).append(" ").append(reason_of(response.status));
  text.append("\r\nServer: larder\r\nDate: ").append(date_text());
  text.append("\r\nContent-Type: ").append(response.content_type);
  text.append(
      "\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n");
  bool keeps = false;
  for (const auto& [name, value] : response.headers) {
    keeps = keeps || name == "Cache-Control";
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!keeps) text.append("Cache-Control: no-store\r\n");
  if (!manner.keep_alive) {
    text.append("Connection: close\r\n");
  } else if (manner.version == 10) {
    text.append("Connection: keep-alive\r\n");
  }
  text.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n\r\n");
  if (!manner.head) text.append(response.body);
}

}  // namespace larder::http
