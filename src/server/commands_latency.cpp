// LATENCY: what took long lately, and how long commands take in general.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/latency.hpp"
#include "server/timings.hpp"

namespace larder::server {
namespace {

using Event = LatencyMonitor::Event;
using Sample = LatencyMonitor::Sample;

std::pair<std::int64_t, std::int64_t> lowest_and_highest(const Event& event) {
  const auto [low, high] =
      std::minmax_element(event.samples.begin(), event.samples.end(),
                          [](const Sample& a, const Sample& b) { return a.millis < b.millis; });
  return {low->millis, high->millis};
}

/// A column of four lines a sample, the higher the longer it took.
std::string graph_of(const Event& event) {
  constexpr std::size_t kColumns = 80;
  constexpr std::size_t kLines = 4;
  const auto [low, high] = lowest_and_highest(event);
  std::string text = std::string(event.name) + " - high " + std::to_string(high) + " ms, low " +
                     std::to_string(low) + " ms (all time high " +
                     std::to_string(event.millis_max) + " ms)\n" + std::string(80, '-') + "\n";
  const std::size_t count = std::min(event.samples.size(), kColumns);
  const std::span samples = std::span(event.samples).last(count);
  for (std::size_t line = kLines; line-- > 0;) {
    for (const Sample& sample : samples) {
      const auto span = static_cast<std::size_t>(std::max<std::int64_t>(high - low, 1));
      const std::size_t height = static_cast<std::size_t>(sample.millis - low) * kLines / span;
      text += height > line ? '#' : line == 0 ? '_' : ' ';
    }
    text += '\n';
  }
  return text;
}

void write_histogram(Call& call, const Command& row, const TimingSum& sum) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> steps;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < sum.buckets.size(); ++i) {
    if (sum.buckets[i] == 0) continue;
    so_far += sum.buckets[i];
    steps.emplace_back(Timing::micros_of(i), so_far);
  }
  resp::Writer& reply = call.reply;
  reply.bulk(row.name);
  reply.map(2);
  reply.bulk("calls");
  reply.integer(static_cast<std::int64_t>(sum.calls));
  reply.bulk("histogram_usec");
  reply.map(steps.size());
  for (const auto& [micros, calls] : steps) {
    reply.integer(static_cast<std::int64_t>(micros));
    reply.integer(static_cast<std::int64_t>(calls));
  }
}

}  // namespace

void latency_latest(Call& call) {
  const auto events = call.context.host.latency().events();
  call.reply.array(events.size());
  for (const Event& event : events) {
    call.reply.array(4);
    call.reply.bulk(event.name);
    call.reply.integer(event.samples.back().unix_seconds);
    call.reply.integer(event.samples.back().millis);
    call.reply.integer(event.millis_max);
  }
}

void latency_history(Call& call) {
  const auto event = call.context.host.latency().event(call.arg(2));
  if (!event) return call.reply.array(0);
  call.reply.array(event->samples.size());
  for (const Sample& sample : event->samples) {
    call.reply.array(2);
    call.reply.integer(sample.unix_seconds);
    call.reply.integer(sample.millis);
  }
}

void latency_reset(Call& call) {
  LatencyMonitor& monitor = call.context.host.latency();
  std::size_t count = 0;
  if (call.args.size() == 2) count = monitor.forget();
  for (const std::string_view name : call.args.subspan(2)) count += monitor.forget(name);
  call.reply.integer(static_cast<std::int64_t>(count));
}

void latency_graph(Call& call) {
  const auto event = call.context.host.latency().event(call.arg(2));
  if (!event) {
    return call.fail("ERR No samples available for event '" + std::string(quotable(call.arg(2))) +
                     "'");
  }
  call.reply.verbatim("txt", graph_of(*event));
}

void latency_doctor(Call& call) {
  const LatencyMonitor& monitor = call.context.host.latency();
  if (!monitor.is_on()) {
    return call.reply.verbatim(
        "txt",
        "Latency monitoring is off. CONFIG SET latency-monitor-threshold <milliseconds> keeps what "
        "takes at least so long.\n");
  }
  const auto events = monitor.events();
  std::string text;
  for (const Event& event : events) {
    std::int64_t total = 0;
    for (const Sample& sample : event.samples) total += sample.millis;
    const auto [low, high] = lowest_and_highest(event);
    const auto count = static_cast<std::int64_t>(event.samples.size());
    text += std::string(event.name) + ": " + std::to_string(count) + " times of " +
            std::to_string(low) + " to " + std::to_string(high) + " ms, " +
            std::to_string(total / count) + " on average, the worst ever " +
            std::to_string(event.millis_max) + ".\n";
  }
  if (events.empty())
    text = "Nothing took as long as the threshold since it was set.\n";
  else
    text += "SLOWLOG GET shows which commands; KEYS, LCS and large values are the usual ones.\n";
  call.reply.verbatim("txt", text);
}

void latency_histogram(Call& call) {
  std::vector<const Command*> rows;
  for (const std::string_view name : call.args.subspan(2)) {
    const Command* row = find_command(name);
    if (row != nullptr && std::find(rows.begin(), rows.end(), row) == rows.end()) {
      rows.push_back(row);
    }
  }
  if (call.args.size() == 2) {
    for (const Command& row : commands()) rows.push_back(&row);
  }
  std::vector<std::pair<const Command*, TimingSum>> found;
  for (const Command* row : rows) {
    const TimingSum sum = call.context.host.timing(index_of(*row));
    if (sum.calls > 0) found.emplace_back(row, sum);
  }
  call.reply.map(found.size());
  for (const auto& [row, sum] : found) write_histogram(call, *row, sum);
}

}  // namespace larder::server
