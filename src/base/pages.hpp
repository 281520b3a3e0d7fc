// Pages: a stretch of address space that costs memory only where it was written.
//
// For what grows in place: a caller reserves far more than it will need, nothing ever moves, and
// what is no longer needed goes back to the operating system page by page.
#pragma once

#include <cstddef>

namespace larder::base {

/// Threads  One at a time.
class Pages {
 public:
  Pages() = default;
  /// Reserves `bytes` of address space, or the largest half, quarter … of it that the system grants.
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
  /// Gives the memory of the whole pages within back. They stay usable and read as zero again.
  void give_back(std::size_t offset, std::size_t bytes) noexcept;

 private:
  bool grow(std::size_t bytes) noexcept;

  char* data_ = nullptr;
  std::size_t reserved_ = 0;
  std::size_t usable_ = 0;
};

}  // namespace larder::base
