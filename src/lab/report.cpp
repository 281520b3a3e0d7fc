#include "lab/report.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/json_text.hpp"
#include "base/units.hpp"

namespace larder::lab {

JsonObject& JsonObject::add_raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ", ";
  base::append_json_string_lossy(members_, name);
  members_ += ": ";
  members_ += value;
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
  std::string quoted;
  base::append_json_string_lossy(quoted, text);
  return add_raw(name, quoted);
}

JsonObject& JsonObject::add(std::string_view name, const JsonObject& object) {
  return add_raw(name, object.text());
}

JsonObject& JsonObject::add(std::string_view name, std::span<const JsonObject> objects) {
  std::string list;
  for (const JsonObject& object : objects) list += (list.empty() ? "" : ", ") + object.text();
  return add_raw(name, "[" + list + "]");
}

JsonObject& JsonObject::add(std::string_view name, bool value) {
  return add_raw(name, value ? "true" : "false");
}

JsonObject& JsonObject::add(std::string_view name, double value) {
  if (!std::isfinite(value)) return add_raw(name, "null");
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return add_raw(name, {text.data(), static_cast<std::size_t>(end - text.data())});
}

JsonObject latency_json(const base::Histogram& latency_ns) {
  const auto micros = [](double ns) { return std::round(ns) / 1'000; };
  const auto at = [&](double percent) {
    return micros(static_cast<double>(latency_ns.percentile(percent)));
  };
  JsonObject object;
  object.add("count", latency_ns.count())
      .add("mean", micros(latency_ns.mean()))
      .add("p50", at(50))
      .add("p90", at(90))
      .add("p99", at(99))
      .add("p999", at(99.9))
      .add("max", micros(static_cast<double>(latency_ns.max())));
  return object;
}

std::string latency_text(const base::Histogram& latency_ns) {
  const auto duration = [](std::uint64_t ns) {
    return base::duration_text(base::Nanos{static_cast<std::int64_t>(ns)});
  };
  return "p50 " + duration(latency_ns.percentile(50)) + "   p90 " +
         duration(latency_ns.percentile(90)) + "   p99 " + duration(latency_ns.percentile(99)) +
         "   p99.9 " + duration(latency_ns.percentile(99.9)) + "   max " +
         duration(latency_ns.max());
}

std::string rate_text(double per_second) {
  if (per_second >= 1'000) {
    return base::count_text(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
  }
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f/s", per_second);
  return text.data();
}

std::string percent_text(double share) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.3f %%", share * 100);
  return text.data();
}

}  // namespace larder::lab
