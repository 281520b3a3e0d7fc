#include "dns/service.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "dns/own_ports.hpp"
#include "dns/udp_face.hpp"
#include "net/event_loop.hpp"

namespace larder::dns {
namespace {

constexpr int kBindTries = 16;
constexpr base::Millis kDrainLook{10};

struct Bound {
  net::Socket udp, tcp;
  net::Endpoint where;
};

/// UDP and TCP on one port; where any port will do, one that is free for both.
Result<Bound> bind_both(const net::Endpoint& wanted) {
  Bound bound;
  bound.where = wanted;
  for (int i = 0; i < kBindTries; ++i) {
    auto udp = net::listen_udp(wanted);
    if (!udp) return udp.error();
    bound.where.port = net::local_port(*udp).value();
    auto tcp = net::listen_tcp(bound.where);
    if (!tcp && (wanted.port != 0 || i + 1 == kBindTries)) return tcp.error();
    if (!tcp) continue;
    bound.udp = std::move(*udp);
    bound.tcp = std::move(*tcp);
    return bound;
  }
  return Error{Errc::unreachable, Effect::not_sent,
               "no port is free for UDP and TCP on " + wanted.host};
}

Result<Store> open_near(const ServiceOptions& options) {
  return Store::open("memory:?max_bytes=" + std::to_string(options.near_bytes_max) +
                     "&eviction=" + options.near_policy);
}

/// Upstreams that can be replaced: the old ones still answer what they were asked.
class LiveUpstream final : public Source {
 public:
  LiveUpstream(net::EventLoop& loop, const UpstreamOptions& options, OwnPorts& ports)
      : loop_(loop), ports_(ports) {
    all_.push_back(std::make_unique<Upstream>(loop, options, ports));
  }

  void ask(const Question& question, base::Instant deadline, Done done) override {
    all_.back()->ask(question, deadline, std::move(done));  // Only this thread changes `all_`.
  }
  Origin origin() const noexcept override { return Origin::upstream; }
  std::string trouble() const override {
    const std::lock_guard lock(mutex_);
    return all_.back()->trouble();
  }
  void count(DnsStats& stats) const override {
    const std::lock_guard lock(mutex_);
    for (const auto& one : all_) one->count(stats);
    stats.upstream_queries += gone_.upstream_queries;
    stats.upstream_failures += gone_.upstream_failures;
    stats.upstream_tcp += gone_.upstream_tcp;
    stats.upstream_spoofs += gone_.upstream_spoofs;
  }

  /// On the loop's thread.
  void use(const UpstreamOptions& options) {
    auto fresh = std::make_unique<Upstream>(loop_, options, ports_);
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(fresh));
    loop_.after(kRetiredFor, [this] { drop_oldest(); });
  }

 private:
  static constexpr base::Millis kRetiredFor{60'000};  ///< No question waits longer.

  void drop_oldest() {
    const std::lock_guard lock(mutex_);
    all_.front()->count(gone_);
    all_.erase(all_.begin());
  }

  net::EventLoop& loop_;
  OwnPorts& ports_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Upstream>> all_;  // The last is asked. Guarded by mutex_.
  DnsStats gone_{};                             // Guarded by mutex_.
};

struct LaneParts {
  std::unique_ptr<net::EventLoop> loop;
  std::unique_ptr<Source> source;
  LiveUpstream* upstream = nullptr;  ///< The source, where it is that.
  std::vector<std::unique_ptr<UdpFace>> udp;
  std::vector<std::unique_ptr<TcpFace>> tcp;
  std::thread thread;
};

}  // namespace

// Made in this order, and gone in the other: loops outlive all that runs on them.
struct Service::State {
  ServiceOptions options;
  OwnPorts own_ports;
  std::vector<LaneParts> lanes;
  std::unique_ptr<Guard> guard;
  std::unique_ptr<DnsCache> cache;
  std::vector<net::Endpoint> listening;
  bool stopped = false;

  void make_lanes(const base::Clock& clock);
  void make_cache(Store near, const base::Clock& clock);
  Result<void> make_faces();
  Result<void> run();
  void stop();
  ~State();
};

void Service::State::make_lanes(const base::Clock& clock) {
  lanes.resize(std::max(options.threads, 1U));
  for (LaneParts& lane : lanes) {
    lane.loop = std::make_unique<net::EventLoop>(clock);
    if (options.source) {
      lane.source = options.source(*lane.loop);
    } else if (options.stub) {
      lane.source = std::make_unique<Stub>(*lane.loop, *options.stub);
    } else {
      auto upstream = std::make_unique<LiveUpstream>(*lane.loop, options.upstream, own_ports);
      lane.upstream = upstream.get();
      lane.source = std::move(upstream);
    }
  }
}

void Service::State::make_cache(Store near, const base::Clock& clock) {
  std::vector<DnsCache::Lane> parts;
  parts.reserve(lanes.size());
  for (const LaneParts& lane : lanes) parts.push_back({lane.loop.get(), lane.source.get()});
  cache = std::make_unique<DnsCache>(std::move(near), std::exchange(options.shared, std::nullopt),
                                     parts, options.cache, clock);
  GuardOptions guarding = options.guard;
  if (!guarding.is_ours)
    guarding.is_ours = [this](const net::SocketAddress& peer) { return own_ports.has(peer); };
  guard = std::make_unique<Guard>(std::move(guarding), clock);
}

Result<void> Service::State::make_faces() {
  for (const net::Endpoint& wanted : options.listen) {
    auto bound = bind_both(wanted);
    if (!bound) return bound.error();
    listening.push_back(bound->where);
    const auto udp = std::make_shared<net::Socket>(std::move(bound->udp));
    for (LaneParts& lane : lanes)
      lane.udp.push_back(std::make_unique<UdpFace>(*lane.loop, udp, *cache, *guard));
    auto& first = lanes[(listening.size() - 1) % lanes.size()];
    first.tcp.push_back(
        std::make_unique<TcpFace>(*first.loop, std::move(bound->tcp), *cache, *guard, options.tcp));
  }
  return {};
}

Result<void> Service::State::run() {
  for (LaneParts& lane : lanes) {
    for (const auto& face : lane.udp) {
      if (auto started = face->start(); !started) return started;
    }
    for (const auto& face : lane.tcp) {
      if (auto started = face->start(); !started) return started;
    }
  }
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i].thread = std::thread([this, i] {
      cache->enter_lane(i);
      lanes[i].loop->run();
    });
  }
  return {};
}

void Service::State::stop() {
  if (std::exchange(stopped, true)) return;
  for (LaneParts& lane : lanes) {
    if (!lane.thread.joinable()) continue;
    lane.loop->post([&lane] {
      for (const auto& face : lane.udp) face->stop();
      for (const auto& face : lane.tcp) face->stop_listening();
    });
  }
  for (auto waited = base::Millis{0}; waited < options.drain && cache->under_way() != 0;
       waited += kDrainLook) {
    std::this_thread::sleep_for(kDrainLook);
  }
  for (LaneParts& lane : lanes) {
    if (!lane.thread.joinable()) continue;
    // Behind what was posted before it: a reply to a connection, for one.
    lane.loop->post([loop = lane.loop.get()] { loop->stop(); });
    lane.thread.join();
  }
}

Service::State::~State() {
  stop();
  for (LaneParts& lane : lanes) {
    lane.udp.clear();
    lane.tcp.clear();
  }
  cache.reset();
  for (LaneParts& lane : lanes) lane.source.reset();
}

Service::Service(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(ServiceOptions options, const base::Clock& clock) {
  if (!options.stub && !options.source && options.upstream.servers.empty()) {
    return Error{Errc::bad_argument, Effect::not_sent, "no upstream and no stub: nobody to ask"};
  }
  auto near = open_near(options);
  if (!near) return near.error();
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->make_lanes(clock);
  state->make_cache(std::move(*near), clock);
  if (auto made = state->make_faces(); !made) return made.error();
  if (auto running = state->run(); !running) return running.error();
  return std::unique_ptr<Service>(new Service(std::move(state)));
}

Result<void> Service::use(ServiceRules rules) {
  DnsCache& cache = *state_->cache;
  if (!rules.near_policy.empty()) {
    if (auto set = cache.configure_near("eviction", rules.near_policy); !set) return set;
  }
  if (auto set = cache.configure_near("max_bytes", std::to_string(rules.near_bytes_max)); !set)
    return set;
  state_->guard->use(std::move(rules.guard));
  cache.use(std::move(rules.cache));
  if (!rules.upstream) return {};
  for (LaneParts& lane : state_->lanes) {
    if (lane.upstream == nullptr) continue;
    lane.loop->post(
        [upstream = lane.upstream, options = *rules.upstream] { upstream->use(options); });
  }
  return {};
}

void Service::stop() { state_->stop(); }
Resolver& Service::resolver() noexcept { return *state_->cache; }
CacheAdmin& Service::admin() noexcept { return *state_->cache; }
DnsCache& Service::cache() noexcept { return *state_->cache; }
GuardCounters& Service::guard_counters() noexcept { return state_->guard->counters(); }
const std::vector<net::Endpoint>& Service::listening() const noexcept { return state_->listening; }

}  // namespace larder::dns
