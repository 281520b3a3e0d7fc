#include "store/subscriptions/feed.hpp"

#include <algorithm>

namespace larder::store {
namespace {

using EventKind = RedisMessage::Kind;

std::size_t bytes_of_message(const RedisMessage& message) {
  return message.channel.size() + message.pattern.size() + message.payload.size();
}

}  // namespace

bool RedisFeed::push(RedisMessage message) {
  Lock lock{mutex_};
  put(std::move(message));
  const bool open = !closed_;
  tell(lock);
  return open;
}

void RedisFeed::put(RedisMessage message) {
  if (closed_) return;
  queue_bytes_ += bytes_of_message(message);
  queue_.push_back(std::move(message));
  const auto is_full = [this] {
    return queue_.size() > options_.queue_max || queue_bytes_ > options_.queue_bytes_max;
  };
  if (is_full() && options_.when_full == SubscriptionOptions::WhenFull::close) {
    queue_bytes_ -= bytes_of_message(queue_.back());
    queue_.pop_back();
    ++dropped_;
    closed_ = Error{Errc::overloaded, Effect::refused,
                    name_ + ": " + std::to_string(queue_.size()) +
                        " messages waited to be read, and the subscription was to be closed then"};
    return;
  }
  while (is_full() && queue_.size() > 1) drop_oldest();
}

void RedisFeed::drop_oldest() {
  const std::uint64_t before = queue_.front().dropped + 1;
  queue_bytes_ -= bytes_of_message(queue_.front());
  queue_.pop_front();
  queue_.front().dropped += before;
  ++dropped_;
}

RedisMessage RedisFeed::take() {
  RedisMessage message = std::move(queue_.front());
  queue_bytes_ -= bytes_of_message(message);
  queue_.pop_front();
  return message;
}

void RedisFeed::tell(Lock& lock) {
  std::shared_ptr<Pending<RedisMessage>> pending;
  std::optional<Result<RedisMessage>> answer;
  if (pending_ && (closed_ || !queue_.empty())) {
    pending = std::move(pending_);
    answer = queue_.empty() ? Result<RedisMessage>(*closed_) : Result<RedisMessage>(take());
  }
  std::vector<std::pair<std::shared_ptr<Pending<void>>, Result<void>>> ended;
  std::erase_if(settling_, [&](Settling& one) {
    auto result = settled(one.topics);
    if (!result) return false;
    ended.emplace_back(std::move(one.pending), *std::move(result));
    return true;
  });
  changed_.notify_all();
  lock.unlock();
  if (pending) pending->answered(*std::move(answer));
  for (auto& [whose, result] : ended) whose->answered(std::move(result));
}

void RedisFeed::confirmed(const redis::Topic& topic, Line line) {
  Lock lock{mutex_};
  const auto found = topics_.find(topic);
  if (found == topics_.end() || !found->second.expected.contains(line)) return;
  State& state = found->second;
  state.confirmed.insert(line);
  if (!state.is_whole()) return;
  state.was_whole = true;
  state.missing = false;
  state.refusal.reset();
  last_loss_.clear();
  end_gap();
  tell(lock);
}

void RedisFeed::refused(const redis::Topic& topic, Error why) {
  Lock lock{mutex_};
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  found->second.refusal = std::move(why);
  tell(lock);
}

void RedisFeed::withdrawn(const redis::Topic& topic, Line line) {
  Lock lock{mutex_};
  const auto found = topics_.find(topic);
  if (found == topics_.end() || found->second.confirmed.erase(line) == 0) return;
  now_missing(found->second, topic.name, "its slot has moved to another server");
  tell(lock);
}

// One event for all topics of the line.
void RedisFeed::lost(Line line, const std::string& why) {
  Lock lock{mutex_};
  last_loss_ = why;
  bool told = false;
  for (auto& [topic, state] : topics_) {
    if (state.confirmed.erase(line) == 0 || !state.was_whole) continue;
    if (told) {
      state.missing = true;
      continue;
    }
    now_missing(state, {}, why);
    told = true;
  }
  tell(lock);
}

void RedisFeed::expect(const redis::Topic& topic, std::set<Line> lines) {
  Lock lock{mutex_};
  if (closed_) return;
  State& state = topics_[topic];
  if (state.expected == lines) return;
  const bool was_whole = state.is_whole();
  state.expected = std::move(lines);
  std::erase_if(state.confirmed, [&](Line line) { return !state.expected.contains(line); });
  if (was_whole && !state.is_whole()) now_missing(state, topic.name, "it moves to another server");
  if (!was_whole && state.is_whole()) {
    state.missing = false;
    end_gap();
  }
  tell(lock);
}

void RedisFeed::forget(const redis::Topic& topic) {
  Lock lock{mutex_};
  topics_.erase(topic);
  end_gap();
  tell(lock);
}

void RedisFeed::now_missing(State& state, const std::string& channel, const std::string& why) {
  state.missing = true;
  in_gap_ = true;
  put({EventKind::gap_begins, channel, {}, why});
}

void RedisFeed::end_gap() {
  if (!in_gap_) return;
  const bool missing = std::any_of(topics_.begin(), topics_.end(),
                                   [](const auto& entry) { return entry.second.missing; });
  if (missing) return;
  in_gap_ = false;
  put({EventKind::gap_ends});
}

void RedisFeed::close(Error why) {
  Lock lock{mutex_};
  if (!closed_) closed_ = std::move(why);
  tell(lock);
}

std::optional<Result<void>> RedisFeed::settled(const redis::Topics& topics) const {
  if (closed_) return *closed_;
  bool whole = true;
  for (const auto& topic : topics) {
    const auto found = topics_.find(topic);
    if (found != topics_.end() && found->second.refusal) return *found->second.refusal;
    whole = whole && found != topics_.end() && found->second.is_whole();
  }
  return whole ? std::optional(Result<void>()) : std::nullopt;
}

Error RedisFeed::unsettled(Errc why) const {
  if (why == Errc::cancelled) return {why, Effect::refused, name_ + ": the caller left"};
  if (!last_loss_.empty()) return {Errc::unreachable, Effect::refused, last_loss_};
  return {why, Effect::refused, name_ + ": no server confirmed the subscription in time"};
}

Result<void> RedisFeed::wait_for(const redis::Topics& topics, base::Nanos at_most) {
  Lock lock{mutex_};
  std::optional<Result<void>> result;
  changed_.wait_for(lock, at_most, [&] { return (result = settled(topics)).has_value(); });
  return result ? *result : unsettled(Errc::timeout);
}

void RedisFeed::wait_for(redis::Topics topics, std::shared_ptr<Pending<void>> pending) {
  Lock lock{mutex_};
  settling_.push_back({std::move(topics), std::move(pending)});
  tell(lock);
}

void RedisFeed::give_up(const Pending<void>* whose, Errc why) {
  Lock lock{mutex_};
  const auto found = std::find_if(settling_.begin(), settling_.end(), [whose](const Settling& one) {
    return one.pending.get() == whose;
  });
  if (found == settling_.end()) return;
  const auto pending = std::move(found->pending);
  settling_.erase(found);
  Error told = unsettled(why);
  lock.unlock();
  pending->answered(std::move(told));
}

Result<std::optional<RedisMessage>> RedisFeed::next(base::Nanos at_most) {
  Lock lock{mutex_};
  changed_.wait_for(lock, at_most, [this] { return !queue_.empty() || closed_; });
  if (!queue_.empty()) return std::optional(take());
  if (closed_) return *closed_;
  return std::optional<RedisMessage>{};
}

void RedisFeed::next(std::shared_ptr<Pending<RedisMessage>> pending) {
  Lock lock{mutex_};
  if (pending_) {
    lock.unlock();
    return pending->answered(Error{Errc::bad_argument, Effect::refused,
                                   name_ + ": another coroutine waits for the next message"});
  }
  pending_ = std::move(pending);
  tell(lock);
}

void RedisFeed::cancel(const Pending<RedisMessage>* whose) {
  Lock lock{mutex_};
  if (pending_.get() != whose) return;
  const auto pending = std::move(pending_);
  lock.unlock();
  if (pending)
    pending->answered(Error{Errc::cancelled, Effect::refused, name_ + ": the caller left"});
}

std::uint64_t RedisFeed::dropped() const {
  const Lock lock{mutex_};
  return dropped_;
}

}  // namespace larder::store
