#include "apps/top_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/units.hpp"
#include "manage/info_text.hpp"

namespace larder::apps {
namespace {

double per_second(std::uint64_t before, std::uint64_t now, double seconds) {
  return static_cast<double>(now >= before ? now - before : now) / seconds;
}

std::uint64_t rounded(double rate) { return static_cast<std::uint64_t>(std::llround(rate)); }
std::string count_of(double rate) { return base::count_text(rounded(rate)); }
std::string size_of(double rate) { return base::size_text(rounded(rate)); }

}  // namespace

TopLook top_look(std::string_view info, base::Instant at) {
  const auto sum = [&](std::string_view name) { return manage::info_sum(info, name); };
  return {.at = at,
          .commands = sum("total_commands_processed"),
          .hits = sum("keyspace_hits"),
          .misses = sum("keyspace_misses"),
          .evicted = sum("evicted_keys"),
          .expired = sum("expired_keys"),
          .bytes_in = sum("total_net_input_bytes"),
          .bytes_out = sum("total_net_output_bytes"),
          .memory_bytes = sum("used_memory"),
          .memory_bytes_max = sum("maxmemory"),
          .keys = manage::info_keys(info),
          .clients = sum("connected_clients")};
}

TopRates top_rates(const TopLook& before, const TopLook& now) {
  const double seconds = std::max(std::chrono::duration<double>(now.at - before.at).count(), 0.001);
  const double hits = per_second(before.hits, now.hits, seconds);
  const double looked_up = hits + per_second(before.misses, now.misses, seconds);
  return {.commands = per_second(before.commands, now.commands, seconds),
          .evicted = per_second(before.evicted, now.evicted, seconds),
          .expired = per_second(before.expired, now.expired, seconds),
          .bytes_in = per_second(before.bytes_in, now.bytes_in, seconds),
          .bytes_out = per_second(before.bytes_out, now.bytes_out, seconds),
          .hit_ratio = looked_up > 0 ? hits / looked_up : -1};
}

std::string top_header() {
  return "      ops/s    hit %         keys      memory         max  evicted/s  expired/s        "
         "in/s"
         "       out/s  clients";
}

std::string top_line(const TopRates& rates, const TopLook& now) {
  char ratio[16] = "-";
  if (rates.hit_ratio >= 0) std::snprintf(ratio, sizeof ratio, "%.1f", 100 * rates.hit_ratio);
  char line[256];
  std::snprintf(line, sizeof line, "%11s %8s %12s %11s %11s %10s %10s %11s %11s %8s",
                count_of(rates.commands).c_str(), ratio, base::count_text(now.keys).c_str(),
                base::size_text(now.memory_bytes).c_str(),
                now.memory_bytes_max == 0 ? "none" : base::size_text(now.memory_bytes_max).c_str(),
                count_of(rates.evicted).c_str(), count_of(rates.expired).c_str(),
                size_of(rates.bytes_in).c_str(), size_of(rates.bytes_out).c_str(),
                base::count_text(now.clients).c_str());
  return line;
}

Json top_json(const TopRates& rates, const TopLook& now) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  Json json;
  json.number("ops_per_second", rates.commands);
  rates.hit_ratio < 0 ? json.null("hit_ratio") : json.number("hit_ratio", rates.hit_ratio);
  return json.number("keys", number(now.keys))
      .number("memory_bytes", number(now.memory_bytes))
      .number("memory_bytes_max", number(now.memory_bytes_max))
      .number("evicted_per_second", rates.evicted)
      .number("expired_per_second", rates.expired)
      .number("bytes_in_per_second", rates.bytes_in)
      .number("bytes_out_per_second", rates.bytes_out)
      .number("clients", number(now.clients));
}

}  // namespace larder::apps
