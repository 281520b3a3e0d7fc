#include "redis/pipeline.hpp"

#include <utility>

#include "base/assert.hpp"

namespace larder::redis {

Result<Ticket> Pipeline::submit(std::string_view bytes, std::uint32_t replies, Call& call) {
  LARDER_ASSERT(replies > 0 && !bytes.empty());
  if (slots_.size() >= limits_.requests_max) {
    return Error{Errc::overloaded, Effect::not_sent,
                 std::to_string(slots_.size()) + " requests wait on this connection"};
  }
  if (unsent_.size() - dead_bytes_ + bytes.size() > limits_.unsent_bytes_max) {
    return Error{Errc::overloaded, Effect::not_sent,
                 std::to_string(unsent_.size()) + " bytes wait to be sent"};
  }
  slots_.push_back({&call, replies, static_cast<std::uint32_t>(bytes.size()), unsent_.size()});
  unsent_.append(bytes);
  return first_ + slots_.size() - 1;
}

bool Pipeline::take(base::Buffer& out, base::Instant now) {
  LARDER_ASSERT(out.empty());
  if (dead_bytes_ > 0) compact();
  if (unsent_.empty()) return false;
  std::swap(out, unsent_);
  for (; first_unsent_ < first_ + slots_.size(); ++first_unsent_) at(first_unsent_).sent = now;
  return true;
}

std::optional<Pipeline::Place> Pipeline::next_reply() {
  trim();
  if (in_flight() == 0) return std::nullopt;
  Slot& slot = slots_.front();
  const bool last = --slot.replies == 0;
  const Place place{slot.call, last};
  if (last) drop_front();
  return place;
}

std::optional<Pipeline::Left> Pipeline::leave(Ticket ticket) {
  if (ticket < first_) return std::nullopt;
  Slot& slot = at(ticket);
  Call* const call = std::exchange(slot.call, nullptr);
  if (!call) return std::nullopt;
  if (ticket < first_unsent_) return Left{call, Effect::maybe_executed};
  slot.replies = 0;
  dead_bytes_ += slot.bytes;
  trim();
  // So that a server that stays away cannot make the dead outgrow the living.
  if (dead_bytes_ > limits_.unsent_bytes_max / 2) compact();
  return Left{call, Effect::not_sent};
}

std::vector<Call*> Pipeline::cut(const base::Buffer& writing, std::size_t written) {
  std::vector<Call*> doubtful;
  std::size_t kept_from = writing.size();
  Ticket ticket = first_;
  // Slots of earlier writes come first; in those the offset says nothing about `writing`, but their
  // bytes all left.
  std::size_t in_writing = writing.size();
  Ticket first_of_write = first_unsent_;
  while (first_of_write > first_ && in_writing > 0) {
    Slot& slot = at(first_of_write - 1);
    if (slot.begin + slot.bytes != in_writing) break;
    in_writing = slot.begin;
    --first_of_write;
  }
  for (; ticket < first_unsent_; ++ticket) {
    Slot& slot = at(ticket);
    if (ticket >= first_of_write && slot.begin >= written) {
      kept_from = slot.begin;
      break;
    }
    if (slot.call) doubtful.push_back(slot.call);
  }
  const Ticket kept = ticket;
  // What stays: the unwritten end of the write, then what was never taken.
  base::Buffer queue;
  queue.append(writing.view().substr(kept_from));
  const std::size_t shift = queue.size();
  queue.append(unsent_.view());
  for (Ticket t = kept; t < first_ + slots_.size(); ++t) {
    Slot& slot = at(t);
    slot.begin = t < first_unsent_ ? slot.begin - kept_from : slot.begin + shift;
    if (t < first_unsent_ && !slot.call) {
      slot.replies = 0;
      dead_bytes_ += slot.bytes;
    }
  }
  std::swap(unsent_, queue);
  slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(kept - first_));
  first_ = first_unsent_ = kept;
  return doubtful;
}

std::vector<Call*> Pipeline::drain() {
  std::vector<Call*> waiting;
  for (const Slot& slot : slots_) {
    if (slot.call) waiting.push_back(slot.call);
  }
  first_ += slots_.size();
  first_unsent_ = first_;
  slots_.clear();
  unsent_.clear();
  dead_bytes_ = 0;
  return waiting;
}

std::optional<base::Instant> Pipeline::oldest_sent() const {
  if (in_flight() == 0) return std::nullopt;
  return slots_.front().sent;
}

Call* Pipeline::first_waiting() const noexcept {
  for (const Slot& slot : slots_) {
    if (slot.call) return slot.call;
  }
  return nullptr;
}

void Pipeline::drop_front() {
  slots_.pop_front();
  ++first_;
  if (first_unsent_ < first_) first_unsent_ = first_;
}

// Those who left before they were sent are passed over once nobody before them waits.
void Pipeline::trim() {
  while (!slots_.empty() && slots_.front().replies == 0) {
    // Its bytes may still be in unsent_: then they are dead and stay counted.
    drop_front();
  }
}

void Pipeline::compact() {
  base::Buffer live;
  // Trimmed slots have no place any more: whatever no slot claims is dead.
  for (Ticket t = first_unsent_; t < first_ + slots_.size(); ++t) {
    Slot& slot = at(t);
    const auto bytes = unsent_.view().substr(slot.begin, slot.replies == 0 ? 0 : slot.bytes);
    slot.begin = live.size();
    slot.bytes = static_cast<std::uint32_t>(bytes.size());
    live.append(bytes);
  }
  std::swap(unsent_, live);
  dead_bytes_ = 0;
}

}  // namespace larder::redis
