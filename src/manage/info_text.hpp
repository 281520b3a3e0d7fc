// What INFO says, field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::manage {

/// The value of `name:` at the beginning of a line; empty: it has none.
std::string_view info_field(std::string_view info, std::string_view name) noexcept;
/// 0 where it has none, or one that is no number.
std::uint64_t info_number(std::string_view info, std::string_view name) noexcept;
/// The sum over every such line: of several servers, one behind the other.
std::uint64_t info_sum(std::string_view info, std::string_view name) noexcept;
/// Of all databases: the sum of `dbN:keys=`.
std::uint64_t info_keys(std::string_view info) noexcept;

}  // namespace larder::manage
