// One table of suffixes for each kind; a number, then a suffix, then nothing.
#include "base/units.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace larder::base {
namespace {

struct Suffix {
  std::string_view name;  // Lower case.
  std::uint64_t factor;
};

constexpr std::uint64_t kKilo = 1000, kMega = kKilo * 1000, kGiga = kMega * 1000,
                        kTera = kGiga * 1000;

constexpr Suffix kSizes[] = {
    {"", 1},
    {"b", 1},
    {"k", kKilo},
    {"kb", 1ULL << 10},
    {"kib", 1ULL << 10},
    {"m", kMega},
    {"mb", 1ULL << 20},
    {"mib", 1ULL << 20},
    {"g", kGiga},
    {"gb", 1ULL << 30},
    {"gib", 1ULL << 30},
    {"t", kTera},
    {"tb", 1ULL << 40},
    {"tib", 1ULL << 40},
};

constexpr Suffix kCounts[] = {{"", 1}, {"k", kKilo}, {"m", kMega}, {"g", kGiga}};

constexpr Suffix kDurations[] = {
    {"ms", 1},       {"s", 1'000},     {"sec", 1'000},    {"m", 60'000},
    {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000},
};

/// `what` and `forms` make the error: `"12x" is not a size (try 64, 100k, 512mb, 1GiB)`.
Result<std::uint64_t> parse_scaled(std::string_view text, std::span<const Suffix> suffixes,
                                   std::string_view what, std::string_view forms) {
  const auto refuse = [&](std::string_view why) -> Result<std::uint64_t> {
    return Error{
        Errc::bad_argument, Effect::not_sent,
        quoted(text) + std::string(why) + std::string(what) + " (try " + std::string(forms) + ")"};
  };
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error == std::errc::result_out_of_range) return refuse(" is too large for a ");
  if (error != std::errc{}) return refuse(" is not a ");
  const std::string suffix = lower(text.substr(digits));
  for (const auto& [name, factor] : suffixes) {
    if (name != suffix) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / factor)
      return refuse(" is too large for a ");
    return number * factor;
  }
  return refuse(" is not a ");
}

std::string with_unit(double value, const char* unit) {
  char buffer[32];
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return {buffer, static_cast<std::size_t>(
                      std::snprintf(buffer, sizeof buffer, "%.*f %s", decimals, value, unit))};
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse_scaled(text, kSizes, "size", "64, 100k, 512mb, 1GiB");
}

Result<std::uint64_t> parse_count(std::string_view text) {
  return parse_scaled(text, kCounts, "count", "1000, 100k, 1M");
}

Result<Millis> parse_duration(std::string_view text) {
  if (text == "0") return Millis{0};
  const auto ms = parse_scaled(text, kDurations, "duration", "250ms, 10s, 5min, 1h");
  if (!ms) return ms.error();
  // A deadline is nanoseconds in 64 bits: 292 years. A thousandth of that leaves room for any sum.
  constexpr std::uint64_t kMax = 100ULL * 366 * 86'400'000;
  if (*ms > kMax) {
    return Error{Errc::bad_argument, Effect::not_sent, quoted(text) + " is longer than 100 years"};
  }
  return Millis{static_cast<std::int64_t>(*ms)};
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return with_unit(value, kUnits[unit]);
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string duration_text(Nanos duration) {
  if (duration < Nanos{0}) return "-" + duration_text(-duration);
  const auto ns = static_cast<double>(duration.count());
  if (ns < 1e3) return std::to_string(duration.count()) + " ns";
  if (ns < 1e6) return with_unit(ns / 1e3, "us");
  if (ns < 1e9) return with_unit(ns / 1e6, "ms");
  if (ns < 60e9) return with_unit(ns / 1e9, "s");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration).count();
  const auto pair = [](std::int64_t a, const char* unit, std::int64_t b, const char* smaller) {
    std::string text = std::to_string(a) + unit;
    return b == 0 ? text : text + " " + std::to_string(b) + smaller;
  };
  if (seconds < 3600) return pair(seconds / 60, " min", seconds % 60, " s");
  if (seconds < 86'400) return pair(seconds / 3600, " h", seconds / 60 % 60, " min");
  return pair(seconds / 86'400, " d", seconds / 3600 % 24, " h");
}

}  // namespace larder::base
