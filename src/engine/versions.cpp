#include "engine/versions.hpp"

#include <algorithm>

namespace larder::engine {

void Versions::note(std::uint64_t hash) noexcept {
  for (Asked& asked : set_of(hash)) {
    if (asked.version != 0 && asked.hash == hash) asked.version = last_;
  }
}

std::uint32_t Versions::of(std::uint64_t hash) {
  if (!sets_) sets_ = std::make_unique<std::array<Set, kSets>>();
  Set& set = set_of(hash);
  const auto found = std::find_if(set.begin(), set.end(), [&](const Asked& asked) {
    return asked.version != 0 && asked.hash == hash;
  });
  if (found != set.end()) {
    std::rotate(set.begin(), found, found + 1);
  } else {
    std::move_backward(set.begin(), set.end() - 1, set.end());
    set.front() = {hash, next(hash)};
  }
  return set.front().version;
}

}  // namespace larder::engine
