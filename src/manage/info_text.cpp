#include "manage/info_text.hpp"

#include "base/numbers.hpp"

namespace larder::manage {

namespace {

/// Calls `found` with each value of `name:` until it answers true.
template <class Found>
void for_each_field(std::string_view info, std::string_view name, Found found) {
  for (std::size_t at = 0; at < info.size();) {
    const auto line = info.substr(at, info.find_first_of("\r\n", at) - at);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      if (found(line.substr(name.size() + 1))) return;
    }
    at += line.size() + 1;
  }
}

}  // namespace

std::string_view info_field(std::string_view info, std::string_view name) noexcept {
  std::string_view value;
  for_each_field(info, name, [&](std::string_view found) {
    value = found;
    return true;
  });
  return value;
}

std::uint64_t info_sum(std::string_view info, std::string_view name) noexcept {
  std::uint64_t sum = 0;
  for_each_field(info, name, [&](std::string_view found) {
    sum += base::parse_unsigned(found).value_or(0);
    return false;
  });
  return sum;
}

std::uint64_t info_number(std::string_view info, std::string_view name) noexcept {
  return base::parse_unsigned(info_field(info, name)).value_or(0);
}

std::uint64_t info_keys(std::string_view info) noexcept {
  constexpr std::string_view kBefore = ":keys=";
  std::uint64_t keys = 0;
  for (std::size_t at = info.find("\ndb"); at != std::string_view::npos;
       at = info.find("\ndb", at + 1)) {
    const auto begin = info.find(kBefore, at);
    if (begin == std::string_view::npos) break;
    const auto number = info.substr(begin + kBefore.size());
    keys += base::parse_unsigned(number.substr(0, number.find_first_of(",\r\n"))).value_or(0);
  }
  return keys;
}

}  // namespace larder::manage
