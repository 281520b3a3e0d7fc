// Link as the threads that wait for their calls serve it themselves (turns.hpp). Whatever is out of the ordinary, a lost
// connection, a write that the socket does not take, a deadline, is not dealt with here: the io thread gets the connection
// back and finds it as it is.
#include <algorithm>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "redis/link.hpp"

namespace larder::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// An idle connection goes back to the io thread after one to two of these: to see the server hang up, and pushes.
constexpr base::Millis kIdleLook{20};
// Round trips below it are so short that waiting for the leader's next write costs less than a write of one's own.
constexpr base::Nanos kShortTrip{200'000};

}  // namespace

std::optional<Error> Client::Link::ask(std::string_view request, std::uint32_t replies, Call& call,
                                       Waiter& waiter, base::Instant deadline) {
  Lock lock{mutex_};
  const auto ticket = submit(request, replies, call);
  if (!ticket) return ticket.error();
  if (turns_.try_to_lead(waiter)) {
    lead(lock, deadline);
  } else if (turns_.is_direct()) {
    if (!gathers()) write_queued(lock);
  } else {
    if (turns_.ask_to_enter())
      asio::post(strand_, [self = shared_from_this()] { self->go_direct(); });
    if (!flush_posted_ && connected_ && !write_in_progress_) {
      flush_posted_ = true;
      asio::post(strand_, [self = shared_from_this()] { self->flush(); });
    }
  }
  lock.unlock();
  for (;;) {
    const auto wake = waiter.wait(deadline - clock_.now());
    if (wake == Waiter::Wake::done) return std::nullopt;
    if (wake == Waiter::Wake::early) continue;
    lock.lock();
    if (wake == Waiter::Wake::late) break;
    // Its server may have been given up in the moment of the promotion.
    if (turns_.leader() == &waiter && waiter.is_done()) pass_on();
    if (turns_.leader() == &waiter) lead(lock, deadline);
    lock.unlock();
  }
  const auto left = pipeline_.leave(*ticket);
  if (turns_.leader() == &waiter) pass_on();
  if (left) return error_of_leaver(left->effect, Errc::timeout);
  lock.unlock();
  // Its replies are being read this very moment.
  waiter.wait_until_done();
  return std::nullopt;
}

/// Until the leader's own call is over, or the connection must go back.
void Client::Link::lead(Lock& lock, base::Instant deadline) {
  thread_local std::vector<Call*> finished;
  const Waiter* const me = turns_.leader();
  const auto is_mine = [me](Call* call) { return call->waiter() == me; };
  bool over = false;
  if (turns_.are_others_about_to_call(pipeline_.size() - pipeline_.in_flight())) {
    // Others who were answered with us are about to ask again: let them, and write for all.
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  while (!over && turns_.is_direct()) {
    if (!write_queued(lock)) break;
    lock.unlock();
    char* const into =
        input_.prepare(std::clamp(reader_.bytes_missing(), kReadBytes, kReadBytesMax));
    const auto got = direct_->read({into, input_.room()}, deadline - clock_.now());
    if (got.status == net::Transfer::Status::done) input_.commit(got.bytes);
    lock.lock();
    if (got.status != net::Transfer::Status::done) {
      // In time: a signal came.
      if (got.status == net::Transfer::Status::blocked && clock_.now() < deadline) continue;
      turns_.want_back();
      break;
    }
    direct_failure_ = read_replies();
    if (direct_failure_) turns_.want_back();
    if (input_.empty() && input_.capacity() > kIdleBufferBytes) input_.release();
    std::swap(finished, finished_);
    turns_.served(finished.size());
    over = std::any_of(finished.begin(), finished.end(), is_mine);
    if (over) pass_on();
    lock.unlock();
    for (Call* call : finished) call->completed(std::nullopt);
    finished.clear();
    lock.lock();
  }
  if (!over) pass_on();
}

/// False: the socket took a part only; the io thread must write the rest.
bool Client::Link::write_queued(Lock& lock) {
  while (!write_in_progress_ && writing_.empty() && pipeline_.take(writing_, clock_.now())) {
    write_in_progress_ = true;
    ++stats_.writes;
    lock.unlock();
    const std::size_t bytes = direct_->write(writing_.view()).bytes;
    lock.lock();
    write_in_progress_ = false;
    written_ = bytes;
    if (bytes < writing_.size()) {
      if (turns_.want_back()) pass_on();
      return false;
    }
    writing_.clear();
    if (writing_.capacity() > kIdleBufferBytes) writing_.release();
  }
  return writing_.empty() || write_in_progress_;
}

void Client::Link::pass_on() {
  if (turns_.pass_on(pipeline_))
    asio::post(strand_, [self = shared_from_this()] { self->take_back(); });
}

bool Client::Link::gathers() const noexcept { return rtt_smooth_ < kShortTrip; }

void Client::Link::go_direct() {
  const std::lock_guard guard{mutex_};
  if (direct_ || !turns_.is_entering()) return;
  const bool possible = connected_ && !options_.tls && !write_in_progress_ && deadlines_.empty() &&
                        !stopping_ && closed_because_.empty();
  if (!possible) return turns_.refuse_to_enter();
  error_code failed;
  direct_protocol_ = socket_.local_endpoint(failed).protocol();
  const int descriptor = failed ? -1 : socket_.release(failed);
  if (failed) return turns_.refuse_to_enter();
  // The read under way is told that it was cancelled, and serve() goes on from there.
  direct_.emplace(net::Socket{descriptor});
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::serve_direct() {
  {
    const std::lock_guard guard{mutex_};
    direct_failure_.reset();
    // A coroutine may have called meanwhile, or the connection be given up.
    if (turns_.is_entering()) turns_.entered(pipeline_);
    if (stopping_ || !closed_because_.empty()) turns_.want_back();
  }
  std::uint64_t calls = 0;
  for (;;) {
    {
      const std::lock_guard guard{mutex_};
      if (turns_.is_direct() && !turns_.leader() && calls == stats_.calls) turns_.want_back();
      calls = stats_.calls;
      if (!turns_.is_direct() && !turns_.leader() && !write_in_progress_) break;
    }
    error_code cancelled;
    direct_timer_.expires_after(kIdleLook);
    co_await direct_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  error_code failed;
  const int descriptor = direct_->release();
  direct_.reset();
  socket_.assign(direct_protocol_, descriptor, failed);
  if (failed) net::Socket{descriptor}.close();
  Outcome failure;
  bool unwritten = false;
  {
    const std::lock_guard guard{mutex_};
    turns_.returned();
    failure = std::exchange(direct_failure_, std::nullopt);
    if (failed || stopping_ || !closed_because_.empty())
      failure = error(Errc::disconnected, Effect::maybe_executed, failed.message());
    unwritten = !failure && !writing_.empty();
    write_in_progress_ = unwritten;
  }
  if (failure) co_return failure;
  if (unwritten) {
    begin_write(written_);
  } else {
    flush();
    if (!watch_armed_) arm_watch(options_.silence_max);
  }
  co_return std::nullopt;
}

void Client::Link::take_back() {
  {
    const std::lock_guard guard{mutex_};
    turns_.want_back();
  }
  direct_timer_.cancel();
}

}  // namespace larder::redis
