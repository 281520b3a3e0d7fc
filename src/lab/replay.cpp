#include "lab/replay.hpp"

#include <larder/cache.hpp>

#include "base/random.hpp"
#include "base/units.hpp"
#include "lab/progress.hpp"
#include "lab/read_through.hpp"
#include "lab/report.hpp"

namespace larder::lab {
namespace {

/// A space of this run alone: entries of an earlier one cannot count as hits.
std::string fresh_space() {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string space = "replay-";
  for (std::uint64_t chance = base::system_entropy() >> 24; chance > 0; chance >>= 5) {
    space += kDigits[chance & 31];
  }
  return space;
}

double ratio(const ReadThroughReport& report) {
  if (report.requests == 0) return 0;
  return static_cast<double>(report.hits) / static_cast<double>(report.requests);
}

double rate(const ReadThroughReport& report) {
  return report.seconds > 0 ? static_cast<double>(report.requests) / report.seconds : 0;
}

base::Histogram all_ns(const ReadThroughReport& report) {
  base::Histogram all = report.hit_ns;
  all.merge(report.miss_ns);
  return all;
}

std::string json(const ReplayOptions& options, std::string_view url,
                 const ReadThroughReport& report) {
  JsonObject object;
  object.add("trace", options.source.name()).add("url", url).add("threads", options.threads);
  if (options.source.trace.empty())
    object.add("keys", options.source.keys).add("seed", options.source.seed);
  object.add("requests", report.requests)
      .add("distinct", report.distinct)
      .add("hits", report.hits)
      .add("hit_ratio", ratio(report))
      .add("exact", report.hits == report.expected_hits())
      .add("wrong", report.wrong)
      .add("seconds", report.seconds)
      .add("requests_per_second", rate(report))
      .add("latency_us", JsonObject()
                             .add("all", latency_json(all_ns(report)))
                             .add("hit", latency_json(report.hit_ns))
                             .add("miss", latency_json(report.miss_ns)));
  if (report.failure) object.add("failure", to_string(*report.failure));
  return object.text();
}

std::string hits_text(const ReadThroughReport& report) {
  std::string text = base::count_text(report.hits) + ", " + percent_text(ratio(report));
  const std::uint64_t expected = report.expected_hits();
  if (report.hits == expected) return text + ": requests minus distinct keys, exactly";
  if (report.hits < expected) {
    return text + ": " + base::count_text(expected - report.hits) +
           " fewer than requests minus distinct keys; those entries were evicted or expired";
  }
  return text + ": " + base::count_text(report.hits - expected) + " more than there can be";
}

void print(const ReplayOptions& options, std::string_view url, const ReadThroughReport& report,
           std::FILE* out) {
  const auto line = [out](const char* name, const std::string& text) {
    std::fprintf(out, "  %-10s %s\n", name, text.c_str());
  };
  const auto nanos = static_cast<std::int64_t>(report.seconds * 1e9);
  std::fprintf(out, "%s through %s\n", options.source.name().c_str(), std::string(url).c_str());
  line("requests", base::count_text(report.requests) + " in " +
                       base::duration_text(base::Nanos{nanos}) + ", " + rate_text(rate(report)));
  line("distinct", base::count_text(report.distinct) + " keys");
  line("hits", hits_text(report));
  if (report.requests > 0) line("latency", latency_text(all_ns(report)));
  if (report.hits > 0) line("of a hit", latency_text(report.hit_ns));
  if (report.hits < report.requests) {
    line("of a miss", latency_text(report.miss_ns) + "   (get and set)");
  }
  if (report.wrong > 0)
    line("WRONG", base::count_text(report.wrong) + " hits held other bytes than were set");
}

ReadThroughReport play(const ReplayOptions& options, const Store& store, RequestSource& source,
                       const Output& output) {
  const base::Clock& clock = base::SystemClock::instance();
  ProgressBar bar(output.notes, output.progress, clock);
  const auto progress = [&](std::optional<double> done, std::uint64_t requests,
                            std::uint64_t hits) {
    const double part =
        requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests);
    bar.update("replay", done,
               base::count_text(requests) + " requests  " + percent_text(part) + " hits");
  };
  const Cache<Bytes> cache{store, fresh_space(), {.ttl = forever}};
  return read_through(cache, source,
                      {options.threads, options.source.requests, options.ttl, options.keep}, clock,
                      progress);
}

}  // namespace

int replay(const ReplayOptions& options, const Output& output) {
  if (const auto threads = check_threads(options.threads); !threads)
    return refuse_replay(output, threads.error());
  auto source = open_source(options.source);
  if (!source) return refuse_replay(output, source.error());
  const auto store = Store::open(options.url);
  if (!store) return refuse_replay(output, store.error());

  const ReadThroughReport report = play(options, *store, **source, output);
  if (report.failure && is_input(*report.failure)) {
    Error failure = *report.failure;
    if (report.requests > 0) {
      failure.detail +=
          " (stopped there, after " + base::count_text(report.requests) + " requests)";
    }
    return refuse_replay(output, failure);
  }
  if (options.json) {
    std::fprintf(output.results, "%s\n", json(options, store->url(), report).c_str());
  } else {
    print(options, store->url(), report, output.results);
  }
  if (report.failure) return refuse_replay(output, *report.failure);
  const bool held = report.wrong == 0 && report.hits <= report.expected_hits();
  return held ? kDone : kFailed;
}

}  // namespace larder::lab
