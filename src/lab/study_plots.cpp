// The plots of a study: which cells each shows, and how.
#include <algorithm>

#include "lab/statistics.hpp"
#include "lab/study_report.hpp"
#include "lab/svg.hpp"

namespace larder::lab {
namespace {

using Outcomes = std::span<const StudyOutcome>;

/// The distinct values of something over the cells, in order of their first mention.
template <class Of>
auto distinct_of(Outcomes outcomes, Of of) {
  std::vector<decltype(of(outcomes[0].cell))> values;
  for (const auto& o : outcomes) {
    if (std::find(values.begin(), values.end(), of(o.cell)) == values.end())
      values.push_back(of(o.cell));
  }
  return values;
}

/// What the plots are about: the law of most cells, and the memory that is bounded if any is.
struct Focus {
  std::string law;
  std::vector<unsigned> partitions;
  std::vector<std::string> schemes, policies;
  std::vector<const StudyOutcome*> cells;

  const StudyOutcome* find(unsigned partitions_wanted, const std::string& scheme,
                           const std::string& policy) const {
    for (const auto* o : cells) {
      const auto& c = o->cell;
      // One partition is the same under every scheme, and was played once.
      if (c.partitions == partitions_wanted && c.policy == policy &&
          (c.scheme == scheme || c.partitions == 1))
        return o;
    }
    return nullptr;
  }
  std::string suffix(const std::string& what) const {
    return " (" + law + (what.empty() ? "" : ", ") + what + ")";
  }
};

Focus focus_of(Outcomes outcomes) {
  Focus focus;
  if (outcomes.empty()) return focus;
  const bool bounded = std::any_of(outcomes.begin(), outcomes.end(),
                                   [](const auto& o) { return o.cell.memory_bytes > 0; });
  std::size_t most = 0;
  for (const auto& law : distinct_of(outcomes, [](const StudyCell& c) { return c.law; })) {
    const auto count = static_cast<std::size_t>(std::count_if(
        outcomes.begin(), outcomes.end(),
        [&](const auto& o) { return o.cell.law == law && (o.cell.memory_bytes > 0) == bounded; }));
    if (count > most) most = count, focus.law = law;
  }
  std::vector<StudyOutcome> chosen;
  for (const auto& o : outcomes) {
    if (o.cell.law == focus.law && (o.cell.memory_bytes > 0) == bounded)
      focus.cells.push_back(&o), chosen.push_back({.cell = o.cell});
  }
  focus.partitions = distinct_of(chosen, [](const StudyCell& c) { return c.partitions; });
  focus.schemes = distinct_of(chosen, [](const StudyCell& c) { return c.scheme; });
  focus.policies = distinct_of(chosen, [](const StudyCell& c) { return c.policy; });
  std::sort(focus.partitions.begin(), focus.partitions.end());
  return focus;
}

Plot hit_rate_plot(const Focus& focus) {
  Plot plot{.title = "Hit rate" + focus.suffix(focus.schemes[0]),
            .x_label = "partitions",
            .y_label = "hits, %"};
  for (const auto count : focus.partitions) plot.groups.push_back(std::to_string(count));
  for (const auto& policy : focus.policies) {
    PlotSeries series{.name = policy};
    for (const auto count : focus.partitions) {
      const auto* o = focus.find(count, focus.schemes[0], policy);
      const auto share = o ? share_of(o->hits, o->hits + o->misses) : Share{};
      series.points.emplace_back(0, share.value * 100);
      series.bounds.emplace_back(share.low * 100, share.high * 100);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Plot balance_plot(const Focus& focus) {
  const unsigned most = focus.partitions.back();
  Plot plot{
      .title = "Requests of each partition" + focus.suffix(std::to_string(most) + " partitions"),
      .x_label = "scheme",
      .y_label = "share of requests, %",
      .groups = focus.schemes};
  for (unsigned i = 0; i < most; ++i) {
    PlotSeries series{.name = "partition " + std::to_string(i)};
    for (const auto& scheme : focus.schemes) {
      const auto* o = focus.find(most, scheme, focus.policies[0]);
      const bool known = o && i < o->partitions.size() && o->requests > 0;
      series.points.emplace_back(0, known ? 100 * static_cast<double>(o->partitions[i].requests) /
                                                static_cast<double>(o->requests)
                                          : 0);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

/// Hit rate by windows or by ranks, a line for each policy.
template <class X>
Plot rate_plot(const Focus& focus, std::string title, std::string x_label,
               std::vector<std::uint64_t> StudyOutcome::*requests,
               std::vector<std::uint64_t> StudyOutcome::*hits, X x) {
  const unsigned most = focus.partitions.back();
  Plot plot{.title = std::move(title) +
                     focus.suffix(std::to_string(most) + " partitions, " + focus.schemes[0]),
            .x_label = std::move(x_label),
            .y_label = "hits, %"};
  for (const auto& policy : focus.policies) {
    const auto* o = focus.find(most, focus.schemes[0], policy);
    if (!o) continue;
    PlotSeries series{.name = policy};
    for (std::size_t i = 0; i < (o->*requests).size() && i < (o->*hits).size(); ++i) {
      if ((o->*requests)[i] == 0) continue;
      series.points.emplace_back(x(*o, i), 100 * static_cast<double>((o->*hits)[i]) /
                                               static_cast<double>((o->*requests)[i]));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Plot latency_plot(const Focus& focus) {
  Plot plot{.title = "Response times" + focus.suffix(focus.schemes[0] + ", " + focus.policies[0]),
            .x_label = "partitions",
            .y_label = "microseconds"};
  for (const auto count : focus.partitions) plot.groups.push_back(std::to_string(count));
  const auto add = [&](const char* name, LatencyFacts StudyOutcome::*of,
                       double LatencyFacts::*fact) {
    PlotSeries series{.name = name};
    for (const auto count : focus.partitions) {
      const auto* o = focus.find(count, focus.schemes[0], focus.policies[0]);
      series.points.emplace_back(0, o ? o->*of.*fact : 0);
    }
    plot.series.push_back(std::move(series));
  };
  add("hits, p50", &StudyOutcome::hit_us, &LatencyFacts::p50);
  add("hits, p99", &StudyOutcome::hit_us, &LatencyFacts::p99);
  add("misses, p50", &StudyOutcome::miss_us, &LatencyFacts::p50);
  add("misses, p99", &StudyOutcome::miss_us, &LatencyFacts::p99);
  return plot;
}

Plot frequency_plot(std::span<const std::uint32_t> frequency) {
  Plot plot{.title = "Requests by rank",
            .x_label = "rank of the name",
            .y_label = "requests",
            .log_x = true,
            .log_y = true};
  PlotSeries series{.name = "requests"};
  // Every rank to 100, then one in every 2 %: a line of 50,000 points is as thick as one of 400.
  for (std::size_t rank = 1; rank <= frequency.size() && frequency[rank - 1] > 0;
       rank += rank < 100 ? 1 : rank / 50) {
    series.points.emplace_back(static_cast<double>(rank), frequency[rank - 1]);
  }
  plot.series.push_back(std::move(series));
  return plot;
}

}  // namespace

std::vector<NamedPlot> study_plots(std::span<const StudyOutcome> outcomes,
                                   std::span<const std::uint32_t> frequency) {
  std::vector<NamedPlot> plots{{"frequency.svg", svg_of(frequency_plot(frequency))}};
  const Focus focus = focus_of(outcomes);
  if (focus.cells.empty()) return plots;
  const auto seen_so_far = [](const StudyOutcome& o, std::size_t i) {
    return static_cast<double>(i + 1) * static_cast<double>(o.requests) /
           static_cast<double>(o.window_requests.size());
  };
  auto by_rank =
      rate_plot(focus, "Hit rate by popularity", "rank of the name", &StudyOutcome::rank_requests,
                &StudyOutcome::rank_hits, [](const StudyOutcome&, std::size_t i) {
                  return static_cast<double>(std::uint64_t{1} << i);
                });
  by_rank.log_x = true;
  plots.push_back({"hit_rate.svg", svg_of(hit_rate_plot(focus))});
  plots.push_back({"balance.svg", svg_of(balance_plot(focus))});
  plots.push_back({"latency.svg", svg_of(latency_plot(focus))});
  plots.push_back({"over_time.svg", svg_of(rate_plot(focus, "Hit rate over time", "requests so far",
                                                     &StudyOutcome::window_requests,
                                                     &StudyOutcome::window_hits, seen_so_far))});
  plots.push_back({"hit_by_rank.svg", svg_of(by_rank)});
  return plots;
}

}  // namespace larder::lab
