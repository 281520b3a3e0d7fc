#include "apps/ask.hpp"

#include "redis/ask_once.hpp"
#include "store/redis/client_options.hpp"
#include "store/url.hpp"

namespace larder::apps {

Result<std::string> ask(const Target& target, const std::vector<std::string>& words) {
  const auto at_most = duration_or_bad_input(target.timeout, "--timeout");
  auto url = store::read_redis_url(target.url);
  if (!url) return url.error();
  StoreOptions access;
  access.client_name = "larder-cli";
  if (url->password.empty()) access.password = password_of(target);
  const auto options = store::client_options(*url, access);
  if (!options) return options.error();
  return redis::ask_once(*options, words, at_most);
}

}  // namespace larder::apps
