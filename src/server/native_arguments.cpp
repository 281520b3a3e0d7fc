#include "server/native_arguments.hpp"

#include <string>

#include "base/limits.hpp"
#include "base/side_key.hpp"
#include "server/pub_sub.hpp"

namespace larder::server {

std::optional<std::int64_t> within(Call& call, std::size_t i, std::int64_t max,
                                   std::string_view what) {
  const auto number = call.integer(i);
  if (!number) return std::nullopt;
  if (*number >= 1 && *number <= max) return number;
  call.fail("ERR " + std::string(what) + " must be 1 to " + std::to_string(max));
  return std::nullopt;
}

std::optional<base::Millis> life(Call& call, std::size_t i) {
  constexpr base::Millis kMax = std::chrono::years{100};
  const auto number = within(call, i, kMax.count(), "ttl");
  return number ? std::optional{base::Millis{*number}} : std::nullopt;
}

bool owner_fits(Call& call, std::size_t i) {
  const std::size_t bytes = call.arg(i).size();
  if (bytes >= 1 && bytes <= base::limits::kOwnerBytesMax) return true;
  call.fail("ERR owner must have 1 to " + std::to_string(base::limits::kOwnerBytesMax) + " bytes");
  return false;
}

void tell_released(Call& call, std::string_view whom) {
  PubSub& pub_sub = call.context.pub_sub;
  if (pub_sub.nobody_listens()) return;
  const base::SideKey channel(call.arg(1), base::kReleasedTag);
  pub_sub.publish_sharded(channel.view(), whom);
}

}  // namespace larder::server
