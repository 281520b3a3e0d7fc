#include "apps/ask.hpp"

#include <future>

#include "base/buffer.hpp"
#include "base/clock.hpp"
#include "redis/client.hpp"
#include "resp/writer.hpp"
#include "store/redis_client_options.hpp"

namespace larder::apps {
namespace {

/// Lives on the stack of who waits: the client itself completes it at its deadline.
class OneCall final : public redis::Call {
 public:
  void received(const resp::Value& reply) override {
    if (reply.is_text()) text_ = reply.text();
    failed_ = reply.is_error();
  }
  void completed(std::optional<Error> failure) noexcept override {
    if (failure) {
      promise_.set_value(*failure);
    } else if (failed_) {
      promise_.set_value(Error{Errc::server_error, Effect::refused, "the server said: " + text_});
    } else {
      promise_.set_value(std::move(text_));
    }
  }
  Result<std::string> wait() { return promise_.get_future().get(); }

 private:
  std::string text_;
  bool failed_ = false;
  std::promise<Result<std::string>> promise_;
};

}  // namespace

Result<std::string> ask(const Target& target, const std::vector<std::string>& words) {
  const auto at_most = duration_or_bad_input(target.timeout, "--timeout");
  auto url = store::read_redis_url(target.url);
  if (!url) return url.error();
  StoreOptions access;
  access.client_name = "larder-cli";
  if (url->password.empty()) access.password = password_of(target);
  const auto options = store::client_options(*url, access);
  if (!options) return options.error();
  redis::Client client(*options, base::SystemClock::instance());
  base::Buffer request;
  resp::Writer writer(request);
  writer.array(words.size());
  for (const std::string& word : words) writer.bulk(word);
  OneCall call;
  const auto deadline = base::SystemClock::instance().now() + at_most;
  if (auto sent = client.send(request.view(), 1, call, deadline, true); !sent) return sent.error();
  return call.wait();
}

}  // namespace larder::apps
