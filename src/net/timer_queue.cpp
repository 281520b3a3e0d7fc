#include "net/timer_queue.hpp"

#include <algorithm>

namespace larder::net {

TimerId TimerQueue::add(base::Instant when, std::function<void()> work) {
  const TimerId id{++last_id_};
  work_.emplace(last_id_, std::move(work));
  heap_.push_back({when, id});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
  return id;
}

bool TimerQueue::cancel(TimerId id) { return work_.erase(static_cast<std::uint64_t>(id)) > 0; }

void TimerQueue::drop_cancelled() {
  while (!heap_.empty() && !work_.contains(static_cast<std::uint64_t>(heap_.front().id))) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    heap_.pop_back();
  }
}

std::optional<base::Instant> TimerQueue::next() {
  drop_cancelled();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::size_t TimerQueue::run_due(base::Instant now) {
  const std::uint64_t newest = last_id_;
  std::vector<Waiting> postponed;
  std::size_t ran = 0;
  for (auto due = next(); due && *due <= now; due = next()) {
    const Waiting first = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    heap_.pop_back();
    if (static_cast<std::uint64_t>(first.id) > newest) {
      postponed.push_back(first);
      continue;
    }
    auto node = work_.extract(static_cast<std::uint64_t>(first.id));
    node.mapped()();
    ++ran;
  }
  for (const Waiting& waiting : postponed) {
    heap_.push_back(waiting);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
  }
  return ran;
}

}  // namespace larder::net
