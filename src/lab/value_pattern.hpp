// Values for experiments: runs of one fixed pattern, so that a value costs no work to make and is
// checked with one comparison.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::lab {

/// The value of `number` begins at a place of the pattern which the number gives: neighbours
/// differ.
class ValuePattern {
 public:
  explicit ValuePattern(std::size_t bytes_max = 0) { reserve(bytes_max); }

  /// Makes room for values of up to `bytes`. Views from before are gone.
  void reserve(std::size_t bytes);
  /// Requires `size` to have been reserved. Good until the next reserve.
  std::string_view value(std::uint64_t number, std::size_t size) const noexcept {
    return {pattern_.data() + mixed(number) % kPlaces, size};
  }

  /// A fixed permutation of numbers: neighbours come out far apart.
  static constexpr std::uint64_t mixed(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ULL;
    return number ^ (number >> 27);
  }

 private:
  static constexpr std::size_t kPlaces = 4096;
  std::string pattern_;
};

}  // namespace larder::lab
