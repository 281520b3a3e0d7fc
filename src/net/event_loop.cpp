#include "net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace larder::net {
namespace {

std::uint32_t epoll_bits(unsigned interest) noexcept {
  return ((interest & Ready::read) != 0 ? EPOLLIN | EPOLLRDHUP : 0U) |
         ((interest & Ready::write) != 0 ? EPOLLOUT : 0U);
}

unsigned ready_bits(std::uint32_t events) noexcept {
  unsigned ready = 0;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ready |= Ready::read;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) ready |= Ready::write;
  return ready;
}

Socket require(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return Socket(fd);
}

}  // namespace

struct EventLoop::Events {
  std::array<epoll_event, kEventsMax> fetched;
  int count = 0;
  int at = 0;
};

EventLoop::EventLoop(const base::Clock& clock)
    : clock_(clock),
      now_(clock.now()),
      epoll_(require(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(require(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      events_(std::make_unique<Events>()) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // The only one without a watcher.
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, wake_.fd(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
  while (!stopping_.load(std::memory_order_acquire)) run_once(std::chrono::hours(1));
  stopping_.store(false, std::memory_order_release);
}

void EventLoop::run_once(base::Nanos wait_at_most) {
  wait(wait_at_most);
  now_ = clock_.now();
  serve_events();
  serve_posted();
  timers_.run_due(now_);
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void EventLoop::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake already.
  [[maybe_unused]] const auto written = ::write(wake_.fd(), &one, sizeof one);
}

void EventLoop::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (first) wake();
}

Result<void> EventLoop::watch(int fd, unsigned interest, Watcher& watcher) {
  epoll_event event{};
  event.events = epoll_bits(interest);
  event.data.ptr = &watcher;
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return Error{Errc::overloaded, Effect::not_sent,
                 "epoll: " + std::generic_category().message(errno)};
  }
  return {};
}

void EventLoop::rewatch(int fd, unsigned interest, Watcher& watcher) noexcept {
  epoll_event event{};
  event.events = epoll_bits(interest);
  event.data.ptr = &watcher;
  (void)::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::unwatch(int fd, const Watcher& watcher) noexcept {
  (void)::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = events_->at; i < events_->count; ++i) {
    auto& event = events_->fetched[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher) event.events = 0;
  }
}

TimerId EventLoop::after(base::Nanos delay, std::function<void()> work) {
  return timers_.add(clock_.now() + delay, std::move(work));
}

bool EventLoop::cancel(TimerId timer) { return timers_.cancel(timer); }

void EventLoop::wait(base::Nanos at_most) {
  if (const auto due = timers_.next()) at_most = std::min(at_most, *due - clock_.now());
  // Rounded up: waking before a timer is due would spin until it is.
  const auto millis = std::chrono::ceil<base::Millis>(std::max(at_most, base::Nanos{0}));
  const int got = ::epoll_wait(epoll_.fd(), events_->fetched.data(), kEventsMax,
                               static_cast<int>(millis.count()));
  events_->count = std::max(got, 0);  // A signal is an empty turn.
}

void EventLoop::serve_events() {
  for (events_->at = 0; events_->at < events_->count;) {
    const epoll_event event = events_->fetched[static_cast<std::size_t>(events_->at++)];
    if (event.data.ptr == nullptr) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto taken = ::read(wake_.fd(), &count, sizeof count);
    } else if (event.events != 0) {
      static_cast<Watcher*>(event.data.ptr)->ready(ready_bits(event.events));
    }
  }
  events_->count = 0;
}

void EventLoop::serve_posted() {
  {
    const std::lock_guard lock(posted_mutex_);
    if (posted_.empty()) return;
    running_.swap(posted_);
  }
  for (auto& work : running_) work();
  running_.clear();
}

}  // namespace larder::net
