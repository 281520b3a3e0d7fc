#include "store/redis/driver.hpp"

#include <array>

#include "redis/io_thread.hpp"
#include "store/redis/access.hpp"
#include "store/redis/client_options.hpp"
#include "store/redis/fan.hpp"
#include "store/redis/scan.hpp"
#include "store/servers/cluster_topology.hpp"
#include "store/servers/ring_topology.hpp"
#include "store/servers/sentinel_topology.hpp"
#include "store/subscriptions/remote_wakes.hpp"

namespace larder::store {
namespace {

/// Both calls of every operation, as one template each of `Derived`.
template <class Derived, class List>
class AsksEach;

template <class Derived>
class AsksEach<Derived, OperationList<>> : public StoreDriver {};

template <class Derived, class Op, class... Rest>
class AsksEach<Derived, OperationList<Op, Rest...>>
    : public AsksEach<Derived, OperationList<Rest...>> {
 public:
  using Answer = typename Op::Answer;
  using AsksEach<Derived, OperationList<Rest...>>::run;
  using AsksEach<Derived, OperationList<Rest...>>::start;

  Result<Answer> run(const Op& op, const CallOptions& call) override {
    return static_cast<Derived&>(*this).ask(op, call);
  }
  void start(const Op& op, const CallOptions& call,
             std::shared_ptr<Pending<Answer>> pending) override {
    static_cast<Derived&>(*this).begin(op, call, std::move(pending));
  }
};

struct ClientFigure {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t (*read)(const redis::ClientStats& stats);
};

constexpr std::array kClientFigures{
    ClientFigure{"larder_redis_calls_total", "counter", "Requests accepted.",
                 [](auto& s) { return s.calls; }},
    ClientFigure{"larder_redis_timeouts_total", "counter", "Calls whose deadline passed first.",
                 [](auto& s) { return s.timeouts; }},
    ClientFigure{"larder_redis_overloaded_total", "counter",
                 "Calls refused because the queue was full.", [](auto& s) { return s.overloaded; }},
    ClientFigure{"larder_redis_writes_total", "counter", "Batches of requests written.",
                 [](auto& s) { return s.writes; }},
    ClientFigure{"larder_redis_connects_total", "counter", "Connections that became ready.",
                 [](auto& s) { return s.connects; }},
    ClientFigure{"larder_redis_disconnects_total", "counter", "Connections lost.",
                 [](auto& s) { return s.disconnects; }},
    ClientFigure{"larder_redis_late_replies_total", "counter", "Replies whose callers had left.",
                 [](auto& s) { return s.late_replies; }},
    ClientFigure{"larder_redis_waiting", "gauge", "Calls queued or in flight.",
                 [](auto& s) -> std::uint64_t { return s.waiting; }},
    ClientFigure{"larder_redis_connected", "gauge", "1 while connected.",
                 [](auto& s) -> std::uint64_t { return s.connected; }},
};

template <class Row>
Result<typename Row::Answer> answer_of(Row& row, std::optional<Error> failure) {
  if (failure) return *std::move(failure);
  if constexpr (std::is_void_v<typename Row::Answer>) {
    return {};
  } else {
    return row.take();
  }
}

class RedisDriver final : public AsksEach<RedisDriver, Operations> {
 public:
  RedisDriver(std::string url, Millis deadline, std::unique_ptr<redis::IoThread> thread,
              boost::asio::io_context& context, std::shared_ptr<Topology> topology,
              const base::Clock& clock)
      : url_(std::move(url)),
        deadline_(deadline),
        clock_(clock),
        thread_(std::move(thread)),
        context_(context),
        topology_(std::move(topology)),
        access_{url_, *topology_, context_, clock_, deadline_} {}

  ~RedisDriver() override { topology_->close(); }
  RedisDriver(const RedisDriver&) = delete;
  RedisDriver& operator=(const RedisDriver&) = delete;

  std::string_view url() const noexcept override { return url_; }
  bool answers_at_once() const noexcept override { return false; }
  std::string metrics_text() const override;
  std::vector<ServerHealth> health() const override { return topology_->health(); }
  Result<void> add_server(std::string_view server, const ServerOptions& options) override {
    return topology_->add_server(server, options);
  }
  Result<void> remove_server(std::string_view name) override {
    return topology_->remove_server(name);
  }

  Backing backing() const override;
  base::Wakes* wakes() noexcept override { return wakes_.get(); }
  RemoteWakes& remote_wakes() noexcept { return *wakes_; }
  const RedisAccess* redis() const noexcept override { return &access_; }

  template <class Op>
  Result<typename Op::Answer> ask(const Op& op, const CallOptions& call) {
    if (auto here = access_.refuse_here()) return *std::move(here);
    if constexpr (std::is_same_v<Op, Scan>) {
      return scan(op, call);
    } else if (call.stop != nullptr && call.stop->stop_possible()) {
      return ask_until(*call.stop, op, call);
    } else if constexpr (requires { leading_key(op); }) {
      if (auto apart = scattered(op, *topology_)) return *std::move(apart);
      Wire<Op> row{op};
      return answer_of(row, ask_key(row, nature_of(op), leading_key(op), call));
    } else if (topology_->is_one()) {
      Wire<Op> row{op};
      return answer_of(row, ask_key(row, nature_of(op), {}, call));
    } else {
      const auto awaited = std::make_shared<Awaited<typename Op::Answer>>();
      fan_out(op, deadline_of(call), awaited);
      return awaited->wait();
    }
  }

  template <class Op>
  void begin(const Op& op, const CallOptions& call,
             std::shared_ptr<Pending<typename Op::Answer>> pending) {
    if constexpr (std::is_same_v<Op, Scan>) {
      // No coroutine form asks for a page: see Store.
      pending->answered(scan(op, call));
    } else if constexpr (requires { leading_key(op); }) {
      if (auto apart = scattered(op, *topology_)) return pending->answered(*std::move(apart));
      const Nature nature = nature_of(op);
      begin_key(std::make_shared<AsyncCall<Op>>(op, nature, std::move(pending)), nature.use,
                leading_key(op), call);
    } else if (topology_->is_one()) {
      const Nature nature = nature_of(op);
      begin_key(std::make_shared<AsyncCall<Op>>(op, nature, std::move(pending)), nature.use, {},
                call);
    } else {
      fan_out(op, deadline_of(call), std::move(pending));
    }
  }

 private:
  base::Instant deadline_of(const CallOptions& call) const {
    return access_.deadline_of(call.deadline);
  }
  template <class Op>
  Nature nature_of(const Op& op) const {
    if constexpr (requires { op.may_be_stale; }) {
      if (op.may_be_stale && topology_->reads_replicas()) return {kRepeatable<Op>, Use::glance};
    }
    return kNature<Op>;
  }
  /// The way of a coroutine, for that has an end before its time.
  template <class Op>
  Result<typename Op::Answer> ask_until(const std::stop_token& stop, const Op& op,
                                        const CallOptions& call) {
    if (auto stopped = access_.refuse_stopped(stop)) return *std::move(stopped);
    const auto awaited = std::make_shared<Awaited<typename Op::Answer>>();
    begin(op, call, awaited);
    return awaited->wait(stop);
  }
  // None: the row has the answer.
  std::optional<Error> ask_key(AnyRow& row, Nature nature, std::string_view key,
                               const CallOptions& call);
  std::optional<Error> ask_server(AnyRow& row, Nature nature, NodePointer server,
                                  const CallOptions& call);
  void begin_key(const std::shared_ptr<AsyncExchange>& exchange, Use use, std::string_view key,
                 const CallOptions& call);

  template <class Op>
  void fan_out(const Op& op, base::Instant deadline,
               std::shared_ptr<Pending<typename Op::Answer>> pending) {
    std::vector<FanPart> parts;
    const Nature nature = nature_of(op);
    if constexpr (kIsBatch<Op>) {
      parts = split(keys_of(op), *topology_, nature.use);
    } else {
      for (auto& node : topology_->all()) parts.push_back({{std::move(node)}, {}, {}, {}});
      if (parts.empty()) {
        return pending->answered(
            Error{Errc::unreachable, Effect::not_sent, url_ + ": no server of it is known yet"});
      }
    }
    std::make_shared<FanOf<Op>>(op, nature, std::move(parts), *topology_, deadline,
                                std::move(pending))
        ->begin();
  }

  Result<ScanPage> scan(const Scan& op, const CallOptions& call);

  const std::string url_;
  const Millis deadline_;
  const base::Clock& clock_;
  const std::unique_ptr<redis::IoThread> thread_;  // Goes after the clients that run on it.
  boost::asio::io_context& context_;
  const std::shared_ptr<Topology> topology_;
  const RedisAccess access_;
  const std::shared_ptr<RemoteWakes> wakes_ = std::make_shared<RemoteWakes>();
};

std::optional<Error> RedisDriver::ask_key(AnyRow& row, Nature nature, std::string_view key,
                                          const CallOptions& call) {
  auto place = topology_->place(key, nature.use);
  if (!place) return place.error();
  if (!place->node && is_read(nature.use)) return std::nullopt;
  return BlockingExchange{row, nature}.run(
      {topology_.get(), *std::move(place), key, deadline_of(call)});
}

std::optional<Error> RedisDriver::ask_server(AnyRow& row, Nature nature, NodePointer server,
                                             const CallOptions& call) {
  return BlockingExchange{row, nature}.run(
      {topology_.get(), {std::move(server)}, {}, deadline_of(call)});
}

void RedisDriver::begin_key(const std::shared_ptr<AsyncExchange>& exchange, Use use,
                            std::string_view key, const CallOptions& call) {
  auto place = topology_->place(key, use);
  if (!place) return exchange->tell(place.error());
  if (!place->node && is_read(use)) return exchange->tell(std::nullopt);
  exchange->begin({topology_.get(), *std::move(place), key, deadline_of(call)});
}

// Server after server; one that is dead is passed over, and what is left of keys that live elsewhere now is not shown.
Result<ScanPage> RedisDriver::scan(const Scan& op, const CallOptions& call) {
  auto nodes = topology_->all();
  const auto ask_for = [&](const Scan& page) {
    Wire<Scan> row{page};
    return answer_of(row, ask_server(row, kNature<Scan>, nodes[0], call));
  };
  if (topology_->is_one()) return ask_for(op);
  ScanPosition at = scan_position(op.cursor);
  std::erase_if(nodes,
                [&](const NodePointer& node) { return node->dead || node->number < at.server; });
  if (nodes.empty() && op.cursor == 0 && topology_->splits_by_key()) {
    return Error{Errc::unreachable, Effect::not_sent, url_ + ": no server of it is known yet"};
  }
  if (nodes.empty()) return ScanPage{};
  if (nodes[0]->number != at.server) at = {nodes[0]->number, 0};
  auto page = ask_for({at.cursor, op.match, op.count});
  if (!page) return page;
  std::erase_if(page->keys,
                [&](const std::string& key) { return !topology_->is_at_home(*nodes[0], key); });
  if (page->cursor == 0) {
    page->cursor = nodes.size() > 1 ? *scan_cursor({nodes[1]->number, 0}) : 0;
    return page;
  }
  const auto cursor = scan_cursor({at.server, page->cursor});
  if (!cursor) {
    return Error{Errc::unsupported, Effect::refused,
                 nodes[0]->client.name() +
                     ": its scan cursors are too long for a store of several servers; start larder "
                     "serve with at most 64 shards"};
  }
  page->cursor = *cursor;
  return page;
}

Backing RedisDriver::backing() const {
  bool native = true;
  for (const auto& node : topology_->all()) native = native && node->ways.knows(Native::lock);
  return {topology_->kind(), native, topology_->reads_replicas()};
}

std::string RedisDriver::metrics_text() const {
  std::string text;
  auto nodes = topology_->all();
  for (auto& replica : topology_->replicas()) nodes.push_back(std::move(replica));
  for (const auto& figure : kClientFigures) {
    text.append("# HELP ").append(figure.name).append(" ").append(figure.help).append("\n# TYPE ");
    text.append(figure.name).append(" ").append(figure.type).append("\n");
    for (const auto& node : nodes) {
      text.append(figure.name).append("{url=\"").append(url_);
      if (nodes.size() > 1 || !topology_->is_one()) text.append("\",server=\"").append(node->name);
      text.append("\"} ").append(std::to_string(figure.read(node->stats()))).append("\n");
    }
  }
  return text;
}

/// The user's context, or a thread of the store's own.
struct Running {
  std::unique_ptr<redis::IoThread> thread;
  StoreOptions options;
};

Running running(const StoreOptions& options) {
  Running out{nullptr, options};
  if (options.io_context) return out;
  out.thread = std::make_unique<redis::IoThread>();
  out.options.io_context = &out.thread->context();
  return out;
}

/// What the handles of a store share. A driver that listens for those who wait is held by what it listens with.
struct Shared {
  explicit Shared(std::shared_ptr<RedisDriver> its_driver) : driver(std::move(its_driver)) {
    driver->remote_wakes().attach(driver);
  }
  ~Shared() { driver->remote_wakes().close(); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  const std::shared_ptr<RedisDriver> driver;
};

std::shared_ptr<StoreDriver> driver_of(std::string url, Running running,
                                       std::shared_ptr<Topology> topology,
                                       const base::Clock& clock) {
  boost::asio::io_context& context = *running.options.io_context;
  auto driver =
      std::make_shared<RedisDriver>(std::move(url), running.options.deadline,
                                    std::move(running.thread), context, std::move(topology), clock);
  const auto shared = std::make_shared<const Shared>(std::move(driver));
  return {shared, shared->driver.get()};
}

/// One server that is away need not keep a ring from opening; a wrong password must.
Result<void> wait_for_ring(const Topology& topology, const StoreOptions& options,
                           const base::Clock& clock) {
  const auto end = clock.now() + options.connect_timeout * 2;
  std::optional<Error> first;
  bool any = false;
  for (const auto& node : topology.all()) {
    const auto left = std::chrono::duration_cast<Millis>(end - clock.now());
    const auto ready = node->client.wait_until_ready(std::max(left, Millis{1}));
    any = any || ready;
    if (ready || (first && ready.error().code == Errc::unreachable)) continue;
    if (ready.error().code == Errc::unauthorized) return ready.error();
    first = ready.error();
  }
  if (any || !first) return {};
  return *first;
}

}  // namespace

Result<std::shared_ptr<StoreDriver>> open_redis(const RedisUrl& url, const StoreOptions& options,
                                                const base::Clock& clock) {
  Running run = running(options);
  const auto client = client_options(url, run.options);
  if (!client) return client.error();
  const auto node = std::make_shared<RedisNode>(url.shown, 0, *client, clock);
  if (!options.io_context) {
    // The attempt ends itself in time; the rest is for a name server that does not answer.
    const auto ready = node->client.wait_until_ready(options.connect_timeout * 2);
    if (!ready) return ready.error();
  }
  return driver_of(url.shown, std::move(run), std::make_unique<OneServer>(node), clock);
}

Result<std::shared_ptr<StoreDriver>> open_ring(const ServersUrl& url, const StoreOptions& options,
                                               const base::Clock& clock) {
  Running run = running(options);
  auto ring = RingTopology::make(url, run.options, run.thread == nullptr, clock);
  if (!ring) return ring.error();
  if (!options.io_context) {
    if (auto ready = wait_for_ring(**ring, options, clock); !ready) return ready.error();
  }
  return driver_of(url.shown, std::move(run), *std::move(ring), clock);
}

Result<std::shared_ptr<StoreDriver>> open_sentinel(const ServersUrl& url,
                                                   const StoreOptions& options,
                                                   const base::Clock& clock) {
  Running run = running(options);
  auto topology = SentinelTopology::make(url, run.options, clock);
  if (!topology) return topology.error();
  if (!options.io_context) {
    const auto node = (*topology)->all()[0];
    const auto ready = node->client.wait_until_ready(options.connect_timeout * 2);
    if (!ready) return ready.error();
  }
  return driver_of(url.shown, std::move(run), *std::move(topology), clock);
}

Result<std::shared_ptr<StoreDriver>> open_cluster(const ServersUrl& url,
                                                  const StoreOptions& options,
                                                  const base::Clock& clock) {
  Running run = running(options);
  auto topology = ClusterTopology::make(url, run.options, clock);
  if (!topology) return topology.error();
  ClusterTopology& cluster = **topology;
  // Moved in: its clients must go before the thread that they run on.
  auto driver = driver_of(url.shown, std::move(run), *std::move(topology), clock);
  if (options.io_context) {
    cluster.refresh();
  } else if (auto known = cluster.wait_until_known(options.connect_timeout * 2); !known) {
    return known.error();
  }
  return driver;
}

}  // namespace larder::store
