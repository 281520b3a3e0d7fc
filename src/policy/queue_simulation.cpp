#include "policy/queue_simulation.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"

namespace larder::policy {

void QueueSimulation::Ring::push(Id id) noexcept {
  std::size_t at = first_ + size_++;
  if (at >= places_.size()) at -= places_.size();
  places_[at] = id;
}

QueueSimulation::Id QueueSimulation::Ring::pop() noexcept {
  const Id id = places_[first_];
  if (++first_ == places_.size()) first_ = 0;
  --size_;
  return id;
}

QueueSimulation::QueueSimulation(std::size_t entries_max, QueueRules rules)
    : rules_(rules),
      nodes_(entries_max),
      index_(std::bit_ceil(2 * entries_max), kNone),
      free_(entries_max),
      small_(entries_max),
      main_(entries_max),
      ghosts_(ghost_layout(entries_max).buckets) {
  LARDER_ASSERT(entries_max > 0 && entries_max <= kNone);
  set_capacity(entries_max);
  clear();
}

void QueueSimulation::clear() noexcept {
  for (Ring* ring : {&free_, &small_, &main_}) ring->clear();
  for (std::size_t id = 0; id < nodes_.size(); ++id) free_.push(static_cast<Id>(id));
  std::fill(index_.begin(), index_.end(), kNone);
  std::fill(ghosts_.begin(), ghosts_.end(), GhostBucket{});
  unused_ = 0;
}

void QueueSimulation::set_capacity(std::size_t entries) noexcept {
  capacity_ = std::clamp<std::size_t>(entries, 1, nodes_.size());
  ghost_layout_ = ghost_layout(capacity_);
  set_rules(rules_);
}

void QueueSimulation::set_rules(const QueueRules& rules) noexcept {
  rules_ = rules;
  small_max_ = std::max<std::size_t>(
      1, static_cast<std::size_t>(static_cast<double>(capacity_) * rules_.small_share));
}

bool QueueSimulation::read(std::uint32_t key) noexcept {
  const Id id = index_[find(key)];
  if (id == kNone) return false;
  Node& node = nodes_[id];
  if (node.uses < kUsesMax) ++node.uses;
  return true;
}

void QueueSimulation::write(std::uint32_t key) noexcept {
  if (index_[find(key)] != kNone) return;
  const bool came_back = ghosts_of(key).take(ghost_fingerprint(key));
  make_room();
  const Id id = free_.pop();
  nodes_[id] = {.key = key, .uses = 0};
  index_[find(key)] = id;
  (came_back ? main_ : small_).push(id);
}

void QueueSimulation::make_room() noexcept {
  for (int gone = 0; size() >= capacity_ && gone < 2;) {
    const bool from_small = small_.size() >= small_max_ || main_.size() == 0;
    if (from_small ? leave_small() : leave_main()) ++gone;
  }
}

bool QueueSimulation::leave_small() noexcept {
  const Id id = small_.pop();
  Node& node = nodes_[id];
  bool kept = node.uses > 0;
  const bool main_has_its_share = main_.size() + small_max_ >= capacity_;
  if (!kept && rules_.keeps_unused(++unused_, main_has_its_share)) {
    unused_ = 0;
    kept = true;
  }
  if (kept) {
    node.uses = 0;
    main_.push(id);
    return false;
  }
  ghosts_of(node.key).add(ghost_fingerprint(node.key), ghost_layout_.places);
  drop(id);
  return true;
}

bool QueueSimulation::leave_main() noexcept {
  const Id id = main_.pop();
  Node& node = nodes_[id];
  if (node.uses > 0) {
    --node.uses;
    main_.push(id);
    return false;
  }
  drop(id);
  return true;
}

void QueueSimulation::drop(Id id) noexcept {
  unlink(find(nodes_[id].key));
  free_.push(id);
}

std::size_t QueueSimulation::find(std::uint32_t key) const noexcept {
  const std::size_t mask = index_.size() - 1;
  std::size_t place = key & mask;
  while (index_[place] != kNone && nodes_[index_[place]].key != key) place = (place + 1) & mask;
  return place;
}

// Whoever stands behind the gap and may stand in it moves up, so that probing needs no tombstones.
void QueueSimulation::unlink(std::size_t gap) noexcept {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t place = (gap + 1) & mask; index_[place] != kNone; place = (place + 1) & mask) {
    const std::size_t home = nodes_[index_[place]].key & mask;
    if (((place - home) & mask) < ((place - gap) & mask)) continue;
    index_[gap] = index_[place];
    gap = place;
  }
  index_[gap] = kNone;
}

GhostBucket& QueueSimulation::ghosts_of(std::uint32_t key) noexcept {
  // Mixed, and scaled from 32 bits to the number of buckets.
  const std::uint64_t bits = key * 0x9e3779b1u;
  return ghosts_[(bits * ghost_layout_.buckets) >> 32];
}

std::size_t QueueSimulation::memory_bytes() const noexcept {
  return nodes_.size() * sizeof(Node) + index_.size() * sizeof(Id) + free_.memory_bytes() +
         small_.memory_bytes() + main_.memory_bytes() + ghosts_.size() * sizeof(GhostBucket);
}

}  // namespace larder::policy
