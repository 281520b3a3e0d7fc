// A cell's file.
//
// file  := "larder-cell 1" settings LF line* "end" LF
// line  := name (SP number)* LF          ; partitions are lines of their own, in order
#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "lab/study.hpp"

namespace larder::lab {
namespace {

std::string number_text(double value) {
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string counts_line(std::string_view name, const std::vector<std::uint64_t>& counts) {
  std::string line(name);
  for (const auto count : counts) line += " " + std::to_string(count);
  return line + "\n";
}

std::string latency_line(std::string_view name, const LatencyFacts& facts) {
  std::string line = std::string(name) + " " + std::to_string(facts.count);
  for (const double value :
       {facts.mean, facts.deviation, facts.p50, facts.p90, facts.p99, facts.p999, facts.max})
    line += " " + number_text(value);
  return line + "\n";
}

std::string first_line(std::uint32_t settings) {
  return "larder-cell 1 " + std::to_string(settings);
}

std::vector<double> numbers_of(std::string_view text, bool& good) {
  std::vector<double> numbers;
  while (!text.empty()) {
    text.remove_prefix(1);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{}) {
      good = false;
      break;
    }
    numbers.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  }
  return numbers;
}

std::vector<std::uint64_t> counts_of(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};  // Below 2^53: they are requests.
}

bool take_line(StudyOutcome& outcome, std::string_view name, const std::vector<double>& n) {
  const auto count = [&](std::size_t i) { return static_cast<std::uint64_t>(n[i]); };
  if (name == "totals" && n.size() == 5) {
    outcome.requests = count(0), outcome.hits = count(1), outcome.misses = count(2),
    outcome.failures = count(3), outcome.seconds = n[4];
  } else if ((name == "hit_us" || name == "miss_us") && n.size() == 8) {
    (name == "hit_us" ? outcome.hit_us : outcome.miss_us) = {count(0), n[1], n[2], n[3],
                                                             n[4],     n[5], n[6], n[7]};
  } else if (name == "partition" && n.size() == 5) {
    outcome.partitions.push_back({count(0), count(1), count(2), count(3), count(4)});
  } else if (name == "window_requests") {
    outcome.window_requests = counts_of(n);
  } else if (name == "window_hits") {
    outcome.window_hits = counts_of(n);
  } else if (name == "rank_requests") {
    outcome.rank_requests = counts_of(n);
  } else if (name == "rank_hits") {
    outcome.rank_hits = counts_of(n);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string outcome_text(const StudyOutcome& outcome, std::uint32_t settings) {
  std::string text =
      first_line(settings) + "\n" +
      counts_line("totals", {outcome.requests, outcome.hits, outcome.misses, outcome.failures});
  text.insert(text.size() - 1, " " + number_text(outcome.seconds));
  text += latency_line("hit_us", outcome.hit_us) + latency_line("miss_us", outcome.miss_us);
  for (const auto& p : outcome.partitions)
    text += counts_line("partition", {p.requests, p.hits, p.keys, p.bytes, p.evictions});
  return text + counts_line("window_requests", outcome.window_requests) +
         counts_line("window_hits", outcome.window_hits) +
         counts_line("rank_requests", outcome.rank_requests) +
         counts_line("rank_hits", outcome.rank_hits) + "end\n";
}

std::optional<StudyOutcome> read_outcome(std::string_view text, std::uint32_t settings) {
  if (!text.starts_with(first_line(settings) + "\n") || !text.ends_with("\nend\n"))
    return std::nullopt;
  StudyOutcome outcome;
  text.remove_prefix(text.find('\n') + 1);
  while (text != "end\n") {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    const auto name = line.substr(0, line.find(' '));
    bool good = true;
    const auto numbers = numbers_of(line.substr(name.size()), good);
    if (!good || !take_line(outcome, name, numbers)) return std::nullopt;
  }
  return outcome;
}

}  // namespace larder::lab
