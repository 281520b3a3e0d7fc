#include "lab/size_range.hpp"

#include "base/text.hpp"
#include "base/units.hpp"

namespace larder::lab {

Result<SizeRange> parse_size_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto low = base::parse_size(text.substr(0, dash));
  const auto high = dash == text.npos ? low : base::parse_size(text.substr(dash + 1));
  if (!low || !high || *low > *high || *high > UINT32_MAX) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 "expected bytes such as 64 or 16-1024, found " + base::quoted(text)};
  }
  return SizeRange{static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high)};
}

}  // namespace larder::lab
