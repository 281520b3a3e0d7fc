// NumberedTrace: a whole trace in memory, its keys renumbered, to be played many times.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/trace.hpp"

namespace larder::lab {

/// The shortest key that keeps a number apart from others, so that objects of a few bytes have their
/// size: its bytes, the lowest first, without the zeros at the end.
class ShortKey {
 public:
  explicit constexpr ShortKey(std::uint32_t number) noexcept {
    do {
      bytes_[size_++] = static_cast<char>(number & 0xff);
      number >>= 8;
    } while (number != 0);
  }
  constexpr std::string_view view() const noexcept { return {bytes_, size_}; }
  constexpr std::uint32_t size() const noexcept { return size_; }

 private:
  char bytes_[4] = {};
  std::uint32_t size_ = 0;
};

/// Cost     12 bytes a request and about 100 a key while it is read.
struct NumberedTrace {
  static constexpr std::uint64_t kRequestsMax = std::uint64_t{1} << 28;  ///< 3 GiB of them.

  struct Item {
    std::uint32_t key = 0;    ///< Its place in the order of first appearance.
    std::uint32_t bytes = 0;  ///< Of key and value; at least those of its ShortKey.
    std::uint32_t ttl_s = 0;  ///< 0: none.
  };

  std::vector<Item> items;
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;      ///< Of all keys and values, at their first size.
  std::uint32_t bytes_max = 0;  ///< Of one.
  bool has_ttl = false;

  using Progress = std::function<void(std::optional<double> done, std::uint64_t requests)>;
  /// Reads `source` to its end, or `requests_max` requests; 0: all.
  /// Errors   The source's; `bad_argument` for more than kRequestsMax.
  static Result<NumberedTrace> read(RequestSource& source, std::uint64_t requests_max,
                                    const Progress& progress = {});
};

}  // namespace larder::lab
