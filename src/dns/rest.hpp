// The REST face: HTTP requests in, questions to the resolver and the cache, JSON out. No socket, no thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "dns/admin_token.hpp"
#include "dns/cache_admin.hpp"
#include "dns/resolver.hpp"
#include "http/server.hpp"

namespace larder::dns {

class RestTarget;

/// What the face stands before. All but the resolver may be missing: then what needs it answers 404 or says so.
struct RestParts {
  Resolver& resolver;
  CacheAdmin* admin = nullptr;
  base::Metrics* metrics = nullptr;
  const AdminToken* token = nullptr;  ///< Of those who look into the cache and change it.
  const base::Clock& clock = base::SystemClock::instance();
};

/// Bodies are batches and names to prefetch.
inline constexpr std::uint64_t kRestBodyBytesMax = 512 * base::limits::kKiB;

/// One request and who waits for its answer.
struct RestCall {
  const http::Request& request;
  const RestTarget& target;
  http::Reply reply;
};

/// Answers everything that the table in rest.cpp lists.
///
/// Threads  Safe from any thread, as resolver and cache are.
/// Lifetime Ended only after every reply; what it stands before lives longer.
class RestApi {
 public:
  explicit RestApi(const RestParts& parts);
  void handle(http::Request request, const http::Reply& reply) const;

 private:
  struct Route;
  static const Route kRoutes[];

  void index(RestCall call) const;
  void resolve(RestCall call) const;
  void resolve_many(RestCall call) const;
  void wire(RestCall call) const;
  void course_dns(RestCall call) const;
  void course_text(RestCall call) const;
  void look(RestCall call) const;
  void put(RestCall call) const;
  void erase(RestCall call) const;
  void prefetch(RestCall call) const;
  void partitions(RestCall call) const;
  void stats(RestCall call) const;
  void policy(RestCall call) const;
  void healthy(RestCall call) const;
  void ready(RestCall call) const;
  void metrics_text(RestCall call) const;

  void find_route(RestCall call) const;
  std::optional<http::Response> refusal(const Route& route, const http::Request& request) const;
  void ask_for_course(const http::Reply& reply, const std::string& name, bool as_text) const;

  RestParts parts_;
};

/// 400 for `bad_argument`, 503 for what another try may mend, 504 for `timeout`, 500 otherwise.
http::Response rest_failure(const Error& error);
http::Response rest_json(std::string body, unsigned status = 200);

}  // namespace larder::dns
