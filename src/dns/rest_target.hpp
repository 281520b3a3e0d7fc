// What a request's target says: a path in pieces, and a query by name.
#pragma once

#include <larder/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::dns {

class RestTarget {
 public:
  /// "/cache/example.com/A?subtree=1". `%41` and, in the query, `+` are undone.
  /// Errors: `bad_argument`: a `%` without two hexadecimal digits, a zero byte, a parameter that comes twice.
  static Result<RestTarget> parse(std::string_view target);

  /// Without the slashes; a `%2F` stays within its piece.
  const std::vector<std::string>& path() const noexcept { return path_; }
  /// None if it is not there.
  const std::string* find(std::string_view name) const noexcept;
  std::string text(std::string_view name, std::string_view otherwise = "") const;
  /// 1, true, 0, false; false if it is not there. Errors: `bad_argument`.
  Result<bool> flag(std::string_view name) const;
  /// Errors: `bad_argument` for what is no number, or above `most`.
  Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise,
                               std::uint64_t most) const;

 private:
  std::vector<std::string> path_;
  std::vector<std::pair<std::string, std::string>> query_;
};

/// `bad_argument`, `not_sent`: "name: …".
Error bad_parameter(std::string_view name, std::string_view why);

}  // namespace larder::dns
