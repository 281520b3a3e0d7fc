#include "lab/load.hpp"

#include <algorithm>
#include <barrier>
#include <ctime>
#include <numeric>
#include <thread>

#include "lab/load_worker.hpp"

namespace larder::lab {
namespace {

constexpr const char* kWarmingUp = "warming up";

/// Seconds of processor time that this process has used.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Result<Distribution> checked(const BenchOptions& options) {
  const auto bad = [](const char* what) {
    return Error{Errc::bad_argument, Effect::not_sent, what};
  };
  if (options.keys == 0) return bad("there must be at least one key");
  if (options.connections == 0) return bad("there must be at least one connection");
  if (options.pipeline == 0) return bad("a pipeline is at least 1 deep");
  if (options.threads == 0 || options.threads > options.connections) {
    return bad("threads: at least 1, and no more than connections");
  }
  if (!(options.get_share >= 0 && options.get_share <= 1)) {
    return bad("the share of GETs is a number from 0 to 1");
  }
  if (!(options.rate >= 0 && options.rate <= 1e9)) {
    return bad("the rate is requests a second, up to 1e9; 0 is as fast as replies come");
  }
  if (options.value.high > 512 * 1024 * 1024) return bad("a value has at most 512 MiB");
  return Distribution::parse(options.distribution);
}

/// One run: its threads meet at a barrier between phases.
class Load {
 public:
  Load(const BenchOptions& options, const Distribution& distribution, const base::Clock& clock,
       const LoadProgress& progress)
      : options_(options),
        traffic_({options.prefix, options.keys, options.value, options.verify}),
        run_{options, distribution, traffic_, clock},
        progress_(progress),
        barrier_(static_cast<std::ptrdiff_t>(options.threads)) {}

  Result<LoadReport> run() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.threads; ++i) threads.emplace_back([this, i] { work(i); });
    work(0);
    for (auto& thread : threads) thread.join();
    if (run_.failure && !measured_) return *run_.failure;
    report_.failure = run_.failure;
    return std::move(report_);
  }

 private:
  void work(unsigned index) {
    LoadWorker worker(run_, index);
    worker.connect();
    const bool measures = options_.duration.count() > 0 || options_.requests > 0;
    if (options_.preload) {
      phase(index, "loading", options_.keys, [&] { worker.sweep(Op::set); });
      require_loaded(worker.take_counts());
    }
    if (measures && options_.warm_up.count() > 0) {
      phase(index, kWarmingUp, 0, [&] { loop(worker, options_.warm_up, 0); });
    }
    worker.take_counts();
    worker.take_replies();
    if (measures) {
      phase(index, "measuring", options_.requests, [&] {
        measured_ = true;
        late_ += loop(worker, options_.duration, options_.requests);
      });
      collect(worker);
    }
    const bool wrote = options_.preload || (measures && options_.get_share < 1);
    if (wrote && !options_.keep) {
      phase(index, "erasing", options_.keys, [&] { worker.sweep(Op::erase); });
    }
  }

  /// Every thread begins a phase together; the first one draws its progress.
  template <class Body>
  void phase(unsigned index, const char* name, std::uint64_t requests, Body&& body) {
    barrier_.arrive_and_wait();
    if (index == 0) {
      run_.answered = 0;
      started_ = run_.clock.now();
      processor_started_ = processor_seconds();
    }
    barrier_.arrive_and_wait();
    if (run_.stopping) return;
    if (index == 0) {
      run_.tick = [this, name, requests](base::Instant now) { tell(name, requests, now); };
    }
    body();
    if (index == 0) run_.tick = nullptr;
  }

  void tell(const char* name, std::uint64_t requests, base::Instant now) const {
    if (!progress_) return;
    const std::uint64_t answered = run_.answered;
    const double done =
        requests > 0 ? static_cast<double>(answered) / static_cast<double>(requests)
                     : std::chrono::duration<double>(now - started_) /
                           std::chrono::duration<double>(name == kWarmingUp ? options_.warm_up
                                                                            : options_.duration);
    progress_(name, std::min(done, 1.0), answered);
  }

  /// A key that could not be written would show as a miss later: better to say why at once.
  void require_loaded(const LoadCounts& counts) {
    if (counts.errors + counts.wrong == 0) return;
    run_.fail({Errc::server_error, Effect::maybe_executed,
               "the server did not take the keys: " + counts.first_error});
  }

  std::uint64_t loop(LoadWorker& worker, base::Millis duration, std::uint64_t requests) {
    const base::Instant until = requests > 0
                                    ? base::Instant::max()
                                    : started_ + std::chrono::duration_cast<base::Nanos>(duration);
    if (options_.rate > 0) return worker.open_loop(started_, until, requests);
    worker.closed_loop(until, requests);
    return 0;
  }

  void collect(LoadWorker& worker) {
    const base::Instant end = worker.last_reply();
    const std::lock_guard lock(report_mutex_);
    report_.counts.merge(worker.take_counts());
    const auto replies = worker.take_replies();
    report_.replies.insert(report_.replies.end(), replies.begin(), replies.end());
    report_.seconds =
        std::max(report_.seconds, std::chrono::duration<double>(end - started_).count());
    report_.generator_seconds = processor_seconds() - processor_started_;
    report_.late = late_;
  }

  const BenchOptions& options_;
  Traffic traffic_;
  LoadRun run_;
  const LoadProgress& progress_;
  std::barrier<> barrier_;
  base::Instant started_{};
  double processor_started_ = 0;
  std::atomic<bool> measured_{false};
  std::atomic<std::uint64_t> late_{0};
  std::mutex report_mutex_;
  LoadReport report_;  // Guarded by report_mutex_ while threads run.
};

}  // namespace

double LoadReport::fairness() const noexcept {
  const auto sum = std::accumulate(replies.begin(), replies.end(), std::uint64_t{0});
  if (sum == 0) return 0;
  const auto least = static_cast<double>(*std::min_element(replies.begin(), replies.end()));
  return least * static_cast<double>(replies.size()) / static_cast<double>(sum);
}

Result<LoadReport> run_load(const BenchOptions& options, const base::Clock& clock,
                            const LoadProgress& progress) {
  const auto distribution = checked(options);
  if (!distribution) return distribution.error();
  net::raise_descriptor_limit(options.connections + 64);
  Load load(options, *distribution, clock, progress);
  return load.run();
}

}  // namespace larder::lab
