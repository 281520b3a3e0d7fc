#include "redis/sentinel_news.hpp"

namespace larder::redis {
namespace {

// PING has a reply whatever the protocol; what SUBSCRIBE brings is news.
constexpr std::string_view kSubscribe =
    "*2\r\n$9\r\nSUBSCRIBE\r\n$14\r\n+switch-master\r\n*1\r\n$4\r\nPING\r\n";
constexpr base::Millis kAnswerTime{1'000};

}  // namespace

// In RESP3 news are pushes, in RESP2 arrays. [message, channel, "name old-host old-port new-host new-port"]
bool SwitchListener::hears(const resp::Value& value) {
  if (!value.is_aggregate() || value.size() != 3) return value.is_push();
  const std::string_view kind = value[0].text();
  if (kind == "message" && value[2].text().starts_with(begins_)) is_switched_ = true;
  return value.is_push() || kind == "message" || kind == "subscribe";
}

void SwitchListener::heard() {
  if (std::exchange(is_switched_, false)) switched_();
}

std::shared_ptr<SentinelNews> SentinelNews::listen(const std::vector<ClientOptions>& sentinels,
                                                   std::string_view primary,
                                                   const std::function<void()>& switched,
                                                   const base::Clock& clock) {
  auto self = std::make_shared<SentinelNews>(clock);
  // A connection may be ready before its client is in its place: subscribe() waits for that.
  const std::lock_guard guard{self->mutex_};
  for (ClientOptions options : sentinels) {
    options.listener = std::make_shared<SwitchListener>(primary, switched);
    options.on_change = [hook = std::weak_ptr(self),
                         line = self->lines_.size()](const std::optional<Error>& failure) {
      const auto still = hook.lock();
      if (still && !failure) still->subscribe(line);
    };
    self->lines_.push_back({std::make_unique<Client>(options, clock), nullptr});
  }
  return self;
}

SentinelNews::~SentinelNews() {
  const std::lock_guard guard{mutex_};
  for (const auto& line : lines_) {
    if (line.question) line.question->abandon();
  }
}

void SentinelNews::subscribe(std::size_t line) {
  const std::lock_guard guard{mutex_};
  Line& to = lines_[line];
  to.question = Errand::send(
      *to.client, kSubscribe, 1, clock_.now() + kAnswerTime, [](const resp::Value&) {},
      [](const std::optional<Error>&) {});
}

}  // namespace larder::redis
