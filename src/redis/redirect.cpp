#include "redis/redirect.hpp"

#include <array>

#include "base/numbers.hpp"

namespace larder::redis {
namespace {

struct RedirectWord {
  std::string_view begins;
  Redirect::Kind kind;
};

constexpr std::array kRedirectWords{
    RedirectWord{"MOVED ", Redirect::Kind::moved},
    RedirectWord{"ASK ", Redirect::Kind::ask},
    RedirectWord{"TRYAGAIN", Redirect::Kind::try_again},
    RedirectWord{"CLUSTERDOWN", Redirect::Kind::cluster_down},
    RedirectWord{"LOADING", Redirect::Kind::loading},
    RedirectWord{"READONLY", Redirect::Kind::read_only},
    RedirectWord{"MASTERDOWN", Redirect::Kind::primary_down},
};

constexpr std::string_view kAsking = "*1\r\n$6\r\nASKING\r\n";

/// "3999 10.0.0.1:6381": slot, host and port of an address, whose host may have colons in it.
bool read_target(std::string_view text, Redirect& into) {
  const auto space = text.find(' ');
  const auto colon = text.rfind(':');
  if (space == text.npos || colon == text.npos || colon < space) return false;
  const auto slot = base::parse_unsigned(text.substr(0, space));
  const auto port = base::parse_unsigned(text.substr(colon + 1));
  if (!slot || *slot >= 16'384 || !port || *port == 0 || *port > 65'535) return false;
  into.slot = static_cast<std::uint32_t>(*slot);
  into.host = text.substr(space + 1, colon - space - 1);
  if (into.host == "?") into.host.clear();
  into.port = static_cast<std::uint16_t>(*port);
  return true;
}

/// Where the command that begins at `at` ends. The request is our own: it is well formed.
std::size_t end_of_command(std::string_view request, std::size_t at) {
  const auto number = [&request](std::size_t from, std::size_t end) {
    return base::parse_unsigned(request.substr(from, end - from)).value_or(0);
  };
  std::size_t line = request.find("\r\n", at);
  auto words = number(at + 1, line);
  at = line + 2;
  for (; words > 0; --words) {
    line = request.find("\r\n", at);
    at = line + 2 + static_cast<std::size_t>(number(at + 1, line)) + 2;
  }
  return at;
}

}  // namespace

bool is_redirect(std::string_view words) noexcept {
  for (const auto& word : kRedirectWords) {
    if (words.starts_with(word.begins)) return true;
  }
  return false;
}

std::optional<Redirect> redirect_from(std::string_view words) {
  for (const auto& word : kRedirectWords) {
    if (!words.starts_with(word.begins)) continue;
    Redirect out;
    out.kind = word.kind;
    const bool aims = word.kind == Redirect::Kind::moved || word.kind == Redirect::Kind::ask;
    if (aims && !read_target(words.substr(word.begins.size()), out)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::uint32_t append_asking(std::string& out, std::string_view request, std::uint32_t commands) {
  if (request.starts_with("*1\r\n$5\r\nMULTI\r\n")) {
    out.append(kAsking).append(request);
    return 1;
  }
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < commands; ++i) {
    const std::size_t end = end_of_command(request, at);
    out.append(kAsking).append(request.substr(at, end - at));
    at = end;
  }
  return commands;
}

}  // namespace larder::redis
