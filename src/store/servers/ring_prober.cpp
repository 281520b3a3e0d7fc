#include "store/servers/ring_prober.hpp"

#include <algorithm>

namespace larder::store {
namespace {

constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";
constexpr std::string_view kFlush = "*1\r\n$7\r\nFLUSHDB\r\n";

}  // namespace

void RingProber::begin() { wait(rules_.every); }

void RingProber::stop() {
  std::shared_ptr<redis::Errand> errand;
  {
    const std::lock_guard guard{mutex_};
    stopped_ = true;
    errand = std::move(errand_);
  }
  if (errand) errand->abandon();
}

void RingProber::wait(base::Nanos time) {
  node_->client.call_after(std::max(time, base::Nanos::zero()), [hook = weak_from_this()] {
    if (const auto prober = hook.lock()) prober->ask(kPing);
  });
}

void RingProber::ask(std::string_view request) {
  refused_ = false;
  const auto& clock = node_->client.clock();
  if (request == kPing) asked_ = clock.now();
  const std::lock_guard guard{mutex_};
  if (stopped_) return;
  errand_ = redis::Errand::send(
      node_->client, request, 1, clock.now() + rules_.every,
      [this](const resp::Value& reply) { refused_ = reply.is_error(); },
      [hook = weak_from_this()](const std::optional<Error>& failure) {
        // Posted: where nothing could be sent we are still in ask().
        const auto prober = hook.lock();
        if (!prober) return;
        const bool answered = !failure && !prober->refused_;
        prober->node_->client.call_after(base::Nanos::zero(), [hook, answered] {
          if (const auto still = hook.lock()) still->judge(answered);
        });
      });
}

void RingProber::judge(bool answered) {
  using Turn = redis::Pulse::Turn;
  if (flushing_) {
    flushing_ = false;
    if (answered) {
      serve_again();
    } else {
      pulse_.not_yet();
    }
  } else {
    const Turn turn = answered ? pulse_.answered() : pulse_.missed();
    if (turn == Turn::died) {
      node_->dead = true;
      tell(StoreEvent::Kind::server_died,
           std::to_string(rules_.dead_after) + " probes were not answered");
    }
    if (turn == Turn::returned) {
      flushing_ = rules_.flush_returned;
      if (flushing_) return ask(kFlush);
      serve_again();
    }
  }
  wait(asked_ + rules_.every - node_->client.clock().now());
}

void RingProber::serve_again() {
  node_->dead = false;
  tell(StoreEvent::Kind::server_returned,
       rules_.flush_returned ? "flushed, it serves again" : "it answers, and serves again");
}

void RingProber::tell(StoreEvent::Kind kind, std::string detail) {
  if (tell_) tell_({kind, node_->name, node_->client.name() + ": " + std::move(detail)});
}

}  // namespace larder::store
