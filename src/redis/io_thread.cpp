#include "redis/io_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace larder::redis {

IoThread::IoThread()
    : context_(std::make_shared<boost::asio::io_context>(1)), thread_([context = context_] {
        const auto work = boost::asio::make_work_guard(*context);
        context->run();
      }) {}

IoThread::~IoThread() {
  context_->stop();
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

bool runs_here(boost::asio::io_context& context) noexcept {
  return context.get_executor().running_in_this_thread();
}

}  // namespace larder::redis
