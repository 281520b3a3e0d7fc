#include "lab/bench.hpp"

#include "base/units.hpp"
#include "lab/load.hpp"
#include "lab/progress.hpp"
#include "lab/report.hpp"

namespace larder::lab {
namespace {

double generator_us(const LoadReport& report) {
  const auto answered = static_cast<double>(report.counts.answered());
  return answered > 0 ? report.generator_seconds * 1e6 / answered : 0;
}

JsonObject json(const BenchOptions& options, const LoadReport& report) {
  const LoadCounts& counts = report.counts;
  JsonObject object;
  object.add("server", options.host + ":" + std::to_string(options.port))
      .add("connections", options.connections)
      .add("pipeline", options.pipeline)
      .add("threads", options.threads)
      .add("get_share", options.get_share)
      .add("keys", options.keys)
      .add("distribution", options.distribution)
      .add("value_bytes_min", options.value.low)
      .add("value_bytes_max", options.value.high)
      .add("rate", options.rate)
      .add("seed", options.seed)
      .add("seconds", report.seconds)
      .add("requests", counts.answered())
      .add("requests_per_second", report.rate())
      .add("gets", counts.gets)
      .add("sets", counts.sets)
      .add("hits", counts.hits)
      .add("misses", counts.misses)
      .add("errors", counts.errors)
      .add("wrong", counts.wrong)
      .add("late", report.late)
      .add("bytes_out", counts.bytes_out)
      .add("bytes_in", counts.bytes_in)
      .add("fairness", report.fairness())
      .add("generator_us_per_request", generator_us(report))
      .add("latency_us", latency_json(counts.latency_ns));
  if (!counts.first_error.empty()) object.add("first_error", counts.first_error);
  if (report.failure) object.add("failure", to_string(*report.failure));
  return object;
}

void print(const BenchOptions& options, const LoadReport& report, std::FILE* out) {
  const LoadCounts& counts = report.counts;
  const auto line = [out](const char* name, const std::string& text) {
    std::fprintf(out, "  %-11s %s\n", name, text.c_str());
  };
  std::fprintf(out, "%s:%u, %u connections, pipeline %u, %s keys %s\n", options.host.c_str(),
               unsigned{options.port}, options.connections, options.pipeline,
               base::count_text(options.keys).c_str(), options.distribution.c_str());
  line("requests",
       base::count_text(counts.answered()) + " in " +
           base::duration_text(base::Nanos{static_cast<std::int64_t>(report.seconds * 1e9)}) +
           ", " + rate_text(report.rate()));
  line("gets", base::count_text(counts.gets) + ": " + base::count_text(counts.hits) + " hits, " +
                   base::count_text(counts.misses) + " misses");
  line("sets", base::count_text(counts.sets));
  line("latency", latency_text(counts.latency_ns));
  if (options.connections > 1) {
    char share[64];
    std::snprintf(share, sizeof share, "%.0f %% of the mean", 100 * report.fairness());
    line("slowest", std::string(share) + " was answered on the connection that got least");
  }
  if (options.rate > 0) {
    line("schedule", rate_text(options.rate) + " wanted; " + base::count_text(report.late) +
                         " requests had to wait for a connection with room");
  }
  line("generator",
       base::duration_text(base::Nanos{static_cast<std::int64_t>(generator_us(report) * 1e3)}) +
           " of processor time a request");
  if (counts.errors > 0) {
    line("errors", base::count_text(counts.errors) + ", the first: " + counts.first_error);
  }
  if (counts.wrong > 0) line("wrong", base::count_text(counts.wrong) + " replies held other bytes");
}

}  // namespace

int bench(const BenchOptions& options, const Output& output) {
  base::SystemClock& clock = base::SystemClock::instance();
  Result<LoadReport> report = [&] {
    ProgressBar bar(output.notes, output.progress, clock);
    return run_load(options, clock, [&](const char* phase, double done, std::uint64_t answered) {
      bar.update(phase, done, base::count_text(answered) + " requests");
    });
  }();
  if (!report) {
    const bool input = report.error().code == Errc::bad_argument;
    std::fprintf(output.notes, "larder bench: %s\n",
                 input ? report.error().detail.c_str() : to_string(report.error()).c_str());
    return input ? kBadInput : kFailed;
  }
  if (options.json) {
    std::fprintf(output.results, "%s\n", json(options, *report).text().c_str());
  } else {
    print(options, *report, output.results);
  }
  if (report->failure) {
    std::fprintf(output.notes, "larder bench: %s\n", to_string(*report->failure).c_str());
  }
  return report->failure || report->counts.wrong + report->counts.errors > 0 ? kFailed : kDone;
}

}  // namespace larder::lab
