#include "coord/watch.hpp"

#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace larder::coord {

namespace asio = boost::asio;

// ---- one lease ----------------------------------------------------------------------------------------

base::Instant Watch::ends() const {
  const std::lock_guard guard{mutex_};
  return renewal_.ends();
}

base::Instant Watch::next() const {
  const std::lock_guard guard{mutex_};
  return closed_ ? base::Instant::max() : renewal_.next();
}

Result<bool> Watch::extend(Millis ttl, const CallOptions& call) {
  {
    std::unique_lock lock{mutex_};
    free_.wait(lock, [this] { return !busy_; });
    busy_ = true;
  }
  const base::Instant asked = claim_.world().now();
  auto extended = claim_.extend(ttl, call);
  end_turn(asked, ttl, extended);
  return extended;
}

bool Watch::take_turn() {
  const std::lock_guard guard{mutex_};
  return !std::exchange(busy_, true);
}

void Watch::end_turn(base::Instant asked, Millis ttl, const Result<bool>& answer) {
  const std::lock_guard guard{mutex_};
  busy_ = false;
  if (answer && *answer) renewal_.confirmed(asked, ttl);
  if (answer && !*answer) renewal_.refused();
  free_.notify_all();
}

void Watch::close() {
  const std::lock_guard guard{mutex_};
  closed_ = true;
}

std::optional<Deed> Watch::begin(base::Instant now, double jitter) {
  const std::lock_guard guard{mutex_};
  if (closed_) return std::nullopt;
  const Deed deed = renewal_.due(now);
  if (deed == Deed::tell) renewal_.told();
  if (deed == Deed::renew) {
    renewal_.attempted(now, jitter);
    if (busy_) return Deed::wait;  // The holder is extending it.
    busy_ = true;
  }
  return deed;
}

// ---- all of them --------------------------------------------------------------------------------------

struct Watchers::Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

Watchers::Watchers(const base::Clock& clock, std::uint64_t seed)
    : clock_(clock), loop_(std::make_unique<Loop>()), random_(seed) {}

Watchers::~Watchers() = default;

std::size_t Watchers::size() const {
  const std::lock_guard guard{mutex_};
  return when_.size();
}

void Watchers::put(const std::shared_ptr<Watch>& watch) {
  const base::Instant next = watch->next();
  const std::lock_guard guard{mutex_};
  const auto at = when_.find(watch.get());
  if (at == when_.end()) return;  // Let go meanwhile.
  queue_.erase({at->second, watch.get()});
  at->second = next;
  queue_.emplace(std::pair{next, watch.get()}, watch);
}

void Watchers::add(const std::shared_ptr<Watch>& watch) {
  {
    const std::lock_guard guard{mutex_};
    when_.emplace(watch.get(), base::Instant::max());
  }
  changed(watch);
}

void Watchers::remove(const Watch& watch) {
  const std::lock_guard guard{mutex_};
  const auto at = when_.find(&watch);
  if (at == when_.end()) return;
  queue_.erase({at->second, &watch});
  when_.erase(at);
}

void Watchers::changed(const std::shared_ptr<Watch>& watch) {
  put(watch);
  wake();
}

void Watchers::wake() {
  asio::post(loop_->context, [] {});
}

void Watchers::renew(std::shared_ptr<Watch> watch) {
  asio::co_spawn(
      loop_->context,
      [this, watch = std::move(watch)]() -> Task<void> {
        const base::Instant asked = clock_.now();
        const Millis ttl = watch->renewal_.ttl();
        auto answer =
            co_await watch->claim_.async_extend(ttl, {.deadline = watch->renewal_.patience()});
        watch->end_turn(asked, ttl, answer);
        put(watch);
      },
      asio::detached);
}

void Watchers::release(Claim claim) {
  asio::co_spawn(
      loop_->context,
      [claim = std::move(claim)]() -> Task<void> { (void)co_await claim.async_release({}); },
      asio::detached);
}

base::Instant Watchers::turn() {
  for (;;) {
    loop_->context.poll();
    const base::Instant now = clock_.now();
    std::vector<std::shared_ptr<Watch>> due;
    {
      const std::lock_guard guard{mutex_};
      for (const auto& [key, watch] : queue_) {
        if (key.first > now) break;
        due.push_back(watch);
      }
      if (due.empty()) return queue_.empty() ? base::Instant::max() : queue_.begin()->first.first;
    }
    for (const auto& watch : due) {
      const auto deed = watch->begin(now, random_.unit());
      if (deed == Deed::tell) watch->stop_.request_stop();
      if (deed == Deed::renew) renew(watch);
      put(watch);
    }
  }
}

void Watchers::run(const std::stop_token& stop) {
  constexpr base::Nanos kLongest{60'000'000'000};
  while (!stop.stop_requested()) {
    const base::Instant next = turn();
    const base::Instant now = clock_.now();
    if (next <= now) continue;
    loop_->context.run_one_for(next - now > kLongest ? kLongest : next - now);
  }
}

}  // namespace larder::coord
