#include "apps/dns_redis.hpp"

#include <atomic>
#include <cstdio>
#include <filesystem>

#include "apps/command.hpp"
#include "base/process.hpp"
#include "manage/system_host.hpp"
#include "net/socket.hpp"

namespace larder::apps {
namespace {

std::string own_folder() {
  static std::atomic<unsigned> number{0};
  std::error_code error;
  const auto temporary =
      std::filesystem::canonical(std::filesystem::temp_directory_path(error), error);
  if (error)
    throw BadInput("no folder for temporary files: " + error.message() + "; TMPDIR names one");
  return temporary.string() + "/larder-dns-" + std::to_string(base::process_id()) + "-" +
         std::to_string(++number);
}

}  // namespace

OwnRedis::OwnRedis(unsigned nodes)
    : host_(manage::make_system_host()),
      folder_(own_folder()),
      redis_(*host_, folder_, [](const std::string&) {}) {
  manage::Wish wish;
  wish.mode = nodes == 1 ? manage::Mode::single : manage::Mode::ring;
  if (nodes > 1) wish.nodes = nodes;
  wish.port = 0;
  wish.no_aof = true;
  wish.policy = "allkeys-lru";  // A cache that is full evicts; it does not refuse.
  setup_ = value_or_bad_input(redis_.start(wish),
                              "`larder dns` needs redis-server or valkey-server for its own "
                              "partitions; --store names others");
}

OwnRedis::~OwnRedis() {
  if (const auto stopped = redis_.stop(true); !stopped)
    std::fprintf(stderr, "larder dns: %s\n", stopped.error().detail.c_str());
  if (const auto erased = redis_.erase(); !erased)
    std::fprintf(stderr, "larder dns: %s\n", erased.error().detail.c_str());
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string OwnRedis::url(const std::string& scheme, const std::vector<std::string>& splits) const {
  const bool one = setup_.nodes.size() == 1;
  std::string places;
  for (const auto& node : setup_.nodes)
    places += (places.empty() ? "" : ",") + net::to_string({manage::kHost, node.port});
  std::string url = (one ? "redis://" : "redis+ring://") + places;
  if (one) return url;
  // Named by number: a node keeps its keys when its port is another the next time.
  std::string names, cuts;
  for (std::size_t i = 0; i < setup_.nodes.size(); ++i) names += (i ? "," : "") + std::to_string(i);
  url += "?names=" + names;
  if (!scheme.empty()) url += "&scheme=" + scheme;
  for (const auto& split : splits) cuts += (cuts.empty() ? "" : ",") + split;
  return cuts.empty() ? url : url + "&splits=" + cuts;
}

Result<std::vector<std::string>> OwnRedis::ask_each(const std::vector<std::string>& words) {
  auto replies = redis_.ask_each(words, false);
  if (!replies) return replies.error();
  std::vector<std::string> texts;
  for (auto& reply : *replies) texts.push_back(std::move(reply.second));
  return texts;
}

}  // namespace larder::apps
