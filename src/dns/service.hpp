// Service: the DNS cache brought to life: lanes with their threads, the cache on them, its source, and the sockets in front.
#pragma once

#include <larder/store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "dns/cache.hpp"
#include "dns/guard.hpp"
#include "dns/stub.hpp"
#include "dns/tcp_face.hpp"
#include "dns/upstream.hpp"
#include "net/socket.hpp"

namespace larder::dns {

struct ServiceOptions {
  std::vector<net::Endpoint>
      listen;  ///< UDP and TCP on each; none: only who is in this process asks. Port 0: a free one.
  unsigned threads = 1;  ///< Lanes.
  std::uint64_t near_bytes_max = 256 * 1024 * 1024;
  std::string near_policy = "adaptive";
  std::optional<Store> shared;  ///< The service holds the last handle of it.

  // Where answers come from: exactly one of the three.
  std::optional<StubOptions> stub;
  UpstreamOptions upstream;                                        ///< With servers.
  std::function<std::unique_ptr<Source>(net::EventLoop&)> source;  ///< Of one's own, one a lane.

  CacheOptions cache;
  GuardOptions guard;
  TcpOptions tcp;
  base::Millis drain{2'000};  ///< How long stop() waits for answers under way.
};

/// What may change while it runs.
struct ServiceRules {
  CacheOptions cache;
  GuardOptions guard;
  std::uint64_t near_bytes_max = 256 * 1024 * 1024;
  std::string near_policy = {};  ///< Empty: as it is.
  std::optional<UpstreamOptions> upstream =
      {};  ///< None: as they are; always of a stub and of a source of one's own.
};

/// Threads  Safe from any thread, but for start and stop, which are one thread's. Several services may run in one process.
class Service {
 public:
  /// Errors: `unreachable` names the address that cannot be listened on; `bad_argument` for a policy or a size that the near store refuses.
  static Result<std::unique_ptr<Service>> start(ServiceOptions options, const base::Clock& clock);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Takes no more questions from its sockets, answers those under way, ends its threads. Twice is once. Whoever asks in this
  /// process has stopped before.
  void stop();

  /// From the next question on; questions under way end by the rules, and with the upstreams, that they began with.
  /// Errors: `bad_argument` for a policy that there is not.
  Result<void> use(ServiceRules rules);

  Resolver& resolver() noexcept;
  CacheAdmin& admin() noexcept;
  DnsCache& cache() noexcept;
  GuardCounters& guard_counters() noexcept;
  /// Where it listens, ports as they are.
  const std::vector<net::Endpoint>& listening() const noexcept;

 private:
  struct State;
  explicit Service(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace larder::dns
