#include "dns/grpc/source.hpp"

#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "dns/grpc/convert.hpp"
#include "dns/message.hpp"
#include "dns/types.hpp"

namespace larder::dns {

class GrpcLink {
 public:
  GrpcLink(std::string where, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : where_(std::move(where)) {
    grpc::ChannelArguments arguments;
    // A resolver that was down is wanted back within a second, not after gRPC's two minutes. What gRPC calls the least
    // pause is how long one attempt may take, with TLS and all.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
    channel_ = grpc::CreateCustomChannel(where_, credentials, arguments);
    stub_ = v1::Resolver::NewStub(channel_);
    keeper_ = std::jthread([channel = channel_](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto wake =
            gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(kLookMs, GPR_TIMESPAN));
        (void)channel->WaitForStateChange(channel->GetState(true), wake);
      }
    });
  }

  const std::string& where() const noexcept { return where_; }
  v1::Resolver::Stub& stub() noexcept { return *stub_; }
  /// Asking makes an idle channel connect.
  bool connected() { return channel_->GetState(true) == GRPC_CHANNEL_READY; }

 private:
  static constexpr int kLookMs = 200;

  const std::string where_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Resolver::Stub> stub_;
  /// Until a call is made nothing of gRPC looks at its sockets, and no handshake comes to its end.
  std::jthread keeper_;
};

Result<std::shared_ptr<GrpcLink>> open_grpc_link(const std::string& where,
                                                 const std::string& authorities_pem) {
  std::string_view place = where;
  const bool tls = place.starts_with("grpcs://");
  if (tls) place.remove_prefix(8);
  if (place.starts_with("grpc://")) place.remove_prefix(7);
  const auto colon = place.rfind(':');
  if (place.empty() || colon == place.npos || colon == 0 || colon + 1 == place.size() ||
      place.find('/') != place.npos) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 "expected grpc://HOST:PORT, or grpcs:// for TLS, found " + base::quoted(where)};
  }
  grpc::SslCredentialsOptions believed;
  believed.pem_root_certs = authorities_pem;
  return std::make_shared<GrpcLink>(std::string(place), tls ? grpc::SslCredentials(believed)
                                                            : grpc::InsecureChannelCredentials());
}

namespace {

/// The loop that answers go back to, until the source ends.
struct WayBack {
  std::mutex mutex;
  net::EventLoop* loop = nullptr;  // guarded by mutex

  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex);
    if (loop != nullptr) loop->post(std::move(work));
  }
};

/// What a call needs until its callback has run.
struct RemoteCall {
  grpc::ClientContext context;
  v1::ResolveRequest request;
  v1::ResolveResponse response;
};

Result<Message> message_of(const RemoteCall& call, const std::string& where) {
  if (!call.response.comment().empty())
    return Error{Errc::server_error, Effect::maybe_executed,
                 where + ": " + call.response.comment()};
  auto message = parse_message(call.response.wire());
  if (!message)
    return Error{Errc::protocol, Effect::maybe_executed, where + ": " + message.error().detail};
  if (message->rcode == rcode::kNoError || message->rcode == rcode::kNxDomain) return message;
  return Error{Errc::server_error, Effect::maybe_executed,
               where + ": " + rcode_text(message->rcode)};
}

class GrpcSource final : public Source {
 public:
  GrpcSource(std::shared_ptr<GrpcLink> link, net::EventLoop& loop, const base::Clock& clock)
      : link_(std::move(link)), clock_(clock), way_back_(std::make_shared<WayBack>()) {
    way_back_->loop = &loop;
    link_->connected();
  }
  ~GrpcSource() override {
    const std::lock_guard lock(way_back_->mutex);
    way_back_->loop = nullptr;
  }

  void ask(const Question& question, base::Instant deadline, Done done) override {
    ++queries_;
    const auto call = std::make_shared<RemoteCall>();
    call->request = request_of(question);
    call->context.set_deadline(std::chrono::system_clock::time_point(
        clock_.wall() + std::chrono::ceil<base::Millis>(deadline - clock_.now())));
    link_->stub().async()->Resolve(
        &call->context, &call->request, &call->response,
        [call, done = std::move(done), way_back = way_back_, link = link_,
         failures = failures_](const grpc::Status& status) mutable {
          auto result = status.ok() ? message_of(*call, link->where())
                                    : Result<Message>(error_of(status, link->where()));
          if (!result) ++*failures;
          way_back->post([done = std::move(done), result = std::move(result)]() mutable {
            done(std::move(result));
          });
        });
  }

  Origin origin() const noexcept override { return Origin::upstream; }
  std::string trouble() const override {
    return link_->connected() ? "" : "the resolver at " + link_->where() + " does not answer";
  }
  void count(DnsStats& stats) const override {
    stats.upstream_queries += queries_;
    stats.upstream_failures += *failures_;
  }

 private:
  const std::shared_ptr<GrpcLink> link_;
  const base::Clock& clock_;
  const std::shared_ptr<WayBack> way_back_;
  std::atomic<std::uint64_t> queries_{0};
  const std::shared_ptr<std::atomic<std::uint64_t>> failures_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace

std::unique_ptr<Source> make_grpc_source(std::shared_ptr<GrpcLink> link, net::EventLoop& loop,
                                         const base::Clock& clock) {
  return std::make_unique<GrpcSource>(std::move(link), loop, clock);
}

}  // namespace larder::dns
