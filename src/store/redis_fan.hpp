// Fan: one operation over several servers at once: a batch split by where its keys live, or a question to all of them. Each
// server is asked once, all at the same time; the answers are joined in the order of the questions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "store/redis_exchange.hpp"

namespace larder::store {

/// What one server is asked of a batch: which items, and where they stood.
template <class Op>
struct Part {
  using Item = std::conditional_t<std::is_same_v<Op, SetMany>, KeyValue, std::string_view>;
  using Answer = typename Op::Answer;

  Place place;
  std::string_view key;  ///< The first one's.
  std::vector<Item> items;
  std::vector<std::size_t> positions;
  std::optional<Result<Answer>> answer;
};

inline std::span<const std::string_view> items_of(const GetMany& op) { return op.keys; }
inline std::span<const std::string_view> items_of(const EraseMany& op) { return op.keys; }
inline std::span<const std::string_view> items_of(const Generations& op) { return op.keys; }
inline std::span<const KeyValue> items_of(const SetMany& op) { return op.entries; }
inline std::string_view key_of(std::string_view item) { return item; }
inline std::string_view key_of(const KeyValue& item) { return item.key; }

inline GetMany part_of(const GetMany&, const Part<GetMany>& share) { return {share.items}; }
inline EraseMany part_of(const EraseMany&, const Part<EraseMany>& share) { return {share.items}; }
inline Generations part_of(const Generations&, const Part<Generations>& share) {
  return {share.items};
}
inline SetMany part_of(const SetMany& op, const Part<SetMany>& share) {
  return {share.items, op.options};
}
/// Questions to all servers are the same for each.
template <class Op>
Op part_of(const Op& op, const Part<Op>&) {
  return op;
}

/// The items of a batch by the server they live on. A key whose server is dead has its answer at once.
template <class Op>
std::vector<Part<Op>> split(const Op& op, Topology& topology) {
  std::vector<Part<Op>> shares;
  std::unordered_map<const void*, std::size_t> share_of;
  const bool by_key = topology.splits_by_key();
  const auto items = items_of(op);
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto place = topology.place(key_of(items[i]), kUse<Op>);
    const void* const server = place ? place->node.get() : nullptr;
    std::size_t at = shares.size();
    if (place && !by_key) at = share_of.try_emplace(server, at).first->second;
    if (at == shares.size()) shares.push_back({{}, key_of(items[i]), {}, {}, std::nullopt});
    auto& share = shares[at];
    share.items.push_back(items[i]);
    share.positions.push_back(i);
    if (!place) {
      share.answer.emplace(place.error());
    } else {
      share.place = *std::move(place);
    }
  }
  return shares;
}

/// The whole failed if a part did. What the others did stays done, and a caller must know that.
template <class Op>
std::optional<Error> failure_of(const std::vector<Part<Op>>& shares) {
  std::optional<Error> first;
  std::size_t failed = 0, others = 0;
  for (const auto& share : shares) {
    const std::size_t items = std::max<std::size_t>(1, share.items.size());
    if (!share.answer->has_error()) {
      others += items;
      continue;
    }
    if (!first) first = share.answer->error();
    failed += items;
  }
  if (!first) return std::nullopt;
  Error out = *std::move(first);
  if (others == 0 || kUse<Op> == Use::read) return out;
  out.effect = Effect::maybe_executed;
  out.detail += " (" + std::to_string(failed) + " of " + std::to_string(failed + others) +
                " were not done; the others were)";
  return out;
}

template <class Op>
Result<typename Op::Answer> join(const Op& op, std::vector<Part<Op>>& shares) {
  if (auto failure = failure_of(shares)) return *std::move(failure);
  if constexpr (std::is_same_v<Op, Info>) {
    std::string text;
    for (auto& share : shares) {
      text.append("# Server ").append(share.place.node->name).append("\r\n").append(**share.answer);
    }
    return text;
  } else if constexpr (std::is_void_v<typename Op::Answer>) {
    return {};
  } else if constexpr (std::is_integral_v<typename Op::Answer>) {
    typename Op::Answer sum = 0;
    for (const auto& share : shares) sum += **share.answer;
    return sum;
  } else {
    typename Op::Answer all(items_of(op).size());
    for (auto& share : shares) {
      for (std::size_t i = 0; i < share.positions.size(); ++i) {
        all[share.positions[i]] = std::move((**share.answer)[i]);
      }
    }
    return all;
  }
}

template <class Op>
class Fan final : public std::enable_shared_from_this<Fan<Op>> {
 public:
  using Answer = typename Op::Answer;

  Fan(const Op& op, std::vector<Part<Op>> shares, Topology& topology, base::Instant deadline,
      std::shared_ptr<Pending<Answer>> whole)
      : op_(op),
        shares_(std::move(shares)),
        topology_(topology),
        deadline_(deadline),
        left_(shares_.size() + 1),
        whole_(std::move(whole)) {}

  void begin() {
    std::vector<std::shared_ptr<One>> asked;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      auto& share = shares_[i];
      if (!share.answer && !share.place.node) share.answer.emplace(nobody_has(share));
      if (share.answer) {
        finish_one();
        continue;
      }
      asked.push_back(std::make_shared<One>(this->shared_from_this(), i));
      std::make_shared<AsyncExchange<Op>>(
          part_of(op_, share), Route{topology_, share.place, share.key, deadline_}, asked.back())
          ->begin();
    }
    whole_->on_cancel([asked = std::vector<std::weak_ptr<One>>(asked.begin(), asked.end())] {
      for (const auto& one : asked) {
        if (const auto still = one.lock()) still->cancel();
      }
    });
    finish_one();
  }

 private:
  class One final : public Pending<Answer> {
   public:
    One(std::shared_ptr<Fan> fan, std::size_t index) : fan_(std::move(fan)), index_(index) {}
    void answered(Result<Answer> answer) noexcept override {
      fan_->shares_[index_].answer.emplace(std::move(answer));
      fan_->finish_one();
    }

   private:
    std::shared_ptr<Fan> fan_;
    std::size_t index_;
  };

  Result<Answer> nobody_has(const Part<Op>& share) const {
    if constexpr (kUse<Op> == Use::read) {
      return missing(part_of(op_, share));
    } else {
      return Error{Errc::unreachable, Effect::not_sent, "no server for these keys"};
    }
  }

  void finish_one() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) whole_->answered(join(op_, shares_));
  }

  const Op op_;
  std::vector<Part<Op>> shares_;
  Topology& topology_;
  const base::Instant deadline_;
  std::atomic<std::size_t>
      left_;  ///< One more than shares, so that none is the last before all were asked.
  std::shared_ptr<Pending<Answer>> whole_;
};

/// A thread that waits for an answer that comes the asynchronous way, in time.
template <class Answer>
class Awaited final : public Pending<Answer> {
 public:
  void answered(Result<Answer> answer) noexcept override {
    const std::lock_guard guard{mutex_};
    answer_.emplace(std::move(answer));
    changed_.notify_one();
  }
  Result<Answer> wait() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return answer_.has_value(); });
    return *std::move(answer_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<Answer>> answer_;
};

}  // namespace larder::store
