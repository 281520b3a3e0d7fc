// Writing into the middle of a string: SETRANGE, SETBIT, BITFIELD. What is there already is written in place, so that a
// bit of a large bitmap costs no copy of it.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <string_view>

#include "engine/entry.hpp"

namespace larder::server {

/// Makes a string, or what is vacant, at least so long, with zeros behind. Keeps the deadline.
///
/// Errors  As Entry::append; then nothing has changed.
/// Cost    That of what is missing.
Result<void> reach(engine::Entry& entry, std::size_t bytes);

/// Writes `bytes` from `offset` on, zeros before it where the string ends sooner. Keeps the deadline.
///
/// Errors  As `reach`.
Result<void> write_at(engine::Entry& entry, std::size_t offset, std::string_view bytes);

}  // namespace larder::server
