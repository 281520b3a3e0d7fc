#include "server/mailbox.hpp"

namespace larder::server {

void Mailbox::put(std::string_view frame, std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (overflowed_) return;
  const bool was_empty = messages_.empty();
  if (messages_.size() + bytes_unsent_ + frame.size() + 1 > bytes_max) {
    overflowed_ = true;
    messages_.release();
  } else {
    messages_.push_back(protocol_ == 3 ? '>' : '*');
    messages_.append(frame);
  }
  bytes_waiting_ = messages_.size();
  // Where it was not empty the thread knows already.
  if (was_empty && keeper_ != nullptr) keeper_->wake_client(client_);
}

bool Mailbox::take(base::Buffer& out) {
  const std::lock_guard lock(mutex_);
  out.append(messages_.view());
  messages_.release();
  bytes_waiting_ = 0U;
  return !overflowed_;
}

void Mailbox::speak(std::uint8_t protocol) {
  const std::lock_guard lock(mutex_);
  protocol_ = protocol;
}

void Mailbox::move_to(ClientKeeper* keeper) {
  const std::lock_guard lock(mutex_);
  keeper_ = keeper;
}

}  // namespace larder::server
