// Candidates: the best victims of the last samples, as in Redis' eviction pool.
//
// Five random entries alone give a poor LRU. Keeping the coldest sixteen ever seen and adding five
// at a time comes close to the exact order at no memory per entry. They are named by hash: an entry
// may be gone when its turn comes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace larder::policy {

struct Candidate {
  double coldness = 0;
  std::uint64_t hash = 0;
  unsigned space = 0;  ///< Which of the table's, the caller knows.
};

class Candidates {
 public:
  static constexpr std::size_t kMax = 16;

  /// Keeps the candidate if there is room or it is colder than the warmest, which then goes. One
  /// hash is kept once.
  void offer(const Candidate& candidate) noexcept;
  /// Takes out the coldest.
  std::optional<Candidate> take() noexcept;
  void clear() noexcept { size_ = 0; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::array<Candidate, kMax> sorted_{};  ///< Warmest first.
  std::size_t size_ = 0;
};

}  // namespace larder::policy
