// Reports as people and programs read them: the numbers of a run, formatted once.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/histogram.hpp"

namespace larder::lab {

/// One flat JSON object, with objects within it where a report has parts.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text);
  JsonObject& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonObject& add(std::string_view name, const JsonObject& object);
  JsonObject& add(std::string_view name, std::span<const JsonObject> objects);
  JsonObject& add(std::string_view name, bool value);
  /// With as many digits as tell it from its neighbours; null where it is not finite.
  JsonObject& add(std::string_view name, double value);
  template <std::unsigned_integral N>
  requires(!std::same_as<N, bool>) JsonObject& add(std::string_view name, N value) {
    return add_raw(name, std::to_string(value));
  }

  std::string text() const { return "{" + members_ + "}"; }

 private:
  JsonObject& add_raw(std::string_view name, std::string_view value);
  std::string members_;
};

/// count, mean, p50, p90, p99, p999 and max, in microseconds, of a histogram of nanoseconds.
JsonObject latency_json(const base::Histogram& latency_ns);
/// "p50 12.3 us   p90 …   p99 …   p99.9 …   max …".
std::string latency_text(const base::Histogram& latency_ns);

/// Operations a second, as "1,234,567/s" or "12.3/s".
std::string rate_text(double per_second);
/// 0.12345 as "12.345 %".
std::string percent_text(double share);

}  // namespace larder::lab
