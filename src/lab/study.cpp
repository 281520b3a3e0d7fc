#include "lab/study.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/hash.hpp"
#include "base/histogram.hpp"
#include "base/units.hpp"
#include "lab/progress.hpp"
#include "lab/report.hpp"
#include "lab/statistics.hpp"

namespace larder::lab {

std::string StudyCell::name() const {
  std::string text = law + "-p" + std::to_string(partitions) + "-" + scheme + "-" + policy + "-" +
                     std::to_string(memory_bytes) + "-r" + std::to_string(repeat);
  // Laws have colons and commas in them; a file's name has not.
  for (char& c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return text;
}

std::vector<std::uint32_t> request_order(const Distribution& law, std::size_t names,
                                         std::size_t count, std::uint64_t seed) {
  KeyPicker picker(law, names, seed);
  std::vector<std::uint32_t> order(count);
  for (auto& index : order) index = static_cast<std::uint32_t>(picker.next());
  return order;
}

Result<void> put_file(base::Disk& disk, const std::string& name, std::string_view text) {
  const std::string fresh = name + ".new";
  if (auto gone = disk.remove(fresh); !gone) return gone;
  auto file = disk.open(fresh, base::Open::fresh);
  if (!file) return file.error();
  if (auto written = (*file)->append(text); !written) return written;
  return disk.rename(fresh, name);
}

namespace {

std::size_t rank_bucket(std::uint32_t index) {
  return static_cast<std::size_t>(std::bit_width(std::uint64_t{index} + 1)) - 1;
}

/// What one thread counts.
struct WorkerCounts {
  explicit WorkerCounts(std::size_t names)
      : windows(kStudyWindows),
        window_hits(kStudyWindows),
        ranks(names ? rank_bucket(static_cast<std::uint32_t>(names - 1)) + 1 : 0),
        rank_hits(ranks.size()) {}
  base::Histogram hits_ns, misses_ns;
  Spread hits_us, misses_us;
  std::uint64_t failures = 0;
  std::vector<std::uint64_t> windows, window_hits, ranks, rank_hits;

  void count(const StudySubject::Reply& reply, base::Nanos took, std::size_t window,
             std::size_t rank) {
    ++windows[window];
    ++ranks[rank];
    if (!reply.answered) {
      ++failures;
      return;
    }
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    (reply.hit ? hits_ns : misses_ns).record(ns);
    (reply.hit ? hits_us : misses_us).add(static_cast<double>(ns) / 1e3);
    window_hits[window] += reply.hit;
    rank_hits[rank] += reply.hit;
  }
};

void add_to(std::vector<std::uint64_t>& sums, const std::vector<std::uint64_t>& more) {
  sums.resize(std::max(sums.size(), more.size()));
  for (std::size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
}

LatencyFacts latency_facts(const base::Histogram& ns, const Spread& us) {
  const auto at = [&](double percent) { return static_cast<double>(ns.percentile(percent)) / 1e3; };
  return {.count = us.count(),
          .mean = us.mean(),
          .deviation = us.deviation(),
          .p50 = at(50),
          .p90 = at(90),
          .p99 = at(99),
          .p999 = at(99.9),
          .max = static_cast<double>(ns.max()) / 1e3};
}

/// One cell's requests over several threads: each takes the next of the list until there is none.
class StudyPlay {
 public:
  StudyPlay(const StudyOptions& options, const StudyCell& cell,
            const std::vector<std::uint32_t>& order, StudySubject& subject,
            const base::Clock& clock)
      : options_(options), cell_(cell), order_(order), subject_(subject), clock_(clock) {}

  /// False: stopped before the end.
  bool run(const std::function<bool()>& stop, const std::function<void(double)>& progress) {
    const auto begun = clock_.now();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < options_.concurrency; ++i) threads.emplace_back([this] { work(); });
    {
      std::unique_lock lock(mutex_);
      while (!ended_.wait_for(lock, std::chrono::milliseconds(100),
                              [&] { return finished_ == options_.concurrency; })) {
        progress(static_cast<double>(std::min(next_.load(), order_.size())) /
                 static_cast<double>(std::max<std::size_t>(order_.size(), 1)));
        if (stop()) next_ = order_.size(), stopped_ = true;
      }
    }
    for (auto& thread : threads) thread.join();
    seconds_ = std::chrono::duration<double>(clock_.now() - begun).count();
    return !stopped_;
  }

  StudyOutcome outcome() const {
    StudyOutcome out;
    out.cell = cell_;
    out.seconds = seconds_;
    base::Histogram hits_ns, misses_ns;
    Spread hits_us, misses_us;
    for (const auto& counts : counts_) {
      hits_ns.merge(counts.hits_ns);
      misses_ns.merge(counts.misses_ns);
      hits_us.merge(counts.hits_us);
      misses_us.merge(counts.misses_us);
      out.failures += counts.failures;
      add_to(out.window_requests, counts.windows);
      add_to(out.window_hits, counts.window_hits);
      add_to(out.rank_requests, counts.ranks);
      add_to(out.rank_hits, counts.rank_hits);
    }
    out.hits = hits_us.count();
    out.misses = misses_us.count();
    out.requests = out.hits + out.misses + out.failures;
    out.hit_us = latency_facts(hits_ns, hits_us);
    out.miss_us = latency_facts(misses_ns, misses_us);
    return out;
  }

 private:
  void work() {
    WorkerCounts counts(options_.names.size());
    for (std::size_t i = next_++; i < order_.size(); i = next_++) {
      const auto asked = clock_.now();
      const auto reply = subject_.ask(options_.names[order_[i]]);
      counts.count(reply, clock_.now() - asked, i * kStudyWindows / order_.size(),
                   rank_bucket(order_[i]));
    }
    const std::lock_guard lock(mutex_);
    counts_.push_back(std::move(counts));
    ++finished_;
    ended_.notify_one();
  }

  const StudyOptions& options_;
  const StudyCell& cell_;
  const std::vector<std::uint32_t>& order_;
  StudySubject& subject_;
  const base::Clock& clock_;
  std::atomic<std::size_t> next_{0};
  bool stopped_ = false;
  double seconds_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  unsigned finished_ = 0;             // guarded by mutex_
  std::vector<WorkerCounts> counts_;  // guarded by mutex_
};

/// Of everything but the cell's own name that its numbers hang on.
std::uint32_t settings_of(const StudyOptions& options, const std::vector<std::uint32_t>& order) {
  std::uint32_t crc = base::crc32c(std::to_string(options.concurrency));
  for (const auto& name : options.names) crc = base::crc32c(name, base::crc32c("\n", crc));
  return base::crc32c(
      {reinterpret_cast<const char*>(order.data()), order.size() * sizeof(order[0])}, crc);
}

std::optional<StudyOutcome> outcome_on_disk(base::Disk& disk, const std::string& file_name,
                                            std::uint32_t settings) {
  const auto file = disk.open(file_name, base::Open::existing);
  if (!file) return std::nullopt;
  constexpr std::size_t kBytesMax = 1024 * 1024;
  const auto text = (*file)->read(0, kBytesMax);
  return text ? read_outcome(*text, settings) : std::nullopt;
}

}  // namespace

Result<std::vector<StudyOutcome>> run_study(const StudyOptions& options, StudySubject& subject,
                                            base::Disk& disk, const base::Clock& clock,
                                            const Output& output,
                                            const std::function<bool()>& stop) {
  std::vector<StudyOutcome> outcomes;
  std::map<std::string, std::vector<std::uint32_t>> orders;
  std::size_t resumed = 0;
  ProgressBar bar(output.notes, output.progress, clock);
  const auto total = static_cast<double>(options.cells.size());
  for (const auto& cell : options.cells) {
    auto& order = orders[cell.law];
    if (order.empty()) order = options.requests(cell.law);
    const std::string file_name = cell.name() + ".cell";
    const auto settings = settings_of(options, order);
    if (options.resume) {
      if (auto known = outcome_on_disk(disk, file_name, settings)) {
        known->cell = cell;
        outcomes.push_back(std::move(*known));
        ++resumed;
        continue;
      }
    }
    if (auto begun = subject.begin(cell); !begun) return begun.error();
    StudyPlay play(options, cell, order, subject, clock);
    const bool whole = play.run(stop, [&](double done) {
      // What was resumed took no time: the time left is told from the others alone.
      const double before = static_cast<double>(outcomes.size() - resumed);
      bar.update("experiment", (before + done) / (total - static_cast<double>(resumed)),
                 "cell " + std::to_string(outcomes.size() + 1) + " of " +
                     std::to_string(options.cells.size()) + "  " + cell.name());
    });
    auto held = subject.end();
    if (!whole)
      return Error{Errc::cancelled, Effect::not_sent,
                   "stopped; the same command goes on from here (" +
                       std::to_string(outcomes.size()) + " of " +
                       std::to_string(options.cells.size()) + " cells are done)"};
    if (!held) return held.error();
    auto outcome = play.outcome();
    outcome.partitions = std::move(*held);
    if (auto put = put_file(disk, file_name, outcome_text(outcome, settings)); !put)
      return put.error();
    if (!output.progress) {
      std::fprintf(
          output.notes, "%zu/%zu %s: %s hits, %s\n", outcomes.size() + 1, options.cells.size(),
          cell.name().c_str(),
          percent_text(share_of(outcome.hits, outcome.hits + outcome.misses).value).c_str(),
          rate_text(static_cast<double>(outcome.requests) / std::max(outcome.seconds, 1e-9))
              .c_str());
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace larder::lab
