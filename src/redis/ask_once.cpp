#include "redis/ask_once.hpp"

#include <future>

#include "base/buffer.hpp"
#include "base/clock.hpp"
#include "resp/writer.hpp"

namespace larder::redis {
namespace {

/// Lives on the stack of who waits: the client itself completes it at its deadline.
class OneReply final : public Call {
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

Result<std::string> ask_once(const ClientOptions& options, const std::vector<std::string>& words,
                             base::Millis at_most) {
  const auto& clock = base::SystemClock::instance();
  Client client(options, clock);
  if (auto ready = client.wait_until_ready(at_most); !ready) return ready.error();
  base::Buffer request;
  resp::Writer writer(request);
  writer.array(words.size());
  for (const std::string& word : words) writer.bulk(word);
  OneReply reply;
  if (auto sent = client.send(request.view(), 1, reply, clock.now() + at_most, true); !sent) {
    return sent.error();
  }
  return reply.wait();
}

}  // namespace larder::redis
