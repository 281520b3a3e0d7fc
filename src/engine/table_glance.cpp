// Looking into a table without its lock.
//
// What is read may be torn, so nothing is believed before the reader has asked the lock whether somebody
// held it meanwhile. That nothing breaks until then rests on three things: the memory of index and log is
// readable for as long as the table lives, every number that leads on was right once, and no step leads out
// of a segment.
#include "engine/table.hpp"
#include "engine/torn_record.hpp"

namespace larder::engine {

LARDER_RACY Glance Table::glance(unsigned db, std::string_view key, std::uint64_t hash, Slot likely,
                                 std::string_view& value) const noexcept {
  using policy::ShareTuner;
  if (ShareTuner::in_sample(hash, told_to_.load(std::memory_order_relaxed))) return Glance::ask;
  Glance answer = Glance::missing;
  const auto is = [&](Address address) __attribute__((always_inline)) {
    const TornRecord record{log_.at(address), log_.end_of(address)};
    if (record.elsewhere()) {
      answer = Glance::ask;  // Its key is out of reach: it may be the one.
      return true;
    }
    if (!record.readable() || !record.has_key(key)) return false;
    answer = record.timed() && !far_off(record.deadline()) ? Glance::ask : Glance::string;
    value = record.value();
    return true;
  };
  if (!likely || !is(likely.racy_address())) {
    const SlotIndex* const index = indexes_[db].load(std::memory_order_acquire);
    if (!index) return Glance::missing;
    likely = index->glance(hash, is);
  }
  if (likely) likely.use_racily(policy::kUsesMax);
  return answer;
}

void Table::publish_told() noexcept {
  const std::uint64_t to = tracks_usage_ ? ~std::uint64_t{0}
                           : adaptive_   ? adaptive_->sampled_to()
                                         : 0;
  // Readers share this line: it is written only where it changes.
  if (to != told_to_.load(std::memory_order_relaxed)) told_to_.store(to, std::memory_order_relaxed);
}

// ---- fetching -----------------------------------------------------------------------------------------

void Table::fetch_bucket(unsigned db, std::uint64_t hash) const noexcept {
  const SlotIndex* const index = indexes_[db].load(std::memory_order_acquire);
  if (index) index->prefetch_bucket(hash);
}

LARDER_RACY Table::Slot Table::fetch(unsigned db, std::uint64_t hash) const noexcept {
  const SlotIndex* const index = indexes_[db].load(std::memory_order_acquire);
  if (!index) return {};
  const Slot slot = index->likely(hash);
  if (slot) prefetch(slot.racy_address());
  return slot;
}

LARDER_RACY Table::Slot Table::fetch_chained(unsigned db, std::uint64_t hash) const noexcept {
  const SlotIndex* const index = indexes_[db].load(std::memory_order_acquire);
  if (!index) return {};
  const Slot slot = index->likely_in_chain(hash);
  if (slot) prefetch(slot.racy_address());
  return slot;
}

}  // namespace larder::engine
