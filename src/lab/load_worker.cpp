#include "lab/load_worker.hpp"

#include <algorithm>

namespace larder::lab {
namespace {

/// Bytes of one batch while loading and erasing: large enough that the network's cost per request
/// is nothing, small enough for any server's buffers.
constexpr std::size_t kSweepBytes = 64 * 1024;
constexpr std::size_t kSweepRequestsMax = 256;

std::size_t sweep_batch(const BenchOptions& options) {
  return std::clamp<std::size_t>(kSweepBytes / (options.value.high + 64), 1, kSweepRequestsMax);
}

std::size_t buffer_bytes(const Traffic& traffic) {
  return std::max<std::size_t>(256 * 1024, 2 * traffic.reply_bytes_max());
}

/// This thread's part of `total`, so that all parts make the whole.
std::uint64_t part(std::uint64_t total, unsigned index, unsigned of) {
  return total / of + (index < total % of ? 1 : 0);
}

}  // namespace

void LoadRun::fail(Error error) {
  const std::lock_guard lock(failure_mutex);
  if (!failure) failure = std::move(error);
  stopping = true;
}

LoadWorker::LoadWorker(LoadRun& run, unsigned index)
    : run_(run),
      index_(index),
      loop_(run.clock),
      shared_{run.traffic,    run.clock, loop_,
              *this,          &counts_,  std::vector<char>(buffer_bytes(run.traffic)),
              run.clock.now()},
      picker_(run.distribution, run.options.keys, run.options.seed + index) {}

LoadWorker::~LoadWorker() = default;

void LoadWorker::connect() {
  const net::Endpoint endpoint{run_.options.host, run_.options.port};
  const auto count = part(run_.options.connections, index_, run_.options.threads);
  for (std::uint64_t i = 0; i < count && !run_.stopping; ++i) {
    auto socket = net::connect_tcp(endpoint, base::Millis{3'000});
    if (!socket) return run_.fail(socket.error());
    connections_.push_back(std::make_unique<LoadConnection>(
        shared_, std::make_unique<net::TcpStream>(std::move(*socket)), net::to_string(endpoint)));
    if (const auto watched = connections_.back()->watch(); !watched) {
      return run_.fail(watched.error());
    }
  }
  if (run_.options.password.empty()) return;
  begin(Phase::quiet);
  for (auto& connection : connections_) {
    connection->add_auth(run_.options.user, run_.options.password, run_.clock.now());
    connection->flush();
  }
  finish();
}

void LoadWorker::sweep(Op op) {
  begin(Phase::sweep);
  sweep_op_ = op;
  sweep_next_ = index_;
  for (auto& connection : connections_) refill(*connection, run_.clock.now());
  finish();
}

void LoadWorker::closed_loop(base::Instant until, std::uint64_t requests) {
  begin(Phase::closed);
  until_ = until;
  left_ = requests == 0 ? ~std::uint64_t{0} : part(requests, index_, run_.options.threads);
  for (auto& connection : connections_) refill(*connection, run_.clock.now());
  finish();
}

std::uint64_t LoadWorker::open_loop(base::Instant from, base::Instant until,
                                    std::uint64_t requests) {
  begin(Phase::quiet);
  const double step_ns = 1e9 / run_.options.rate * run_.options.threads;
  const double offset_ns = 1e9 / run_.options.rate * index_;
  const std::uint64_t total =
      requests != 0
          ? part(requests, index_, run_.options.threads)
          : static_cast<std::uint64_t>(static_cast<double>((until - from).count()) / step_ns);
  const auto due = [&](std::uint64_t n) {
    return from +
           base::Nanos{static_cast<std::int64_t>(offset_ns + step_ns * static_cast<double>(n))};
  };
  std::uint64_t late = 0;
  std::uint64_t counted_late = 0;  // One past the last request that was found to be late.
  for (std::uint64_t next = 0; next < total && !run_.stopping;) {
    const base::Instant now = run_.clock.now();
    while (next < total && due(next) <= now) {
      LoadConnection* const connection = with_room();
      if (connection == nullptr) {
        if (counted_late <= next) {
          ++late;
          counted_late = next + 1;
        }
        break;
      }
      add_random(*connection, due(next++));
      connection->flush();
    }
    // The loop's clock ticks in milliseconds: near the next request we ask again at once.
    const base::Nanos wait = next < total ? due(next) - run_.clock.now() : base::Nanos{0};
    turn(wait > base::Millis{2} ? wait - base::Millis{1} : base::Nanos{0});
  }
  finish();
  return late;
}

LoadCounts LoadWorker::take_counts() {
  LoadCounts result = std::move(counts_);
  counts_ = LoadCounts{};
  told_ = 0;
  return result;
}

std::vector<std::uint64_t> LoadWorker::take_replies() {
  std::vector<std::uint64_t> replies;
  replies.reserve(connections_.size());
  for (const auto& connection : connections_) replies.push_back(connection->take_replies_counted());
  return replies;
}

void LoadWorker::answered(LoadConnection& connection, base::Instant now) {
  refill(connection, now);
}

bool LoadWorker::refill(LoadConnection& connection, base::Instant now) {
  switch (phase_) {
    case Phase::quiet:
      return false;
    case Phase::sweep:
      return refill_sweep(connection, now);
    case Phase::closed:
      return refill_closed(connection, now);
  }
  return false;
}

bool LoadWorker::refill_sweep(LoadConnection& connection, base::Instant now) {
  const std::size_t batch = sweep_batch(run_.options);
  std::size_t added = 0;
  for (; added < batch && sweep_next_ < run_.options.keys; ++added) {
    connection.add(sweep_op_, sweep_next_, now);
    sweep_next_ += run_.options.threads;
  }
  if (added > 0) connection.flush();
  return added > 0;
}

bool LoadWorker::refill_closed(LoadConnection& connection, base::Instant now) {
  if (now >= until_ || left_ == 0 || run_.stopping.load(std::memory_order_relaxed)) return false;
  const auto batch = std::min<std::uint64_t>(run_.options.pipeline, left_);
  left_ -= batch;
  for (std::uint64_t i = 0; i < batch; ++i) add_random(connection, now);
  connection.flush();
  return true;
}

void LoadWorker::add_random(LoadConnection& connection, base::Instant start) {
  const double share = run_.options.get_share;
  const bool get = share >= 1 || (share > 0 && picker_.random().unit() < share);
  connection.add(get ? Op::get : Op::set, picker_.next(), start);
}

LoadConnection* LoadWorker::with_room() {
  for (std::size_t tried = 0; tried < connections_.size(); ++tried) {
    LoadConnection& connection = *connections_[next_connection_];
    next_connection_ = (next_connection_ + 1) % connections_.size();
    if (connection.waiting() < run_.options.pipeline) return &connection;
  }
  return nullptr;
}

void LoadWorker::begin(Phase phase) {
  phase_ = phase;
  shared_.last_reply = run_.clock.now();
}

void LoadWorker::finish() {
  while (waiting() && !run_.stopping) turn(base::Millis{100});
}

void LoadWorker::turn(base::Nanos wait_at_most) {
  loop_.run_once(wait_at_most);
  if (index_ == 0 && run_.tick && loop_.now() - last_tick_ >= base::Millis{100}) {
    last_tick_ = loop_.now();
    run_.tick(last_tick_);
  }
  const std::uint64_t answered = counts_.answered();
  if (answered != told_) {
    run_.answered.fetch_add(answered - told_, std::memory_order_relaxed);
    told_ = answered;
  } else if (loop_.now() - shared_.last_reply > kSilenceMax && waiting()) {
    run_.fail({Errc::timeout, Effect::maybe_executed,
               net::to_string({run_.options.host, run_.options.port}) + ": no reply in 10 s"});
  }
}

bool LoadWorker::waiting() const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& connection) { return connection->waiting() > 0; });
}

}  // namespace larder::lab
