#include "redis/errand.hpp"

namespace larder::redis {

std::shared_ptr<Errand> Errand::send(Client& client, std::string_view request,
                                     std::uint32_t replies, base::Instant deadline, Read read,
                                     Done done) {
  auto errand = std::make_shared<Errand>(client, std::move(read), std::move(done));
  errand->self_ = errand;
  const auto ticket = client.send(request, replies, *errand, deadline, true);
  if (ticket) {
    const std::lock_guard guard{errand->mutex_};
    errand->ticket_ = *ticket;
  } else {
    errand->completed(ticket.error());
  }
  return errand;
}

void Errand::received(const resp::Value& reply) {
  {
    const std::lock_guard guard{mutex_};
    if (abandoned_) return;
  }
  read_(reply);
}

void Errand::completed(std::optional<Error> failure) noexcept {
  std::shared_ptr<Errand> self;
  {
    const std::lock_guard guard{mutex_};
    self = std::exchange(self_, nullptr);
    if (abandoned_) return;
  }
  done_(std::move(failure));
}

bool Errand::is_over() const {
  const std::lock_guard guard{mutex_};
  return self_ == nullptr;
}

void Errand::abandon() {
  Ticket ticket = 0;
  {
    const std::lock_guard guard{mutex_};
    abandoned_ = true;
    if (!self_) return;
    ticket = ticket_;
  }
  // None: it is being completed, and lets go of itself.
  if (!client_.leave(ticket, Errc::cancelled)) return;
  std::shared_ptr<Errand> self;  // Before the guard: it may be the last, and the mutex is its own.
  const std::lock_guard guard{mutex_};
  self = std::exchange(self_, nullptr);
}

}  // namespace larder::redis
