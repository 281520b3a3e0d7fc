#include "apps/ask.hpp"

#include "redis/ask_once.hpp"
#include "store/url.hpp"

namespace larder::apps {

Result<std::string> ask(const Target& target, const std::vector<std::string>& words) {
  const auto at_most = duration_or_bad_input(target.timeout, "--timeout");
  auto url = store::read_redis_url(target.url);
  if (!url) return url.error();
  redis::ClientOptions options;
  options.host = url->host;
  options.port = url->port;
  options.identity = {url->user, url->password.empty() ? password_of(target) : url->password,
                      "larder-cli", url->database};
  return redis::ask_once(options, words, at_most);
}

}  // namespace larder::apps
