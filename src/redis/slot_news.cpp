#include "redis/slot_news.hpp"

#include <algorithm>

namespace larder::redis {

void SlotNews::moved(std::uint32_t slot) {
  Moved& moved = moved_[slot];
  moved.at = ++now_;
  moved.refuted = std::max(moved.refuted, epochs_[slot]);
}

void SlotNews::begin_answer(Order asked, std::size_t servers) noexcept {
  asked_ = asked;
  some_was_old_ = false;
  believes_all_ = old_in_a_row_ >= std::max<std::size_t>(servers, 1);
}

bool SlotNews::believes(std::uint32_t slot, bool as_known, std::uint64_t epoch) {
  const bool told = epoch != 0;
  std::uint64_t& known = epochs_[slot];
  const auto moved = moved_.find(slot);
  const bool before_moved = moved != moved_.end() && asked_ < moved->second.at;
  const bool refuted = moved != moved_.end() && told && epoch <= moved->second.refuted;
  if (as_known) {
    known = std::max(known, epoch);
    if (moved != moved_.end() && !before_moved && !refuted) moved_.erase(moved);
    return true;
  }
  if (!believes_all_ && (before_moved || refuted || (told && epoch < known))) {
    some_was_old_ = true;
    return false;
  }
  known = epoch;
  if (moved != moved_.end()) moved_.erase(moved);
  return true;
}

}  // namespace larder::redis
