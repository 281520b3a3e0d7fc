// Versions: whether an entry was written between two looks at it, for a few entries at a time.
//
// Every write of a table has a number. Only entries that somebody asked for are remembered, with
// the number of their last write, so that those nobody watches pay nothing: 512 of them, in sets of
// eight by hash. One that was crowded out by others gets a new number when it is asked for again,
// which looks like a write and costs who watches it another try.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace larder::engine {

class Versions {
 public:
  /// A write to the entry of this hash. Returns its number, which is never 0.
  std::uint32_t next(std::uint64_t hash) noexcept {
    if (++last_ == 0) ++last_;
    if (sets_) note(hash);
    return last_;
  }
  /// The same answer as long as nothing is written to the entry. From the first time on it is
  /// remembered.
  std::uint32_t of(std::uint64_t hash);

 private:
  struct Asked {
    std::uint64_t hash = 0;
    std::uint32_t version = 0;  ///< 0: nobody.
  };
  using Set = std::array<Asked, 8>;  ///< Asked for most lately first.
  static constexpr std::size_t kSets = 64;

  Set& set_of(std::uint64_t hash) noexcept { return (*sets_)[(hash >> 24) % kSets]; }
  void note(std::uint64_t hash) noexcept;

  std::uint32_t last_ = 0;
  std::unique_ptr<std::array<Set, kSets>> sets_;  ///< Null until somebody asks.
};

}  // namespace larder::engine
