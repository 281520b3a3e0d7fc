#include "store/redis_driver.hpp"

#include <array>

#include "base/limits.hpp"
#include "store/redis_client_options.hpp"
#include "store/redis_exchange.hpp"

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

struct Figure {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t (*read)(const redis::ClientStats& stats);
};

constexpr std::array kFigures{
    Figure{"larder_redis_calls_total", "counter", "Requests accepted.",
           [](auto& s) { return s.calls; }},
    Figure{"larder_redis_timeouts_total", "counter", "Calls whose deadline passed first.",
           [](auto& s) { return s.timeouts; }},
    Figure{"larder_redis_overloaded_total", "counter", "Calls refused because the queue was full.",
           [](auto& s) { return s.overloaded; }},
    Figure{"larder_redis_writes_total", "counter", "Batches of requests written.",
           [](auto& s) { return s.writes; }},
    Figure{"larder_redis_connects_total", "counter", "Connections that became ready.",
           [](auto& s) { return s.connects; }},
    Figure{"larder_redis_disconnects_total", "counter", "Connections lost.",
           [](auto& s) { return s.disconnects; }},
    Figure{"larder_redis_late_replies_total", "counter", "Replies whose callers had left.",
           [](auto& s) { return s.late_replies; }},
    Figure{"larder_redis_waiting", "gauge", "Calls queued or in flight.",
           [](auto& s) -> std::uint64_t { return s.waiting; }},
    Figure{"larder_redis_connected", "gauge", "1 while connected.",
           [](auto& s) -> std::uint64_t { return s.connected; }},
};

class RedisDriver final : public AsksEach<RedisDriver, Operations> {
 public:
  RedisDriver(std::string url, Millis deadline, const redis::ClientOptions& options,
              const base::Clock& clock)
      : url_(std::move(url)), deadline_(deadline), client_(options, clock) {}

  redis::Client& client() noexcept { return client_; }
  std::string_view url() const noexcept override { return url_; }
  bool answers_at_once() const noexcept override { return false; }
  std::string metrics_text() const override;

  template <class Op>
  Result<typename Op::Answer> ask(const Op& op, const CallOptions& call) {
    if (client_.on_io_thread()) {
      return Error{
          Errc::would_deadlock, Effect::not_sent,
          url_ + ": a blocking call on the thread that serves the connection; use the async form"};
    }
    thread_local base::Buffer request;
    auto answer = BlockingExchange<Op>{op, client_, ways_, deadline_of(call)}.run(request);
    // One large value should not stay with each thread that ever wrote one.
    if (request.capacity() > base::limits::kMiB) request.release();
    return answer;
  }

  template <class Op>
  void begin(const Op& op, const CallOptions& call,
             std::shared_ptr<Pending<typename Op::Answer>> pending) {
    std::make_shared<AsyncExchange<Op>>(op, client_, ways_, deadline_of(call), std::move(pending))
        ->begin();
  }

 private:
  base::Instant deadline_of(const CallOptions& call) const {
    return client_.clock().now() + (call.deadline > Millis::zero() ? call.deadline : deadline_);
  }

  const std::string url_;
  const Millis deadline_;
  redis::Client client_;
  Ways ways_{client_};
};

std::string RedisDriver::metrics_text() const {
  const auto stats = client_.stats();
  std::string text;
  for (const auto& figure : kFigures) {
    text.append("# HELP ").append(figure.name).append(" ").append(figure.help).append("\n# TYPE ");
    text.append(figure.name).append(" ").append(figure.type).append("\n").append(figure.name);
    text.append("{url=\"")
        .append(url_)
        .append("\"} ")
        .append(std::to_string(figure.read(stats)))
        .append("\n");
  }
  return text;
}

}  // namespace

Result<std::shared_ptr<StoreDriver>> open_redis(const RedisUrl& url, const StoreOptions& options,
                                                const base::Clock& clock) {
  const auto client = client_options(url, options);
  if (!client) return client.error();
  auto driver = std::make_shared<RedisDriver>(url.shown, options.deadline, *client, clock);
  if (!options.io_context) {
    // The attempt ends itself in time; the rest is for a name server that does not answer.
    const auto ready = driver->client().wait_until_ready(options.connect_timeout * 2);
    if (!ready) return ready.error();
  }
  return std::shared_ptr<StoreDriver>{std::move(driver)};
}

}  // namespace larder::store
