#include "redis/client.hpp"

#include "redis/io_thread.hpp"
#include "redis/link.hpp"

namespace larder::redis {

Client::Client(const ClientOptions& options, const base::Clock& clock)
    : io_thread_(options.io_context ? nullptr : std::make_unique<IoThread>()),
      link_(std::make_shared<Link>(
          options, options.io_context ? *options.io_context : io_thread_->context(), clock)) {
  link_->start();
}

Client::~Client() {
  if (!io_thread_) link_->stop();
}

Result<void> Client::wait_until_ready(base::Millis at_most) {
  return link_->wait_until_ready(at_most);
}

Result<Ticket> Client::send(std::string_view request, std::uint32_t replies, Call& call,
                            base::Instant deadline, bool timed) {
  return link_->send(request, replies, call, deadline, timed);
}

std::optional<Error> Client::ask(std::string_view request, std::uint32_t replies, Call& call,
                                 Waiter& waiter, base::Instant deadline) {
  return link_->ask(request, replies, call, waiter, deadline);
}

std::optional<Error> Client::leave(Ticket ticket, Errc why) { return link_->leave(ticket, why); }

std::uint32_t Client::known_commands() const noexcept { return link_->known_commands(); }
bool Client::can_push() const noexcept { return link_->can_push(); }
void Client::call_after(base::Nanos delay, std::function<void()> then) {
  link_->call_after(delay, std::move(then));
}

void Client::reconnect(std::string why) { link_->reconnect(std::move(why)); }
void Client::evict(std::string why) { link_->evict(std::move(why)); }
ClientHealth Client::health() const { return link_->health(); }
bool Client::is_well(base::Nanos silence) const { return link_->is_well(silence); }

bool Client::on_io_thread() const noexcept { return link_->on_io_thread(); }
const std::string& Client::name() const noexcept { return link_->name(); }
const base::Clock& Client::clock() const noexcept { return link_->clock(); }
ClientStats Client::stats() const { return link_->stats(); }

}  // namespace larder::redis
