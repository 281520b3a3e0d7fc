#include "lab/replay.hpp"

#include <larder/cache.hpp>

#include "base/random.hpp"
#include "base/units.hpp"
#include "lab/progress.hpp"
#include "lab/read_through.hpp"
#include "lab/report.hpp"
#include "lab/trace.hpp"

namespace larder::lab {
namespace {

constexpr unsigned kThreadsMax = 256;

Error bad(std::string what) { return {Errc::bad_argument, Effect::not_sent, std::move(what)}; }

Result<std::unique_ptr<RequestSource>> open_source(const ReplayOptions& options) {
  if (options.trace.empty() == options.generate.empty()) {
    return bad("give either a trace to play or --generate LAW (such as zipf:1.0)");
  }
  if (!options.trace.empty()) {
    auto trace = TraceReader::open(options.trace);
    if (!trace) return trace.error();
    return std::unique_ptr<RequestSource>(std::move(*trace));
  }
  const auto distribution = Distribution::parse(options.generate);
  if (!distribution) return distribution.error();
  if (options.keys == 0) return bad("there must be at least one key");
  if (options.keys > 1'000'000'000'000) return bad("at most 10^12 keys fit twelve digits");
  if (options.size.high > TraceReader::kSizeMax) return bad("an object has at most 512 MiB");
  const std::uint64_t requests = options.requests == 0 ? 1'000'000 : options.requests;
  return std::unique_ptr<RequestSource>(std::make_unique<GeneratedTrace>(
      GenerateOptions{*distribution, options.keys, requests, options.seed, options.size}));
}

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

std::string source_name(const ReplayOptions& options) {
  return options.trace.empty() ? options.generate : options.trace;
}

std::string json(const ReplayOptions& options, std::string_view url,
                 const ReadThroughReport& report) {
  JsonObject object;
  object.add("trace", source_name(options)).add("url", url).add("threads", options.threads);
  if (options.trace.empty()) object.add("keys", options.keys).add("seed", options.seed);
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
  std::fprintf(out, "%s through %s\n", source_name(options).c_str(), std::string(url).c_str());
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

/// What the caller can mend: the trace, the URL, an option.
bool is_input(const Error& error) {
  return error.code == Errc::bad_argument || error.code == Errc::bad_url ||
         error.code == Errc::unsupported || error.code == Errc::io;
}

int refuse(const Output& output, const Error& error) {
  const bool input = is_input(error);
  // What to mend stands in the detail; the code's name before it would only push it aside.
  std::fprintf(output.notes, "larder replay: %s\n",
               input ? error.detail.c_str() : to_string(error).c_str());
  return input ? kBadInput : kFailed;
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
  return read_through(cache, source, {options.threads, options.requests, options.ttl, options.keep},
                      clock, progress);
}

}  // namespace

int replay(const ReplayOptions& options, const Output& output) {
  if (options.threads == 0 || options.threads > kThreadsMax) {
    return refuse(output, bad("threads: from 1 to 256"));
  }
  auto source = open_source(options);
  if (!source) return refuse(output, source.error());
  const auto store = Store::open(options.url);
  if (!store) return refuse(output, store.error());

  const ReadThroughReport report = play(options, *store, **source, output);
  if (report.failure && is_input(*report.failure)) {
    Error failure = *report.failure;
    if (report.requests > 0) {
      failure.detail +=
          " (stopped there, after " + base::count_text(report.requests) + " requests)";
    }
    return refuse(output, failure);
  }
  if (options.json) {
    std::fprintf(output.results, "%s\n", json(options, store->url(), report).c_str());
  } else {
    print(options, store->url(), report, output.results);
  }
  if (report.failure) return refuse(output, *report.failure);
  const bool held = report.wrong == 0 && report.hits <= report.expected_hits();
  return held ? kDone : kFailed;
}

}  // namespace larder::lab
