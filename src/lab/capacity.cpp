#include "lab/capacity.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace larder::lab {
namespace {

constexpr std::uint64_t kOne = 100'000'000;  // So finely shares are told apart: a millionth of 1 %.
constexpr std::size_t kCapacitiesMax = 256;

Error bad(std::string_view found, By by) {
  return {Errc::bad_argument, Effect::not_sent,
          std::string("expected sizes such as 1%,0.1%,") +
              (by == By::count ? "5000 (entries)" : "64MiB (bytes)") +
              ", each above 0 and at most 100%, found " + base::quoted(found, 60)};
}

/// "12.5" as 12'500'000: millionths of it, which are hundred millionths of the whole.
std::uint64_t read_percent(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, dot));
  std::string fraction(text.substr(std::min(dot + 1, text.size())));
  if (digits.empty() || digits.size() > 3 || fraction.size() > 6) return 0;
  if (dot < text.size() && fraction.empty()) return 0;
  fraction.resize(6, '0');
  digits += fraction;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

Result<Capacity> parse_capacity(std::string_view text, By by) {
  Capacity capacity{.text = std::string(text)};
  if (text.ends_with('%')) {
    capacity.hundred_millionths = read_percent(text.substr(0, text.size() - 1));
    if (capacity.hundred_millionths == 0 || capacity.hundred_millionths > kOne)
      return bad(text, by);
    return capacity;
  }
  const auto amount = by == By::count ? base::parse_count(text) : base::parse_size(text);
  if (!amount || *amount == 0) return bad(text, by);
  capacity.amount = *amount;
  return capacity;
}

}  // namespace

std::uint64_t Capacity::of(std::uint64_t all) const noexcept {
  if (amount != 0) return amount;
  // In two parts, so that nothing overflows and nothing is rounded before the end.
  const std::uint64_t part =
      all / kOne * hundred_millionths + all % kOne * hundred_millionths / kOne;
  return std::max<std::uint64_t>(part, 1);
}

Result<std::vector<Capacity>> parse_capacities(std::string_view list, By by) {
  std::vector<Capacity> capacities;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    auto capacity = parse_capacity(list.substr(begin, end - begin), by);
    if (!capacity) return capacity.error();
    capacities.push_back(std::move(*capacity));
    if (capacities.size() > kCapacitiesMax)
      return Error{Errc::bad_argument, Effect::not_sent, "at most 256 sizes at once"};
    begin = end + 1;
  }
  return capacities;
}

}  // namespace larder::lab
