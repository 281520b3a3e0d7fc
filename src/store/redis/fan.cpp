#include "store/redis/fan.hpp"

#include <algorithm>
#include <unordered_map>

namespace larder::store {

/// One server's part on its way. Cancelled with the whole.
class Fan::Branch final : public CancelHook, public AsyncExchange {
 public:
  Branch(std::shared_ptr<Fan> fan, std::size_t part)
      : AsyncExchange(fan->row_of(part), fan->nature_, static_cast<CancelHook&>(*this)),
        fan_(std::move(fan)),
        part_(part) {}

  void tell(std::optional<Error> failure) noexcept override {
    fan_->parts_[part_].failure = std::move(failure);
    fan_->finish_one();
  }

 private:
  const std::shared_ptr<Fan> fan_;
  const std::size_t part_;
};

std::vector<FanPart> split(std::span<const std::string_view> keys, Topology& topology, Use use) {
  std::vector<FanPart> parts;
  std::unordered_map<const void*, std::size_t> part_of;
  const bool by_key = topology.splits_by_key();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto place = topology.place(keys[i], use);
    const void* const server = place ? place->node.get() : nullptr;
    std::size_t at = parts.size();
    if (place && !by_key) at = part_of.try_emplace(server, at).first->second;
    if (at == parts.size()) parts.push_back({{}, keys[i], {}, std::nullopt});
    FanPart& part = parts[at];
    part.positions.push_back(i);
    if (!place) {
      part.failure = place.error();
    } else {
      part.place = *std::move(place);
    }
  }
  return parts;
}

Fan::Fan(std::vector<FanPart> parts, Topology& topology, Nature nature, base::Instant deadline,
         CancelHook& whole)
    : parts_(std::move(parts)),
      topology_(topology),
      nature_(nature),
      deadline_(deadline),
      whole_(whole),
      left_(parts_.size() + 1) {}

void Fan::begin() {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    FanPart& part = parts_[i];
    if (!part.failure && !part.place.node && !is_read(nature_.use))
      part.failure = Error{Errc::unreachable, Effect::not_sent, "no server for these keys"};
    if (part.failure || !part.place.node) {
      finish_one();
      continue;
    }
    const auto branch = std::make_shared<Branch>(shared_from_this(), i);
    branches_.push_back(branch);
    branch->begin({&topology_, part.place, part.key, deadline_});
  }
  whole_.on_cancel(shared_from_this());
  finish_one();
}

void Fan::stop() {
  for (const auto& one : branches_) {
    if (const auto still = one.lock()) still->cancel();
  }
}

std::optional<Error> Fan::failure() const {
  const Error* first = nullptr;
  std::size_t failed = 0, others = 0;
  for (const FanPart& part : parts_) {
    (part.failure ? failed : others) += std::max<std::size_t>(1, part.positions.size());
    if (part.failure && !first) first = &*part.failure;
  }
  if (!first) return std::nullopt;
  Error out = *first;
  if (others == 0 || is_read(nature_.use)) return out;
  out.effect = Effect::maybe_executed;
  out.detail += " (" + std::to_string(failed) + " of " + std::to_string(failed + others) +
                " were not done; the others were)";
  return out;
}

void Fan::tell_each(std::size_t keys, FailureOfEach& failures) const {
  for (const FanPart& part : parts_) {
    if (!part.failure) continue;
    failures.resize(keys);
    for (const std::size_t at : part.positions) failures[at] = part.failure;
  }
}

void Fan::finish_one() {
  if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) finish();
}

}  // namespace larder::store
