#include "engine/log.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"

namespace larder::engine {
namespace {

constexpr std::size_t kKeptForMoves = 2;
// A log of fewer keeps no memory that is not in use; of more, one free segment for so many.
constexpr std::size_t kFewSegments = 64;
// Segments looked at in one search for one to clean: enough for the best of them to be nearly the
// best of all.
constexpr std::size_t kLook = 256;
// A segment less dead than this is not worth its cleaning: 32 bytes moved for one that is won.
constexpr std::size_t kDeadMin = 32;

}  // namespace

Log::Log(std::size_t segment_bytes, std::size_t bytes_max)
    : segment_bytes_(segment_bytes),
      segment_units_log_(static_cast<unsigned>(std::countr_zero(segment_bytes / Record::kUnit))),
      pages_(bytes_max),
      base_(pages_.data()) {
  LARDER_ASSERT(std::has_single_bit(segment_bytes) && segment_bytes >= 4096);
}

// ---- writing ----------------------------------------------------------------------------------------

Address Log::append(Queue queue, std::size_t bytes, DeadlineMs now, For what) noexcept {
  Ends& ends = ends_[index(queue)];
  if (!has_room(ends.open, bytes)) {
    const SegmentNumber fresh = take_segment(what);
    if (fresh == kNoSegment) return 0;
    if (ends.open != kNoSegment) close(ends.open);
    link_newest(fresh, queue);
    segments_[fresh].born = now;
    segments_[fresh].open = true;
    ends.open = fresh;
  }
  return put(ends.open, bytes);
}

Address Log::append_beside(SegmentNumber segment, std::size_t bytes) noexcept {
  Ends& ends = ends_[index(segments_[segment].queue)];
  if (ends.beside == segment || !has_room(ends.beside, bytes)) {
    const SegmentNumber fresh = take_segment(For::move);
    if (fresh == kNoSegment) return 0;
    if (ends.beside != kNoSegment) close(ends.beside);
    link_newer_than(fresh, segment);
    segments_[fresh].born = segments_[segment].born;
    segments_[fresh].open = true;
    ends.beside = fresh;
  }
  return put(ends.beside, bytes);
}

Address Log::put(SegmentNumber number, std::size_t bytes) noexcept {
  Segment& segment = segments_[number];
  const Address address = address_of(number, segment.filled);
  segment.filled += static_cast<std::uint32_t>(bytes);
  held_ += bytes;
  return address;
}

bool Log::extend(Address address, std::size_t bytes_before, std::size_t bytes_after) noexcept {
  const SegmentNumber number = segment_of(address);
  Segment& segment = segments_[number];
  const std::size_t offset = static_cast<std::size_t>(at(address) - at(address_of(number, 0)));
  if (!segment.open || offset + bytes_before != segment.filled ||
      offset + bytes_after > segment_bytes_)
    return false;
  segment.filled = static_cast<std::uint32_t>(offset + bytes_after);
  held_ += bytes_after - bytes_before;
  return true;
}

void Log::begin(Address address, bool has_deadline, DeadlineMs deadline) noexcept {
  Segment& segment = segments_[segment_of(address)];
  ++segment.living;
  if (!has_deadline) return;
  ++segment.timed;
  segment.due = std::min(segment.due, deadline);
}

void Log::end(Address address, std::size_t bytes, bool has_deadline) noexcept {
  const SegmentNumber number = segment_of(address);
  Segment& segment = segments_[number];
  --segment.living;
  segment.timed -= has_deadline;
  segment.dead += static_cast<std::uint32_t>(bytes);
  dead_ += bytes;
  Record::fill(at(address), bytes);
  if (segment.living == 0) {
    // Nothing to move: all of it is consumed at once.
    held_ -= segment.filled - segment.consumed;
    dead_ -= segment.dead;
    segment.dead = 0;
    segment.consumed = segment.filled;
    release(number);
  }
}

void Log::shrink(Address address, std::size_t bytes_before, std::size_t bytes_after) noexcept {
  if (bytes_before == bytes_after) return;
  const std::size_t bytes = bytes_before - bytes_after;
  Record::fill(at(address) + bytes_after, bytes);
  segments_[segment_of(address)].dead += static_cast<std::uint32_t>(bytes);
  dead_ += bytes;
}

void Log::change_deadline(Address address, bool had, bool has, DeadlineMs deadline) noexcept {
  Segment& segment = segments_[segment_of(address)];
  segment.timed += has;
  segment.timed -= had;
  if (has) segment.due = std::min(segment.due, deadline);
}

void Log::set_used_fields(bool used) noexcept {
  if (used == used_fields_) return;
  used_fields_ = used;
  for (Ends& ends : ends_) {
    if (ends.open != kNoSegment) close(ends.open);
    if (ends.beside != kNoSegment) close(ends.beside);
  }
}

// ---- consuming --------------------------------------------------------------------------------------

bool Log::skip_dead(SegmentNumber number, std::size_t& most) noexcept {
  Segment& segment = segments_[number];
  while (segment.consumed < segment.filled) {
    const char* place = at(next_of(number));
    if (!Record::is_filler(place)) return true;
    if (most == 0) return false;
    --most;
    take_consumed(number, Record::bytes_at(place));
  }
  return false;
}

void Log::consume(SegmentNumber number, std::size_t bytes) noexcept {
  const Segment& segment = segments_[number];
  // The end of its last record has released it already.
  if (segment.in_use && segment.consumed < segment.filled) take_consumed(number, bytes);
}

// The first half goes back as soon as it is consumed: in a small table half a segment counts.
void Log::take_consumed(SegmentNumber number, std::size_t bytes) noexcept {
  Segment& segment = segments_[number];
  const std::size_t half = segment_bytes_ / 2;
  const bool was_below = segment.consumed < half;
  segment.consumed += static_cast<std::uint32_t>(bytes);
  segment.dead -= static_cast<std::uint32_t>(bytes);
  held_ -= bytes;
  dead_ -= bytes;
  if (was_below && segment.consumed >= half && in_use_ < kFewSegments)
    pages_.give_back(std::size_t{number} * segment_bytes_, half);
}

SegmentNumber Log::dirtiest() noexcept {
  SegmentNumber best = kNoSegment;
  std::size_t dead_best = segment_bytes_ / kDeadMin;
  const std::size_t looks = std::min(kLook, segments_.size());
  for (std::size_t i = 0; i < looks; ++i) {
    if (++look_next_ >= segments_.size()) look_next_ = 0;
    const Segment& segment = segments_[look_next_];
    if (!segment.in_use || segment.open || segment.dead <= dead_best) continue;
    dead_best = segment.dead;
    best = look_next_;
  }
  return best;
}

SegmentNumber Log::misfit() noexcept {
  const std::size_t looks = std::min(kLook, segments_.size());
  for (std::size_t i = 0; i < looks; ++i) {
    if (++look_next_ >= segments_.size()) look_next_ = 0;
    const Segment& segment = segments_[look_next_];
    if (segment.in_use && !segment.open && segment.used_fields != used_fields_) return look_next_;
  }
  return kNoSegment;
}

// ---- segments ---------------------------------------------------------------------------------------

SegmentNumber Log::take_segment(For what) noexcept {
  if (what == For::write && segments_left() <= kKeptForMoves) return kNoSegment;
  SegmentNumber number;
  std::vector<SegmentNumber>& reused = warm_.empty() ? returned_ : warm_;
  if (!reused.empty()) {
    number = reused.back();
    reused.pop_back();
  } else {
    if (!pages_.grow_to((segments_.size() + 1) * segment_bytes_ + kReadableBehind))
      return kNoSegment;
    try {
      // So that release() does not fail; seldom, so that it is not all copied each time.
      if (warm_.capacity() <= segments_.size()) warm_.reserve(2 * segments_.size() + 16);
      if (returned_.capacity() <= segments_.size()) returned_.reserve(2 * segments_.size() + 16);
      segments_.emplace_back();
    } catch (const std::bad_alloc&) {
      return kNoSegment;
    }
    number = static_cast<SegmentNumber>(segments_.size() - 1);
  }
  Segment& segment = segments_[number];
  segment = Segment{.generation = segment.generation + 1};
  segment.in_use = true;
  segment.used_fields = used_fields_;
  segment.filled = segment.consumed = start_of(number);
  ++in_use_;
  return number;
}

void Log::close(SegmentNumber number) noexcept {
  Segment& segment = segments_[number];
  Ends& ends = ends_[index(segment.queue)];
  segment.open = false;
  if (ends.open == number) ends.open = kNoSegment;
  if (ends.beside == number) ends.beside = kNoSegment;
  if (segment.living == 0) release(number);
}

void Log::link_newest(SegmentNumber number, Queue queue) noexcept {
  Ends& ends = ends_[index(queue)];
  Segment& segment = segments_[number];
  segment.queue = queue;
  segment.older = ends.newest;
  (ends.newest == kNoSegment ? ends.oldest : segments_[ends.newest].newer) = number;
  ends.newest = number;
}

void Log::link_newer_than(SegmentNumber number, SegmentNumber older) noexcept {
  Segment& segment = segments_[number];
  Segment& place = segments_[older];
  Ends& ends = ends_[index(place.queue)];
  segment.queue = place.queue;
  segment.older = older;
  segment.newer = place.newer;
  (place.newer == kNoSegment ? ends.newest : segments_[place.newer].older) = number;
  place.newer = number;
}

void Log::unlink(SegmentNumber number) noexcept {
  const Segment& segment = segments_[number];
  Ends& ends = ends_[index(segment.queue)];
  (segment.older == kNoSegment ? ends.oldest : segments_[segment.older].newer) = segment.newer;
  (segment.newer == kNoSegment ? ends.newest : segments_[segment.newer].older) = segment.older;
}

// An empty segment that is open at the end of its queue begins anew; any other is free. One open beside
// others would hide those that are newer than it from whoever takes the oldest.
void Log::release(SegmentNumber number) noexcept {
  Segment& segment = segments_[number];
  Ends& ends = ends_[index(segment.queue)];
  segment.due = kNever;
  if (ends.beside == number) {
    ends.beside = kNoSegment;
    segment.open = false;
  }
  if (segment.open) {
    segment.filled = segment.consumed = start_of(number);
    return;
  }
  unlink(number);
  segment.in_use = false;
  --in_use_;
  warm_.push_back(number);
  cool();
}

// Gives memory back where more is warm than will be wanted soon; a little at a time, since in_use_ may have fallen far.
void Log::cool() noexcept {
  for (int i = 0; i < 4 && warm_.size() > in_use_ / kFewSegments; ++i) {
    const SegmentNumber number = warm_.back();
    warm_.pop_back();
    pages_.give_back(std::size_t{number} * segment_bytes_, segment_bytes_);
    returned_.push_back(number);
  }
}

std::size_t Log::bytes_resident() const noexcept {
  return (in_use_ + warm_.size()) * segment_bytes_;
}

}  // namespace larder::engine
