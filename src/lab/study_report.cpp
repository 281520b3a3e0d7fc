#include "lab/study_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/units.hpp"
#include "lab/statistics.hpp"

namespace larder::lab {
namespace {

std::string fixed_text(double value, int digits) {
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}
std::string percent_share(double share) { return fixed_text(share * 100, 2) + " %"; }

Evenness requests_evenness(const StudyOutcome& outcome) {
  std::vector<std::uint64_t> counts;
  for (const auto& p : outcome.partitions) counts.push_back(p.requests);
  return evenness_of(counts);
}
std::uint64_t evictions_of(const StudyOutcome& outcome) {
  std::uint64_t sum = 0;
  for (const auto& p : outcome.partitions) sum += p.evictions;
  return sum;
}
Share hit_share(const StudyOutcome& outcome) {
  return share_of(outcome.hits, outcome.hits + outcome.misses);
}

/// A cell of a list in one field of CSV: "12 14 13".
template <class Member>
std::string listed(const StudyOutcome& outcome, Member member) {
  std::string text;
  for (const auto& p : outcome.partitions)
    text += (text.empty() ? "" : " ") + std::to_string(p.*member);
  return text;
}

std::string latency_fields(const LatencyFacts& us) {
  std::string text;
  for (const double value : {us.mean, us.deviation, us.p50, us.p90, us.p99, us.p999, us.max})
    text += "," + fixed_text(value, 1);
  return text;
}

std::string hit_table(std::span<const StudyOutcome> outcomes) {
  std::string text =
      "| requests | partitions | scheme | policy | memory | hits | 95 % interval | evictions | "
      "failures |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& o : outcomes) {
    const auto share = hit_share(o);
    text += "| " + o.cell.law + " | " + std::to_string(o.cell.partitions) + " | " + o.cell.scheme +
            " | " + o.cell.policy + " | " +
            (o.cell.memory_bytes ? base::size_text(o.cell.memory_bytes) : "enough") + " | " +
            percent_share(share.value) + " | " + percent_share(share.low) + " to " +
            percent_share(share.high) + " | " + base::count_text(evictions_of(o)) + " | " +
            base::count_text(o.failures) + " |\n";
  }
  return text;
}

/// One row for each law, number and scheme: the policy has no say in who is asked.
std::string balance_table(std::span<const StudyOutcome> outcomes) {
  std::string text =
      "| requests | partitions | scheme | variation (CV) | busiest / mean | chi-square | chance if "
      "even | requests of each |\n|---|---|---|---|---|---|---|---|\n";
  std::map<std::string, bool> seen;
  for (const auto& o : outcomes) {
    if (o.cell.partitions < 2 ||
        !seen.emplace(o.cell.law + "/" + std::to_string(o.cell.partitions) + "/" + o.cell.scheme,
                      true)
             .second)
      continue;
    const auto even = requests_evenness(o);
    text += "| " + o.cell.law + " | " + std::to_string(o.cell.partitions) + " | " + o.cell.scheme +
            " | " + fixed_text(even.variation, 3) + " | " + fixed_text(even.max_over_mean, 2) +
            " | " + fixed_text(even.chi_square, 1) + " | " +
            (even.chance < 0.001 ? "< 0.001" : fixed_text(even.chance, 3)) + " | " +
            listed(o, &StudyPartition::requests) + " |\n";
  }
  return text;
}

std::string latency_row(const StudyOutcome& o, const char* what, const LatencyFacts& us) {
  if (us.count == 0) return {};
  std::string text = "| " + o.cell.law + " | " + std::to_string(o.cell.partitions) + " | " +
                     o.cell.scheme + " | " + o.cell.policy + " | " + what;
  for (const double value : {us.mean, us.deviation, us.p50, us.p90, us.p99, us.p999, us.max})
    text += " | " + fixed_text(value, 0);
  return text + " |\n";
}

std::string latency_table(std::span<const StudyOutcome> outcomes) {
  std::string text =
      "| requests | partitions | scheme | policy | | mean | deviation | p50 | p90 | p99 | p99.9 | "
      "max |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& o : outcomes)
    text += latency_row(o, "hits", o.hit_us) + latency_row(o, "misses", o.miss_us);
  return text;
}

/// The policies' mean hit rates where something was evicted, best first.
std::string policy_remark(std::span<const StudyOutcome> outcomes) {
  std::map<std::string, std::map<std::string, Spread>> by_law;
  for (const auto& o : outcomes) {
    if (evictions_of(o) > 0) by_law[o.cell.law][o.cell.policy].add(hit_share(o).value);
  }
  if (by_law.empty())
    return "- **Policies**: nothing was evicted, so the policies cannot differ here. Give less "
           "memory (`--memory`) or ask for more names.\n";
  std::string text;
  for (auto& [law, policies] : by_law) {
    std::vector<std::pair<std::string, double>> order;
    for (const auto& [policy, spread] : policies) order.emplace_back(policy, spread.mean());
    std::sort(order.begin(), order.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    text += "- **Policies, " + law + "**: mean hit rate over the cells that evicted:";
    for (const auto& [policy, mean] : order)
      text += (policy == order.front().first ? " " : ", ") + policy + " " + percent_share(mean);
    text +=
        law == "uniform"
            ? ". Under uniform requests every name is as good as another: differences are chance.\n"
            : ".\n";
  }
  return text;
}

std::string scheme_remark(std::span<const StudyOutcome> outcomes) {
  std::map<std::string, Spread> schemes;
  for (const auto& o : outcomes) {
    if (o.cell.partitions > 1) schemes[o.cell.scheme].add(requests_evenness(o).max_over_mean);
  }
  if (schemes.empty()) return {};
  std::string text =
      "- **Balance**: the busiest partition against the mean, averaged over the cells:";
  for (const auto& [scheme, spread] : schemes)
    text += (scheme == schemes.begin()->first ? " " : ", ") + scheme + " " +
            fixed_text(spread.mean(), 2);
  return text + " (1 is even).\n";
}

std::string check_remark(std::span<const StudyOutcome> outcomes, std::uint64_t names) {
  std::string text;
  for (const auto& check : uniform_checks(outcomes, names)) {
    text += "- **Closed form**: " + check.cell + " measured " + percent_share(check.measured) +
            ", 1 - N/R (1 - (1 - 1/N)^R) gives " + percent_share(check.expected) + ": " +
            (check.holds() ? "within one point" : "**more than one point apart**") + ".\n";
  }
  return text;
}

}  // namespace

std::string runs_csv(std::span<const StudyOutcome> outcomes) {
  std::string text =
      "law,partitions,scheme,policy,memory_bytes,repeat,requests,hits,misses,failures,hit_rate,hit_"
      "rate_low,hit_rate_high,seconds,requests_per_second";
  for (const char* what : {"hit", "miss"}) {
    for (const char* fact : {"mean", "sd", "p50", "p90", "p99", "p999", "max"})
      text += std::string(",") + what + "_us_" + fact;
  }
  text +=
      ",evictions,balance_cv,balance_max_over_mean,balance_chi_square,balance_p,partition_requests,"
      "partition_hits,partition_keys,partition_bytes,partition_evictions\n";
  for (const auto& o : outcomes) {
    const auto share = hit_share(o);
    const auto even = requests_evenness(o);
    // A law such as hotspot:0.2,0.8 has a comma.
    text += "\"" + o.cell.law + "\"," + std::to_string(o.cell.partitions) + "," + o.cell.scheme +
            "," + o.cell.policy + "," + std::to_string(o.cell.memory_bytes) + "," +
            std::to_string(o.cell.repeat);
    for (const auto count : {o.requests, o.hits, o.misses, o.failures})
      text += "," + std::to_string(count);
    text += "," + fixed_text(share.value, 6) + "," + fixed_text(share.low, 6) + "," +
            fixed_text(share.high, 6) + "," + fixed_text(o.seconds, 3) + "," +
            fixed_text(o.seconds > 0 ? static_cast<double>(o.requests) / o.seconds : 0, 1);
    text += latency_fields(o.hit_us) + latency_fields(o.miss_us) + "," +
            std::to_string(evictions_of(o));
    text += "," + fixed_text(even.variation, 5) + "," + fixed_text(even.max_over_mean, 5) + "," +
            fixed_text(even.chi_square, 3) + "," + fixed_text(even.chance, 6);
    for (const auto member :
         {&StudyPartition::requests, &StudyPartition::hits, &StudyPartition::keys,
          &StudyPartition::bytes, &StudyPartition::evictions})
      text += "," + listed(o, member);
    text += "\n";
  }
  return text;
}

std::vector<UniformCheck> uniform_checks(std::span<const StudyOutcome> outcomes,
                                         std::uint64_t names) {
  std::vector<UniformCheck> checks;
  for (const auto& o : outcomes) {
    if (o.cell.law != "uniform" || evictions_of(o) != 0 || o.failures != 0) continue;
    checks.push_back({o.cell.name(), hit_share(o).value, uniform_hit_rate(names, o.requests)});
  }
  return checks;
}

std::string report_text(std::span<const StudyOutcome> outcomes, const StudyFacts& facts) {
  std::string text = "# A partitioned DNS cache, measured\n\n" + facts.names + ". " +
                     base::count_text(facts.request_count) + " requests a cell, seed " +
                     std::to_string(facts.seed) + ", " + std::to_string(facts.concurrency) +
                     " at once; " + std::to_string(outcomes.size()) + " cells.\n\nMade by `" +
                     facts.command + "`.\n\n";
  for (const auto& note : facts.notes) text += "- " + note + "\n";
  text += "\n## What came of it\n\n" + check_remark(outcomes, facts.name_count) +
          policy_remark(outcomes) + scheme_remark(outcomes);
  std::uint64_t failures = 0;
  for (const auto& o : outcomes) failures += o.failures;
  if (failures > 0)
    text += "- **" + base::count_text(failures) +
            " requests had no answer**; they count as neither hit nor miss.\n";
  text +=
      "\n## Hits\n\n![Hit rate by partitions and policy](hit_rate.svg)\n\n" + hit_table(outcomes);
  text +=
      "\n## Balance\n\nRequests that each partition answered for, as the cache itself counted "
      "them.\n\n![Requests of each partition](balance.svg)\n\n" +
      balance_table(outcomes);
  text +=
      "\n## Response times\n\nMicroseconds, as the asker saw them; misses include the "
      "resolver.\n\n![Response times](latency.svg)\n\n" +
      latency_table(outcomes);
  text +=
      "\n## Over time, and by popularity\n\n![Hit rate over time](over_time.svg)\n\n![Requests by "
      "rank](frequency.svg)\n\n![Hit rate by rank](hit_by_rank.svg)\n";
  return text;
}

std::vector<std::uint32_t> frequencies(std::span<const std::uint32_t> order, std::size_t names) {
  std::vector<std::uint32_t> counts(names);
  for (const auto index : order) ++counts[index];
  std::sort(counts.begin(), counts.end(), std::greater<>());
  return counts;
}

}  // namespace larder::lab
