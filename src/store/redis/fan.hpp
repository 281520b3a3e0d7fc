// Fan: one operation over several servers at once: a batch split by where its keys live, or a question to all of them. Each
// server is asked once, all at the same time; the answers are joined in the order of the questions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>

#include "store/redis/exchange.hpp"

namespace larder::store {

/// What one server is asked, and how that went.
struct FanPart {
  Place place;
  std::string_view key = {};           ///< The first one's.
  std::vector<std::size_t> positions;  ///< Of a batch: which of its keys.
  std::optional<Error> failure;
};

/// The keys of a batch by the server they live on. A key whose server is dead has its failure at once.
std::vector<FanPart> split(std::span<const std::string_view> keys, Topology& topology, Use use);

/// What all operations share: asks the servers, waits for the last of them.
class Fan : public Stoppable, public std::enable_shared_from_this<Fan> {
 public:
  virtual ~Fan() = default;
  void begin();
  void stop() final;

 protected:
  Fan(std::vector<FanPart> parts, Topology& topology, Nature nature, base::Instant deadline,
      CancelHook& whole);

  /// The whole failed if a part did. What the others did stays done, and a caller must know that.
  std::optional<Error> failure() const;
  /// To each key of a batch the failure of its part, if one failed.
  void tell_each(std::size_t keys, FailureOfEach& failures) const;
  std::vector<FanPart>& parts() noexcept { return parts_; }

 private:
  class Branch;

  virtual AnyRow& row_of(std::size_t part) = 0;
  /// All have answered, or failed.
  virtual void finish() noexcept = 0;
  void finish_one();

  std::vector<FanPart> parts_;
  Topology& topology_;
  const Nature nature_;
  const base::Instant deadline_;
  CancelHook& whole_;
  std::vector<std::weak_ptr<Branch>> branches_;
  std::atomic<std::size_t>
      left_;  ///< One more than parts, so that none is the last before all were asked.
};

/// Questions to all servers are the same for each; of a batch, each gets its keys.
template <class Op>
inline constexpr bool kIsBatch = kIsOneOf<Op, GetMany, SetMany, EraseMany, Generations>;

inline std::span<const std::string_view> items_of(const GetMany& op) { return op.keys; }
inline std::span<const std::string_view> items_of(const EraseMany& op) { return op.keys; }
inline std::span<const std::string_view> items_of(const Generations& op) { return op.keys; }
inline std::span<const KeyValue> items_of(const SetMany& op) { return op.entries; }
template <class Op>
std::vector<std::string_view> keys_of(const Op& op) {
  const auto items = items_of(op);
  return {items.begin(), items.end()};
}
inline std::vector<std::string_view> keys_of(const SetMany& op) {
  std::vector<std::string_view> keys;
  for (const auto& entry : op.entries) keys.push_back(entry.key);
  return keys;
}
template <class Op, class Items>
Op with_items(const Op&, const Items& items) {
  return {items};
}
inline SetMany with_items(const SetMany& op, const std::vector<KeyValue>& items) {
  return {items, op.options, nullptr};
}

template <class Op>
class FanOf final : public Fan {
 public:
  using Answer = typename Op::Answer;

  FanOf(const Op& op, Nature nature, std::vector<FanPart> parts, Topology& topology,
        base::Instant deadline, std::shared_ptr<Pending<Answer>> whole)
      : Fan(std::move(parts), topology, nature, deadline, *whole), whole_(std::move(whole)) {
    for (const FanPart& part : this->parts()) add_row(op, part);
    if constexpr (kIsBatch<Op>) size_ = items_of(op).size();
    if constexpr (requires { op.each; }) each_ = op.each;
  }

 private:
  using Item = std::conditional_t<std::is_same_v<Op, SetMany>, KeyValue, std::string_view>;

  void add_row(const Op& op, const FanPart& part) {
    if constexpr (kIsBatch<Op>) {
      auto& items = items_.emplace_back();
      for (const std::size_t at : part.positions) items.push_back(items_of(op)[at]);
      rows_.emplace_back(with_items(op, items));
    } else {
      rows_.emplace_back(op);
    }
  }
  AnyRow& row_of(std::size_t part) override { return rows_[part]; }
  void finish() noexcept override { whole_->answered(join()); }
  Result<Answer> join();

  std::deque<std::vector<Item>> items_;
  std::deque<Wire<Op>> rows_;
  std::size_t size_ = 0;
  FailureOfEach* each_ = nullptr;
  std::shared_ptr<Pending<Answer>> whole_;
};

template <class Op>
Result<typename Op::Answer> FanOf<Op>::join() {
  if (each_) {
    tell_each(size_, *each_);
  } else if (auto failed = failure()) {
    return *std::move(failed);
  }
  if constexpr (std::is_same_v<Op, Info>) {
    std::string text;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      text.append("# Server ").append(parts()[i].place.node->name).append("\r\n");
      text.append(rows_[i].take());
    }
    return text;
  } else if constexpr (std::is_void_v<Answer>) {
    return {};
  } else if constexpr (std::is_integral_v<Answer>) {
    Answer sum = 0;
    for (auto& row : rows_) sum += row.take();
    return sum;
  } else {
    Answer all(size_);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      auto some = rows_[i].take();  // Empty: nobody has these keys.
      for (std::size_t n = 0; n < some.size(); ++n) {
        all[parts()[i].positions[n]] = std::move(some[n]);
      }
    }
    return all;
  }
}

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
  /// The same, and cancels what is under way when a stop is requested: there is an answer soon after that.
  Result<Answer> wait(const std::stop_token& stop) {
    const std::stop_callback leave(stop, [this] { this->cancel(); });
    return wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<Answer>> answer_;
};

}  // namespace larder::store
