// `larder redis …`: what its commands share, and the functions that declare them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/command.hpp"
#include "manage/local_redis.hpp"

namespace larder::apps {

/// The folder of --dir, and the servers in it. Lives as long as the command's Action.
struct RedisPlace {
  std::string folder;
};
std::shared_ptr<RedisPlace> declare_place(CLI::App& command);

/// The machine, and the folder's servers. What happens is told on standard error, unless it is `quiet`.
struct RedisHere {
  explicit RedisHere(const RedisPlace& place, bool quiet = false);
  std::unique_ptr<manage::Host> host;
  manage::LocalRedis redis;
};

/// Adds a subcommand; what to do for it goes to the end of `actions`.
using RedisActions = std::vector<std::pair<CLI::App*, Action>>;
void declare_redis_start(CLI::App& redis, RedisActions& actions);
void declare_redis_stop(CLI::App& redis, RedisActions& actions);
void declare_redis_status(CLI::App& redis, RedisActions& actions);
void declare_redis_cli(CLI::App& redis, RedisActions& actions);
void declare_redis_flush(CLI::App& redis, RedisActions& actions);
void declare_redis_logs(CLI::App& redis, RedisActions& actions);
void declare_redis_info(CLI::App& redis, RedisActions& actions);
void declare_redis_policy(CLI::App& redis, RedisActions& actions);

/// The node that `--node` names, by number from 1 or by name. Ends the command where there is none.
const manage::Node& node_of(const manage::Setup& setup, const std::string& wanted);

}  // namespace larder::apps
