// A string that is filled and emptied in turn, and now and then by something large.
#pragma once

#include <cstddef>
#include <string>

namespace larder::node {

/// Empties it; of its memory no more than `bytes_max` stays.
inline void clear_and_keep(std::string& text, std::size_t bytes_max) {
  if (text.capacity() > bytes_max) text = std::string();
  text.clear();
}

}  // namespace larder::node
