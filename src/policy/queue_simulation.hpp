// QueueSimulation: the adaptive policy on keys alone, to see what a choice of rules is worth.
//
// The policy is S3-FIFO (Yang et al., SOSP 2023). Newcomers enter `small`. When there is no room, the
// oldest of small leaves it if small holds its share, else the oldest of `main`:
//
//              used                     used: another round, one use less
//    small ------------> main --------.
//      | unused          ^ ^ '--------'
//      v      comes back | | unused
//    ghosts -------------' '-> gone
//
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/ghosts.hpp"
#include "policy/queue_rules.hpp"

namespace larder::policy {

/// Keys are hashes of 32 bits: two keys that share one count as the same.
///
/// Threads  One at a time.
class QueueSimulation {
 public:
  /// Takes the memory for `entries_max` keys at once, of which there may be 65,535.
  QueueSimulation(std::size_t entries_max, QueueRules rules);

  /// A request. True if the key was there: it is used then. A miss changes nothing.
  bool read(std::uint32_t key) noexcept;
  /// The key is there from now on. If it was already, nothing changes.
  void write(std::uint32_t key) noexcept;

  /// How many keys fit from now on, at least one and up to entries_max.
  /// Cost     None now. What is too much leaves two at a time, with each write.
  void set_capacity(std::size_t entries) noexcept;
  /// From now on goes by these rules.
  void set_rules(const QueueRules& rules) noexcept;
  void clear() noexcept;
  const QueueRules& rules() const noexcept { return rules_; }
  std::size_t size() const noexcept { return small_.size() + main_.size(); }
  std::size_t memory_bytes() const noexcept;

 private:
  using Id = std::uint16_t;
  static constexpr Id kNone = 0xffff;

  struct Node {
    std::uint32_t key = 0;
    std::uint8_t uses = 0;
  };

  class Ring {
   public:
    explicit Ring(std::size_t places) : places_(places) {}
    void push(Id id) noexcept;
    Id pop() noexcept;
    void clear() noexcept { size_ = 0; }
    std::size_t size() const noexcept { return size_; }
    std::size_t memory_bytes() const noexcept { return places_.size() * sizeof(Id); }

   private:
    std::vector<Id> places_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
  };

  std::size_t find(std::uint32_t key) const noexcept;
  void unlink(std::size_t place) noexcept;
  bool leave_small() noexcept;
  bool leave_main() noexcept;
  void make_room() noexcept;
  void drop(Id id) noexcept;
  GhostBucket& ghosts_of(std::uint32_t key) noexcept;

  QueueRules rules_;
  std::size_t capacity_ = 0;
  std::size_t small_max_ = 1;
  GhostLayout ghost_layout_;
  unsigned unused_ = 0;  ///< Left small unused since the last that was kept all the same.

  std::vector<Node> nodes_;
  std::vector<Id>
      index_;  ///< Open addressing with linear probing; a power of two, at most half full.
  Ring free_;
  Ring small_;
  Ring main_;
  std::vector<GhostBucket> ghosts_;
};

}  // namespace larder::policy
