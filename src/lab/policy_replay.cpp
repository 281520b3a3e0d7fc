#include "lab/policy_replay.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "base/units.hpp"
#include "lab/numbered_trace.hpp"
#include "lab/policy_cell.hpp"
#include "lab/policy_report.hpp"
#include "lab/progress.hpp"

namespace larder::lab {
namespace {

/// One bar for all threads: how much of all cells is played.
class SharedProgress {
 public:
  SharedProgress(const Output& output, std::uint64_t requests, std::size_t cells)
      : bar_(output.notes, output.progress, base::SystemClock::instance()),
        requests_(requests),
        cells_(cells) {}

  void played(std::uint64_t requests) {
    const std::lock_guard lock(mutex_);
    done_ += requests;
    draw();
  }
  void cell_done() {
    const std::lock_guard lock(mutex_);
    ++cells_done_;
    draw();
  }

 private:
  void draw() {
    const double part =
        requests_ == 0 ? 1 : static_cast<double>(done_) / static_cast<double>(requests_);
    bar_.update("replay", part,
                std::to_string(cells_done_) + " of " + std::to_string(cells_) + " cells");
  }

  std::mutex mutex_;
  ProgressBar bar_;
  std::uint64_t done_ = 0;
  std::size_t cells_done_ = 0;
  const std::uint64_t requests_;
  const std::size_t cells_;
};

Result<NumberedTrace> read_trace(const SourceOptions& options, const Output& output) {
  auto source = open_source(options);
  if (!source) return source.error();
  ProgressBar bar(output.notes, output.progress, base::SystemClock::instance());
  return NumberedTrace::read(
      **source, options.requests, [&](std::optional<double> done, std::uint64_t requests) {
        bar.update("reading", done, base::count_text(requests) + " requests");
      });
}

std::vector<PolicyCell> cells_of(const PolicyReplayOptions& options, const NumberedTrace& trace) {
  const std::uint64_t all = options.by == By::count ? trace.keys : trace.bytes;
  std::vector<PolicyCell> cells;
  for (const policy::Eviction policy : options.policies) {
    for (const Capacity& size : options.sizes) {
      cells.push_back({policy, size.text, size.of(all), {}});
    }
  }
  return cells;
}

/// Each thread takes the next cell that nobody has.
void play(const PolicyReplayOptions& options, const NumberedTrace& trace,
          std::vector<PolicyCell>& cells, const Output& output) {
  const ValuePattern values(options.by == By::bytes ? trace.bytes_max : 0);
  SharedProgress progress(output, trace.items.size() * cells.size(), cells.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < cells.size(); i = next++) {
      cells[i].result = play_cell(trace, values,
                                  {.policy = cells[i].policy,
                                   .by = options.by,
                                   .capacity = cells[i].capacity,
                                   .seed = options.source.seed,
                                   .requests_per_second = options.requests_per_second,
                                   .ttl = options.ttl},
                                  [&](std::uint64_t requests) { progress.played(requests); });
      progress.cell_done();
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min<std::size_t>(options.threads, cells.size()); ++i) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& thread : others) thread.join();
}

std::optional<Error> check(const PolicyReplayOptions& options) {
  if (options.policies.empty()) return bad_replay("there must be at least one policy");
  if (options.sizes.empty()) return bad_replay("there must be at least one size");
  if (const auto threads = check_threads(options.threads); !threads) return threads.error();
  if (options.requests_per_second == 0 || options.requests_per_second > 1'000'000'000)
    return bad_replay("requests a second: from 1 to 1G");
  return std::nullopt;
}

std::string policy_names() {
  std::string names;
  for (const policy::Eviction policy : policy::kEvictions) names.append(to_string(policy)) += ", ";
  return names + "all";
}

}  // namespace

Result<std::vector<policy::Eviction>> parse_policies(std::string_view list) {
  if (list == "all")
    return std::vector(std::begin(policy::kEvictions), std::end(policy::kEvictions));
  std::vector<policy::Eviction> policies;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view name = list.substr(begin, end - begin);
    const auto policy = policy::eviction_from(name);
    if (!policy) {
      return bad_replay("no policy " + base::quoted(name, 60) + "; there are " + policy_names());
    }
    if (std::find(policies.begin(), policies.end(), *policy) == policies.end())
      policies.push_back(*policy);
    begin = end + 1;
  }
  return policies;
}

int policy_replay(const PolicyReplayOptions& options, const Output& output) {
  if (const auto error = check(options)) return refuse_replay(output, *error);
  const auto trace = read_trace(options.source, output);
  if (!trace) return refuse_replay(output, trace.error());
  if (trace->items.empty())
    return refuse_replay(output,
                         bad_replay(options.source.name() + ": there are no requests in it"));
  auto cells = cells_of(options, *trace);
  warn_before(options, *trace, output);
  play(options, *trace, cells, output);
  warn_after(options, *trace, cells, output);
  const std::string report =
      options.json ? json_of(options, *trace, cells) + "\n" : table_of(options, *trace, cells);
  std::fputs(report.c_str(), output.results);
  return kDone;
}

}  // namespace larder::lab
