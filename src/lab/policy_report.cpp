#include "lab/policy_report.hpp"

#include <algorithm>
#include <vector>

#include "base/units.hpp"
#include "lab/report.hpp"

namespace larder::lab {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}
double hit_ratio(const CellResult& result) { return share(result.hits, result.requests); }
double byte_hit_ratio(const CellResult& result) { return share(result.bytes_hit, result.bytes); }

std::string amount_text(By by, std::uint64_t amount) {
  return by == By::count ? base::count_text(amount) : base::size_text(amount);
}

/// A name to the left, the other texts to the right, each as wide as `width`.
std::string row(std::string_view name, const std::vector<std::string>& texts, std::size_t width) {
  constexpr std::size_t kNameWidth = 17;
  std::string line = "  " + std::string(name);
  line.resize(std::max(line.size(), kNameWidth), ' ');
  for (const std::string& text : texts) {
    line += "  ";
    line.append(width - std::min(width, text.size()), ' ');
    line += text;
  }
  return line + "\n";
}

using Ratio = double (*)(const CellResult&);

std::string rows(const PolicyReplayOptions& options, std::span<const PolicyCell> cells,
                 std::size_t width, Ratio ratio) {
  std::string text;
  for (std::size_t at = 0; at < cells.size(); at += options.sizes.size()) {
    std::vector<std::string> ratios;
    for (const PolicyCell& cell : cells.subspan(at, options.sizes.size()))
      ratios.push_back(percent_text(ratio(cell.result)));
    text += row(to_string(cells[at].policy), ratios, width);
  }
  return text;
}

/// No entry has a deadline, and only those with one may go.
bool evicts_nothing(policy::Eviction policy, const PolicyReplayOptions& options,
                    const NumberedTrace& trace) {
  return policy::only_volatile(policy) && !(options.ttl && trace.has_ttl);
}

void note(const Output& output, const std::string& text) {
  std::fprintf(output.notes, "larder replay: note: %s\n", text.c_str());
}

}  // namespace

std::string table_of(const PolicyReplayOptions& options, const NumberedTrace& trace,
                     std::span<const PolicyCell> cells) {
  std::vector<std::string> sizes, amounts;
  std::size_t width = percent_text(1).size();
  for (const PolicyCell& cell : cells.first(options.sizes.size())) {
    sizes.push_back(cell.size);
    amounts.push_back(amount_text(options.by, cell.capacity));
    width = std::max({width, sizes.back().size(), amounts.back().size()});
  }
  std::string text = options.source.name() + ": " + base::count_text(trace.items.size()) +
                     " requests for " + base::count_text(trace.keys) + " keys";
  if (options.by == By::bytes) text += ", " + base::size_text(trace.bytes);
  text += "\n" + row("size", sizes, width) +
          row(options.by == By::count ? "entries" : "bytes", amounts, width);
  text += "hits\n" + rows(options, cells, width, &hit_ratio);
  if (options.by == By::bytes) text += "bytes hit\n" + rows(options, cells, width, &byte_hit_ratio);
  return text;
}

std::string json_of(const PolicyReplayOptions& options, const NumberedTrace& trace,
                    std::span<const PolicyCell> cells) {
  const bool by_bytes = options.by == By::bytes;
  std::vector<JsonObject> objects;
  for (const PolicyCell& cell : cells) {
    const CellResult& result = cell.result;
    JsonObject& object = objects.emplace_back();
    object.add("policy", to_string(cell.policy))
        .add("size", cell.size)
        .add(by_bytes ? "capacity_bytes" : "capacity_entries", cell.capacity)
        .add("requests", result.requests)
        .add("hits", result.hits)
        .add("hit_ratio", hit_ratio(result));
    if (by_bytes) object.add("byte_hit_ratio", byte_hit_ratio(result));
    object.add("evicted", result.evicted)
        .add("expired", result.expired)
        .add("refused", result.refused);
  }
  JsonObject object;
  object.add("trace", options.source.name())
      .add("by", by_bytes ? "bytes" : "count")
      .add("requests", trace.items.size())
      .add("distinct", trace.keys);
  if (by_bytes) object.add("distinct_bytes", trace.bytes);
  object.add("requests_per_second", options.requests_per_second)
      .add("ttl", options.ttl)
      .add("seed", options.source.seed)
      .add("cells", std::span<const JsonObject>(objects));
  return object.text();
}

void warn_before(const PolicyReplayOptions& options, const NumberedTrace& trace,
                 const Output& output) {
  std::string names;
  for (const policy::Eviction policy : options.policies) {
    if (evicts_nothing(policy, options, trace))
      names.append(names.empty() ? "" : ", ").append(to_string(policy));
  }
  if (names.empty()) return;
  note(output, names + ": " +
                   (trace.has_ttl ? "without --ttl no entry has a deadline"
                                  : "this trace has no third column (seconds to live)") +
                   ", so there is nothing they may evict; once full, they refuse what is new");
}

void warn_after(const PolicyReplayOptions& options, const NumberedTrace& trace,
                std::span<const PolicyCell> cells, const Output& output) {
  for (const PolicyCell& cell : cells) {
    if (cell.result.refused == 0 || cell.policy == policy::Eviction::noeviction ||
        evicts_nothing(cell.policy, options, trace))
      continue;
    note(output, std::string(to_string(cell.policy)) + " at " + cell.size + ": " +
                     base::count_text(cell.result.refused) + " writes were refused: " +
                     (options.by == By::bytes ? "the object was larger than the cache, or nothing"
                                              : "nothing") +
                     " could be evicted");
  }
}

}  // namespace larder::lab
