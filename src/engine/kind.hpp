// What an entry can hold.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder::engine {

/// What an entry holds. Only `string` has commands today; the others are kept in the layout for the
/// commands to come.
enum class Kind : std::uint8_t {
  string = 0,
  list = 1,
  hash = 2,
  set = 3,
  sorted_set = 4,
  stream = 5
};

/// An out-of-line value: anything but a string. The table owns it and asks it only for its size.
class Object {
 public:
  virtual ~Object() = default;
  /// Bytes of memory it holds, for max_bytes; may be an estimate within 5 %.
  virtual std::size_t memory_bytes() const noexcept = 0;
};

}  // namespace larder::engine
