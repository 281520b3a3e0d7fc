// Pages: a stretch of address space that costs memory only where it was written.
//
// For what grows in place: a caller reserves far more than it will need, nothing ever moves, and
// what is no longer needed goes back to the operating system page by page.
#pragma once

#include <cstddef>
#include <utility>

namespace larder::base {

/// Threads  One at a time.
class Pages {
 public:
  Pages() = default;
  /// Reserves `bytes` of address space, or the largest half, quarter … of it that the system grants;
  /// a small part of the limit where one is set (RLIMIT_AS).
  /// Errors   throws std::bad_alloc where not even 1 MiB is granted.
  explicit Pages(std::size_t bytes);
  ~Pages();
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;

  char* data() const noexcept { return data_; }
  std::size_t reserved() const noexcept { return reserved_; }

  /// Makes the first `bytes` usable; they read as zero until written. False: more than is reserved,
  /// or the system has no memory left.
  /// Cost     A system call for each further MiB.
  bool grow_to(std::size_t bytes) noexcept { return bytes <= usable_ || grow(bytes); }
  static constexpr std::size_t kHugeBytes = std::size_t{2} << 20;
  /// The next stretch of kHugeBytes below `written` that was not yet taken: what is written and stays
  /// may be had in one huge page, which spares a processor most of its address translation. Null: none.
  char* take_huge(std::size_t written) noexcept {
    if (huge_taken_ + kHugeBytes > written) return nullptr;
    return data_ + std::exchange(huge_taken_, huge_taken_ + kHugeBytes);
  }
  /// Has the system join what take_huge() gave into one page, where it can; nothing changes besides.
  /// Threads  Beside anything, as long as the Pages live; who touches that memory meanwhile waits.
  /// Cost     About 0.3 ms.
  static void make_huge(char* memory) noexcept;

  /// Gives the memory of the whole pages within back. They stay usable and read as zero again.
  void give_back(std::size_t offset, std::size_t bytes) noexcept;

 private:
  bool grow(std::size_t bytes) noexcept;

  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  char* data_ = nullptr;  ///< Aligned to kHugeBytes.
  std::size_t reserved_ = 0;
  std::size_t usable_ = 0;
  std::size_t huge_taken_ = 0;
};

}  // namespace larder::base
