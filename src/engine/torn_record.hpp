// TornRecord: a record's header as it is read without a lock, while somebody may be writing it.
//
// Each byte is read once, and nothing is followed that leads out of the record's segment. Whether what
// was read was ever true is for the reader to find out afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/racy.hpp"
#include "engine/log.hpp"
#include "engine/record.hpp"

namespace larder::engine {

class TornRecord {
 public:
  // A header that begins within a segment reaches no further than what can be read behind it.
  static_assert(1 + 5 + 5 + 1 + 8 + 4 <= Log::kReadableBehind);

  /// The record at `at`, in a segment that ends at `end`.
  LARDER_RACY_INLINE TornRecord(const char* at, const char* end) noexcept {
    const auto word = base::racy_load_at<std::uint64_t>(at);
    flags_ = static_cast<std::uint8_t>(word);
    key_bytes_ = word >> 8 & 0xff;
    value_bytes_ = word >> 16 & 0xff;
    fields_ = at + 3;
    if ((word & 0x808000) != 0) read_lengths(at + 1);
    fields_ += (flags_ & Record::kSpaced) != 0;
    body_ = fields_;
    if ((flags_ & (Record::kTimed | Record::kUsed)) != 0) [[unlikely]]
      body_ += fields_bytes();
    const auto body_bytes = std::uint64_t{key_bytes_} + value_bytes_;
    within_ = body_ <= end && body_bytes <= static_cast<std::uint64_t>(end - body_);
  }

  /// Whether it is a string whose body lies in the log, all of it within the segment.
  LARDER_RACY_INLINE bool readable() const noexcept { return within_ && !elsewhere(); }
  /// Whether its body lies elsewhere or is no string's: only a lock shows more.
  LARDER_RACY_INLINE bool elsewhere() const noexcept {
    return (flags_ & (Record::kKindMask | Record::kOutside)) != 0;
  }
  /// Requires readable().
  LARDER_RACY_INLINE bool has_key(std::string_view key) const noexcept {
    return key.size() == key_bytes_ && base::racy_equal(key.data(), body_, key.size());
  }
  LARDER_RACY_INLINE std::string_view value() const noexcept {
    return {body_ + key_bytes_, value_bytes_};
  }
  LARDER_RACY_INLINE bool timed() const noexcept { return (flags_ & Record::kTimed) != 0; }
  /// Requires timed().
  LARDER_RACY_INLINE DeadlineMs deadline() const noexcept {
    const auto deadline = base::racy_load_at<std::uint64_t>(fields_);
    if ((flags_ & Record::kWide) != 0) return static_cast<DeadlineMs>(deadline);
    const std::uint64_t narrow = deadline & Record::kNarrowNever;
    return narrow == Record::kNarrowNever ? kNever : static_cast<DeadlineMs>(narrow);
  }

 private:
  LARDER_RACY void read_lengths(const char* at) noexcept {
    key_bytes_ = varint(at);
    value_bytes_ = varint(at);
    fields_ = at;
  }
  LARDER_RACY static std::uint32_t varint(const char*& at) noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const auto byte = base::racy_load_at<std::uint8_t>(at++);
      value |= std::uint32_t{byte & 127U} << shift;
      if (byte < 128) break;
    }
    return value;
  }
  std::size_t fields_bytes() const noexcept {
    const std::size_t deadline = (flags_ & Record::kWide) != 0 ? 8 : Record::kDeadlineBytes;
    return (timed() ? deadline : 0) + ((flags_ & Record::kUsed) != 0 ? 4 : 0);
  }

  const char* fields_;
  const char* body_;
  std::uint32_t key_bytes_;
  std::uint32_t value_bytes_;
  std::uint8_t flags_;
  bool within_;
};

}  // namespace larder::engine
