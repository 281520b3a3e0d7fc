// Log: where a table's records lie. Segments of equal size in one stretch of address space, in two
// queues in order of arrival.
//
// A new record goes to the end of a queue's open segment; nothing is ever written into a hole. What
// is erased becomes a filler, and segments become free again in one way only: they are consumed
// from their beginning, record by record, by whoever wants their memory. Eviction consumes the
// oldest segment of a queue, so the order of eviction costs no byte an entry; cleaning consumes one
// in which much is dead, and moves the living into a segment that takes its place in the queue.
//
//   small:  oldest [==consumed==|rec|rec|fil|rec] <-> [rec|rec|...] <-> [rec|rec|   open ]
//
// This is the log of a log-structured file system (Rosenblum and Ousterhout, SOSP 1991), for a
// cache as in Segcache (Yang et al., NSDI 2021). The log knows how long records are and whether
// they live, and nothing of keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/pages.hpp"
#include "engine/record.hpp"
#include "engine/slot_index.hpp"

namespace larder::engine {

/// Where a record waits for its turn to be evicted. Policies without order use `main` alone.
enum class Queue : std::uint8_t { small, main };

using SegmentNumber = std::uint32_t;
constexpr SegmentNumber kNoSegment = ~SegmentNumber{0};

struct Segment {
  DeadlineMs due = kNever;  ///< No later than the earliest deadline within.
  DeadlineMs born = 0;      ///< When it was opened.
  SegmentNumber older = kNoSegment, newer = kNoSegment;
  std::uint32_t filled = 0;    ///< Bytes from its beginning that hold records or fillers.
  std::uint32_t consumed = 0;  ///< Of them, those whose records have gone elsewhere.
  std::uint32_t dead = 0;      ///< Bytes of fillers between the two.
  std::uint32_t living = 0;    ///< Records.
  std::uint32_t timed = 0;     ///< Of them, those that have a deadline.
  Queue queue = Queue::main;
  bool open = false;  ///< Records are still added.
  bool in_use = false;
  bool used_fields = false;      ///< Its records have room for usage.
  std::uint32_t generation = 0;  ///< How often it was taken into use.
};

class Log {
 public:
  /// 32 bits of units of two bytes.
  static constexpr std::size_t kBytesMax = std::size_t{8} << 30;

  /// `segment_bytes` is a power of two. Reserves address space only.
  explicit Log(std::size_t segment_bytes, std::size_t bytes_max = kBytesMax);

  std::size_t segment_bytes() const noexcept { return segment_bytes_; }
  /// Bodies above this lie outside the log.
  std::size_t body_bytes_max() const noexcept { return segment_bytes_ / 16; }

  /// So much can be read behind any segment that was ever in use.
  static constexpr std::size_t kReadableBehind = 32;
  char* at(Address address) const noexcept { return base_ + std::size_t{address} * Record::kUnit; }
  Record record(Address address) const noexcept { return Record{at(address)}; }
  bool contains(const char* place) const noexcept {
    return place >= base_ && place < base_ + pages_.reserved();
  }

  // ---- writing

  /// What room is for. Two segments are kept for moves, or a full log could not be cleaned.
  enum class For : bool { write, move };
  /// Room for `bytes` at the end of `queue`. 0: no memory left.
  Address append(Queue queue, std::size_t bytes, DeadlineMs now, For what = For::write) noexcept;
  /// The same, for a record that leaves `segment` but keeps its place in the queue.
  Address append_beside(SegmentNumber segment, std::size_t bytes) noexcept;
  /// Whether `bytes` more would fit behind this record, which ends where its open segment does; if
  /// so they are taken.
  bool extend(Address address, std::size_t bytes_before, std::size_t bytes_after) noexcept;
  /// A record of `bytes` at `address` begins to live.
  void begin(Address address, bool has_deadline, DeadlineMs deadline) noexcept;
  /// It has ended; its place becomes a filler.
  void end(Address address, std::size_t bytes, bool has_deadline) noexcept;
  /// It shrank in place.
  void shrink(Address address, std::size_t bytes_before, std::size_t bytes_after) noexcept;
  /// Its deadline changed in place.
  void change_deadline(Address address, bool had, bool has, DeadlineMs deadline) noexcept;
  /// Whether new segments are for records with room for usage.
  void set_used_fields(bool used) noexcept;
  bool used_fields() const noexcept { return used_fields_; }

  // ---- consuming

  SegmentNumber oldest(Queue queue) const noexcept { return ends_[index(queue)].oldest; }
  /// Where the next record or filler to be consumed lies. Requires consumed < filled.
  Address next_of(SegmentNumber number) const noexcept {
    return address_of(number, segments_[number].consumed);
  }
  bool exhausted(SegmentNumber number) const noexcept {
    return segments_[number].consumed == segments_[number].filled;
  }
  /// Consumes fillers from the front, at most `most` of them. True: a record lies at next_of().
  bool skip_dead(SegmentNumber number, std::size_t& most) noexcept;
  /// Consumes the record at the front, whose life here has ended by end(); the segment may be freed.
  void consume(SegmentNumber number, std::size_t bytes) noexcept;
  /// The segment in which most is dead of those looked at; kNoSegment where little is.
  SegmentNumber dirtiest() noexcept;
  /// A closed segment whose records have, or lack, room for usage against the present wish.
  SegmentNumber misfit() noexcept;

  // ---- sight

  SegmentNumber segment_of(Address address) const noexcept {
    return static_cast<SegmentNumber>(std::size_t{address} >> segment_units_log_);
  }
  const Segment& segment(SegmentNumber number) const noexcept { return segments_[number]; }
  /// Where the segment of a record ends.
  const char* end_of(Address address) const noexcept {
    return base_ + (std::size_t{segment_of(address)} + 1) * segment_bytes_;
  }
  Queue queue_of(Address address) const noexcept { return segments_[segment_of(address)].queue; }
  std::size_t segments() const noexcept { return segments_.size(); }
  std::size_t segments_in_use() const noexcept { return in_use_; }
  Address address_of(SegmentNumber number, std::size_t offset) const noexcept {
    return static_cast<Address>((std::size_t{number} * segment_bytes_ + offset) / Record::kUnit);
  }
  Address address(const Record& record) const noexcept {
    return static_cast<Address>((record.at() - base_) / static_cast<std::ptrdiff_t>(Record::kUnit));
  }
  /// The record at `offset` of a segment, or none where a filler lies; `offset` moves on behind it.
  Record read_next(SegmentNumber number, std::uint32_t& offset) const noexcept {
    char* const place = at(address_of(number, offset));
    const Record record = Record::is_filler(place) ? Record{} : Record{place};
    offset += static_cast<std::uint32_t>(record ? record.bytes() : Record::bytes_at(place));
    return record;
  }
  /// Makes a segment's `due` what a look at its records has shown.
  void set_due(SegmentNumber number, DeadlineMs due) noexcept { segments_[number].due = due; }

  std::size_t bytes_held() const noexcept { return held_; }  ///< Filled and not consumed.
  std::size_t bytes_dead() const noexcept { return dead_; }  ///< Of them, fillers.
  /// See base::Pages. The newest segments may not be written yet.
  char* take_huge() noexcept {
    const std::size_t written = segments_.size() * segment_bytes_;
    return pages_.take_huge(written - std::min(written, 4 * segment_bytes_));
  }
  /// Memory from the operating system, as far as it was written.
  std::size_t bytes_resident() const noexcept;

 private:
  struct Ends {
    SegmentNumber oldest = kNoSegment, newest = kNoSegment;
    SegmentNumber open = kNoSegment;    ///< Takes what is new.
    SegmentNumber beside = kNoSegment;  ///< Takes what cleaning moves.
  };
  static std::size_t index(Queue queue) noexcept { return static_cast<std::size_t>(queue); }
  static std::uint32_t start_of(SegmentNumber number) noexcept { return number == 0 ? 2 : 0; }

  SegmentNumber take_segment(For what) noexcept;
  std::size_t segments_left() const noexcept {
    const std::size_t all = (pages_.reserved() - kReadableBehind) / segment_bytes_;
    return warm_.size() + returned_.size() + all - segments_.size();
  }
  void link_newest(SegmentNumber number, Queue queue) noexcept;
  void link_newer_than(SegmentNumber number, SegmentNumber older) noexcept;
  void unlink(SegmentNumber number) noexcept;
  void release(SegmentNumber number) noexcept;
  void cool() noexcept;
  void take_consumed(SegmentNumber number, std::size_t bytes) noexcept;
  void close(SegmentNumber number) noexcept;
  Address put(SegmentNumber number, std::size_t bytes) noexcept;
  bool has_room(SegmentNumber number, std::size_t bytes) const noexcept {
    return number != kNoSegment && segments_[number].filled + bytes <= segment_bytes_;
  }

  std::size_t segment_bytes_;
  unsigned segment_units_log_;
  base::Pages pages_;
  char* base_;
  std::deque<Segment> segments_;         ///< Grows without moving what it holds.
  std::vector<SegmentNumber> warm_;      ///< Free, their memory kept for what is written next.
  std::vector<SegmentNumber> returned_;  ///< Free, their memory given back.
  std::array<Ends, 2> ends_{};
  std::size_t in_use_ = 0;
  std::size_t held_ = 0;
  std::size_t dead_ = 0;
  SegmentNumber look_next_ = 0;  ///< Where the search for a segment to clean goes on.
  bool used_fields_ = false;
};

}  // namespace larder::engine
