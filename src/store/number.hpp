// Numbers that live in a store as text, read and written exactly as Redis does, so that every
// engine agrees.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::store {

/// `text + delta`. Errors: `not_a_number` (anything but plain decimal digits with an optional
/// minus: no blank, no plus, no leading zero), `overflow`.
Result<std::int64_t> integer_sum(std::string_view text, std::int64_t delta);

/// The text that INCRBYFLOAT would leave: the sum in extended precision, 17 places, trailing zeros
/// cut. Errors: `not_a_number`, `overflow` (the sum is infinite).
Result<std::string> double_sum(std::string_view text, double delta);

/// The shortest text that reads back as the same double.
std::string shortest(double number);
/// All of `text` as a double.
Result<double> to_double(std::string_view text);

}  // namespace larder::store
