#include "dns/rest.hpp"

#include <algorithm>

#include "dns/rest_json.hpp"
#include "dns/rest_target.hpp"
#include "http/host.hpp"

namespace larder::dns {

/// Who may use a route.
enum class RouteKind : std::uint8_t {
  open,
  looks,    ///< Into the cache: where there is a token, for those who show it.
  changes,  ///< The same; where there is none, for this machine only.
};

/// `path` is the first piece; a route takes the pieces behind it too, up to `pieces_max` in all.
struct RestApi::Route {
  std::string_view method;
  std::string_view path;
  std::size_t pieces_max;
  void (RestApi::*serve)(RestCall) const;
  RouteKind kind;
  std::string_view summary;
};

constexpr RestApi::Route RestApi::kRoutes[] = {
    {"GET", "resolve", 1, &RestApi::resolve, RouteKind::open,
     "?name=&type=A&do=0&cd=0&larder=0: one question, answered in the shape of Google's and "
     "Cloudflare's resolvers"},
    {"POST", "resolve", 2, &RestApi::resolve_many, RouteKind::open,
     "{\"queries\":[{\"name\":…,\"type\":…}]}: up to 1000 questions, answers in order"},
    {"GET", "dns-query", 1, &RestApi::wire, RouteKind::open,
     "?dns=BASE64URL: a DNS message, as RFC 8484 has it; ?name=&type= as /resolve"},
    {"POST", "dns-query", 1, &RestApi::wire, RouteKind::open,
     "the same with the message as body, application/dns-message"},
    {"GET", "cache", 2, &RestApi::look, RouteKind::looks,
     "/NAME?type=: what the cache holds of a name; without one "
     "?prefix=&suffix=&type=&limit=&cursor=&tier=near|shared lists"},
    {"PUT", "cache", 3, &RestApi::put, RouteKind::changes,
     "/NAME/TYPE {\"ttl\":300,\"records\":[\"192.0.2.1\"],\"pinned\":false}: writes an entry"},
    {"DELETE", "cache", 3, &RestApi::erase, RouteKind::changes,
     "/NAME[/TYPE]?subtree=0: erases; without a name, everything"},
    {"POST", "prefetch", 1, &RestApi::prefetch, RouteKind::changes,
     "{\"names\":[…]} or {\"queries\":[…]}: asks ahead, so that the answers are near"},
    {"GET", "partitions", 1, &RestApi::partitions, RouteKind::looks,
     "the shared store's partitions: requests, hits, keys, and how even they are"},
    {"GET", "policy", 1, &RestApi::policy, RouteKind::looks,
     "what goes when a tier is full, and how much it holds"},
    {"PUT", "policy", 1, &RestApi::policy, RouteKind::changes,
     "{\"near\":\"adaptive\",\"shared\":\"allkeys-lfu\"}: changes it; shared: at every partition"},
    {"GET", "stats", 1, &RestApi::stats, RouteKind::looks, "what was counted since the start"},
    {"GET", "dns", 1, &RestApi::course_dns, RouteKind::open,
     "?domain=: addresses of a name, and whether the cache had them"},
    {"POST", "text", 1, &RestApi::course_text, RouteKind::open,
     "{\"text\":\"example.com\"}: \"HIT: address\" or \"MISS: address\""},
    {"GET", "text", 2, &RestApi::course_text, RouteKind::open, "/NAME: the same"},
    {"GET", "healthz", 1, &RestApi::healthy, RouteKind::open, "200 while this process serves"},
    {"GET", "readyz", 1, &RestApi::ready, RouteKind::open,
     "200 once the resolver and every partition answer; else 503 and who is missing"},
    {"GET", "metrics", 1, &RestApi::metrics_text, RouteKind::open,
     "everything counted, for Prometheus"},
};

http::Response rest_json(std::string body, unsigned status) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

http::Response rest_failure(const Error& error) {
  unsigned status = 500;
  switch (error.code) {
    case Errc::bad_argument:
    case Errc::bad_value:
      status = 400;
      break;
    case Errc::timeout:
      status = 504;
      break;
    case Errc::overloaded:
    case Errc::unreachable:
    case Errc::disconnected:
    case Errc::cancelled:
      status = 503;
      break;
    default:
      break;
  }
  return rest_json(
      json_of_error(error.detail.empty() ? std::string(to_string(error)) : error.detail), status);
}

RestApi::RestApi(const RestParts& parts) : parts_(parts) {}

namespace {

http::Response rest_refused(unsigned status, std::string_view why) {
  return rest_json(json_of_error(why), status);
}

/// The Origin that a browser names is the page's own site, unless that page is of somebody else.
bool is_foreign_page(const http::Request& request) {
  if (request.origin.empty()) return false;
  const auto scheme = request.origin.find("://");
  return scheme == std::string::npos || request.origin.substr(scheme + 3) != request.host;
}

}  // namespace

void RestApi::handle(http::Request request, const http::Reply& reply) const {
  http::Reply counted = reply;
  if (parts_.metrics) {
    // One series for each status: routes are told apart by what they make the cache count.
    counted = [reply, metrics = parts_.metrics](http::Response response) {
      metrics
          ->counter("larder_dns_http_requests_total", "HTTP requests answered",
                    {{"status", std::to_string(response.status)}})
          .add();
      reply(std::move(response));
    };
  }
  if (request.host_count != 1)
    return counted(rest_refused(400, "exactly one Host header is needed"));
  if (request.loopback_only && !http::names_loopback(request.host)) {
    return counted(
        rest_refused(403, "this address answers only to localhost, 127.0.0.1 and [::1] as Host"));
  }
  const auto target = RestTarget::parse(request.target);
  if (!target) return counted(rest_failure(target.error()));
  find_route({request, *target, std::move(counted)});
}

std::optional<http::Response> RestApi::refusal(const Route& route,
                                               const http::Request& request) const {
  if (is_foreign_page(request)) return rest_refused(403, "a page of another site may not ask here");
  if (route.kind == RouteKind::open) return std::nullopt;
  if (parts_.token && parts_.token->is_set()) {
    if (parts_.token->admits(request.authorization)) return std::nullopt;
    auto no = rest_refused(401, request.authorization.empty()
                                    ? "this route takes the administrator's token: send "
                                      "Authorization: Bearer TOKEN"
                                    : "that is not the administrator's token");
    no.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"larder dns\"");
    return no;
  }
  if (route.kind == RouteKind::looks || request.loopback_only) return std::nullopt;
  return rest_refused(403,
                      "changes are taken from this machine only: listen on 127.0.0.1 for them, or "
                      "start with --admin-token-file");
}

void RestApi::find_route(RestCall call) const {
  const auto& path = call.target.path();
  if (path.empty()) return index(std::move(call));
  const bool head = call.request.method == "HEAD";
  const std::string_view method = head ? "GET" : std::string_view(call.request.method);
  std::string allowed;
  for (const auto& route : kRoutes) {
    if (path[0] != route.path || path.size() > route.pieces_max) continue;
    if (method != route.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    if (auto no = refusal(route, call.request)) return call.reply(std::move(*no));
    return (this->*route.serve)(std::move(call));
  }
  if (allowed.empty()) return call.reply(rest_refused(404, "no such route; / lists them"));
  auto no = rest_refused(405, "this route takes " + allowed);
  no.headers.emplace_back("Allow", allowed);
  call.reply(std::move(no));
}

void RestApi::index(RestCall call) const {
  std::string body = "larder dns: DNS answers by HTTP\n\n";
  for (const auto& route : kRoutes)
    body.append(route.method)
        .append(" /")
        .append(route.path)
        .append(" ")
        .append(route.summary)
        .append("\n");
  call.reply({.body = std::move(body)});
}

}  // namespace larder::dns
