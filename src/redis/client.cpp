#include "redis/client.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>

#include "redis/link.hpp"

namespace larder::redis {

/// The thread of a client that was given no context. May be ended from itself: then it outlives its
/// owner by the moment it takes to return.
class Client::IoThread {
 public:
  IoThread()
      : context_(std::make_shared<boost::asio::io_context>(1)), thread_([context = context_] {
          const auto work = boost::asio::make_work_guard(*context);
          context->run();
        }) {}

  ~IoThread() {
    context_->stop();
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

  boost::asio::io_context& context() { return *context_; }

 private:
  std::shared_ptr<boost::asio::io_context> context_;
  std::thread thread_;
};

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

std::optional<Error> Client::leave(Ticket ticket, Errc why) { return link_->leave(ticket, why); }

std::uint32_t Client::known_commands() const noexcept { return link_->known_commands(); }
bool Client::on_io_thread() const noexcept { return link_->on_io_thread(); }
const std::string& Client::name() const noexcept { return link_->name(); }
const base::Clock& Client::clock() const noexcept { return link_->clock(); }
ClientStats Client::stats() const { return link_->stats(); }

}  // namespace larder::redis
