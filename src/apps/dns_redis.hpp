// Redis servers of this machine that live as long as a command does: for `larder dns --redis` and its experiment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manage/local_redis.hpp"

namespace larder::apps {

/// Started in a folder of their own, without anything on disk; ended and erased when it goes away.
///
/// Throws   BadInput where they cannot be started.
class OwnRedis {
 public:
  explicit OwnRedis(unsigned nodes);
  ~OwnRedis();
  OwnRedis(const OwnRedis&) = delete;
  OwnRedis& operator=(const OwnRedis&) = delete;

  std::size_t nodes() const noexcept { return setup_.nodes.size(); }
  /// What clients open. `scheme` and `splits` as in the URL of a ring; of one server they do not matter.
  std::string url(const std::string& scheme = "",
                  const std::vector<std::string>& splits = {}) const;
  /// A command to each, and what they say, in order. Errors: those of the first that fails.
  Result<std::vector<std::string>> ask_each(const std::vector<std::string>& words);

 private:
  std::unique_ptr<manage::Host> host_;
  std::string folder_;
  manage::LocalRedis redis_;
  manage::Setup setup_;
};

}  // namespace larder::apps
