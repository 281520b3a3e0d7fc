#include "dns/errands.hpp"

#include <utility>

namespace larder::dns {

Errands::~Errands() {
  std::deque<Errand> left;
  {
    const std::lock_guard guard(mutex_);
    over_ = true;
    left.swap(waiting_);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (const Errand& errand : left) errand(false);
}

void Errands::run(Errand errand) {
  if (at_once_) return errand(true);
  {
    const std::lock_guard guard(mutex_);
    if (!over_ && waiting_.size() < kWaitingMax) {
      waiting_.push_back(std::exchange(errand, nullptr));
      if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    }
  }
  if (errand) return errand(false);
  changed_.notify_one();
}

void Errands::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (over_) return;
    const Errand errand = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    errand(true);
    lock.lock();
  }
}

}  // namespace larder::dns
