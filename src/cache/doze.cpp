#include "cache/doze.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::cache {

namespace asio = boost::asio;

struct Doze::Bell {
  explicit Bell(const asio::any_io_executor& executor)
      : strand(asio::make_strand(executor)), timer(strand) {}
  asio::strand<asio::any_io_executor> strand;
  asio::steady_timer timer;
  bool rung = false;
};

namespace {

template <class Bell>
Task<void> listen(std::shared_ptr<Bell> bell, Millis at_most) {
  if (bell->rung) co_return;
  bell->timer.expires_after(at_most);
  boost::system::error_code ignored;
  co_await bell->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

Doze::Doze(const asio::any_io_executor& executor) : bell_(std::make_shared<Bell>(executor)) {}

void Doze::notify() noexcept {
  asio::post(bell_->strand, [bell = bell_] {
    bell->rung = true;
    bell->timer.cancel();
  });
}

Task<void> Doze::sleep(Millis at_most) {
  co_await asio::co_spawn(bell_->strand, listen(bell_, at_most), asio::use_awaitable);
}

}  // namespace larder::cache
