// IoThread: a thread that runs an io_context of its own, for clients that were given none.
#pragma once

#include <memory>
#include <thread>

namespace boost::asio {
class io_context;
}

namespace larder::redis {

/// May be ended from itself: then it outlives its owner by the moment it takes to return.
class IoThread {
 public:
  IoThread();
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  boost::asio::io_context& context() const noexcept { return *context_; }

 private:
  std::shared_ptr<boost::asio::io_context> context_;
  std::thread thread_;
};

/// True on a thread that runs this context.
bool runs_here(boost::asio::io_context& context) noexcept;

}  // namespace larder::redis
