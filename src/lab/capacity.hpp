// Sizes of caches as people type them: 10%, 5000, 64MiB, or several with commas between.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::lab {

/// What a cache is measured by.
enum class By : std::uint8_t {
  count,  ///< Entries.
  bytes,  ///< Bytes of keys and values.
};

/// A size, of its own or a share of all that a trace asks for.
struct Capacity {
  std::string text;                      ///< As it was typed.
  std::uint64_t amount = 0;              ///< Entries or bytes. 0: a share.
  std::uint64_t hundred_millionths = 0;  ///< Of all.

  /// Entries or bytes, where there are `all`: rounded down, but at least 1.
  std::uint64_t of(std::uint64_t all) const noexcept;
};

/// Reads a list such as "0.1%,5%,5000". Errors: `bad_argument` quotes the size and names the forms.
Result<std::vector<Capacity>> parse_capacities(std::string_view list, By by);

}  // namespace larder::lab
