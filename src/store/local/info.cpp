// What an in-process engine says of itself: `info` for people, metrics for Prometheus, from one
// table.
#include <array>
#include <charconv>
#include <string>

#include "store/local/driver.hpp"

namespace larder::store {
namespace {

struct Figure {
  std::string_view section;
  std::string_view info_name;  ///< As in Redis' INFO, where it has one.
  std::string_view metric_name;
  std::string_view metric_type;
  std::string_view help;
  std::uint64_t (*read)(const node::NodeStats& stats);
};

constexpr std::array kFigures{
    Figure{"Memory", "used_memory", "larder_store_bytes_used", "gauge",
           "Memory held for entries, overhead included.",
           [](auto& s) -> std::uint64_t { return s.bytes_used; }},
    Figure{"Memory", "used_memory_dataset", "larder_store_bytes_data", "gauge",
           "Key and value bytes.", [](auto& s) -> std::uint64_t { return s.bytes_data; }},
    Figure{"Memory", "used_memory_overhead", "larder_store_bytes_overhead", "gauge",
           "Memory held beside key and value bytes.",
           [](auto& s) -> std::uint64_t { return s.bytes_used - s.bytes_data; }},
    Figure{"Memory", "used_memory_index", "larder_store_bytes_index", "gauge",
           "Of the overhead, what finds entries by key.",
           [](auto& s) -> std::uint64_t { return s.bytes_index; }},
    Figure{"Memory", "used_memory_dead", "larder_store_bytes_dead", "gauge",
           "Of the overhead, what was erased and is not yet reclaimed.",
           [](auto& s) -> std::uint64_t { return s.bytes_dead; }},
    Figure{"Memory", "allocator_resident", "larder_store_bytes_resident", "gauge",
           "Memory had from the operating system for all of it.",
           [](auto& s) -> std::uint64_t { return s.bytes_resident; }},
    Figure{"Memory", "maxmemory", "larder_store_bytes_max", "gauge", "The bound; 0 is none.",
           [](auto& s) -> std::uint64_t { return s.bytes_max; }},
    Figure{"Stats", "keyspace_hits", "larder_store_hits_total", "counter",
           "Reads that found a live entry.", [](auto& s) -> std::uint64_t { return s.hits; }},
    Figure{"Stats", "keyspace_misses", "larder_store_misses_total", "counter",
           "Reads that found none.", [](auto& s) -> std::uint64_t { return s.misses; }},
    Figure{"Stats", "expired_keys", "larder_store_expired_total", "counter",
           "Entries whose time came.", [](auto& s) -> std::uint64_t { return s.expired; }},
    Figure{"Stats", "expired_keys_on_access", "larder_store_expired_on_access_total", "counter",
           "Of them, those found by who asked for them.",
           [](auto& s) -> std::uint64_t { return s.expired_on_access; }},
    Figure{"Stats", "evicted_keys", "larder_store_evicted_total", "counter",
           "Entries that went because memory was needed.",
           [](auto& s) -> std::uint64_t { return s.evicted; }},
    Figure{"Stats", "evicted_keys_by_upkeep", "larder_store_evicted_by_upkeep_total", "counter",
           "Of them, those that went because the bound was lowered.",
           [](auto& s) -> std::uint64_t { return s.evicted_by_upkeep; }},
    Figure{"Keyspace", "entries", "larder_store_entries", "gauge", "Entries.",
           [](auto& s) -> std::uint64_t { return s.entries; }},
    Figure{"Keyspace", "entries_with_deadline", "larder_store_entries_with_deadline", "gauge",
           "Entries that will expire.",
           [](auto& s) -> std::uint64_t { return s.entries_with_deadline; }},
};

std::string two_places(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed, 2);
  return {text.begin(), end.ptr};
}

}  // namespace

Result<std::string> LocalDriver::answer(const Info&, const CallOptions&) {
  const auto stats = node_.stats();
  std::string text;
  std::string_view section;
  for (const auto& figure : kFigures) {
    if (figure.section != section) {
      section = figure.section;
      text.append(text.empty() ? "# " : "\r\n# ").append(section).append("\r\n");
      if (section == "Memory") {
        text.append("maxmemory_policy:").append(to_string(node_.eviction())).append("\r\n");
        text.append("mem_fragmentation_ratio:").append(two_places(stats.fragmentation()));
        if (stats.nothing_evictable)
          text.append("\r\nmaxmemory_policy_note:").append(node::kNothingEvictable);
        text.append("\r\n");
      }
      if (section == "Stats") {
        text.append("hit_ratio:").append(two_places(stats.hit_ratio())).append("\r\n");
      }
    }
    text.append(figure.info_name).append(":");
    text.append(std::to_string(figure.read(stats))).append("\r\n");
  }
  return text;
}

std::string LocalDriver::metrics_text() const {
  const auto stats = node_.stats();
  std::string text;
  for (const auto& figure : kFigures) {
    text.append("# HELP ").append(figure.metric_name).append(" ").append(figure.help).append("\n");
    text.append("# TYPE ")
        .append(figure.metric_name)
        .append(" ")
        .append(figure.metric_type)
        .append("\n");
    text.append(figure.metric_name)
        .append(" ")
        .append(std::to_string(figure.read(stats)))
        .append("\n");
  }
  return text;
}

}  // namespace larder::store
