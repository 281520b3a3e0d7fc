// Starter: one start, from the wish to servers that can be used.
#pragma once

#include "manage/local_redis.hpp"

namespace larder::manage {

class Starter {
 public:
  Starter(LocalRedis& all, Host& host, const Wish& wish) : all_(all), host_(host), wish_(wish) {}

  Result<Setup> run();
  /// Ends what this start has started: half of a ring is of no use, and in the way.
  void take_back();

 private:
  Result<void> begin();
  Result<void> begin_again(Setup&& before);
  Result<void> change_layout(const std::string& what, bool something_runs);
  Result<void> settle_password(bool something_runs);
  Result<void> settle_settings(bool something_runs);
  Result<void> find_server();

  Result<void> bring_up(std::size_t index);
  Result<void> choose_port(std::size_t index, std::uint16_t not_below);
  bool port_serves(std::uint16_t port) const;
  Result<void> write_conf(const Node& node);
  Result<void> launch(std::size_t index);
  Result<void> wait_until_it_answers(const Node& node);
  Error end_of(const Node& node);

  Result<void> join();
  Result<void> join_sentinels();
  Result<void> join_cluster();
  Result<void> give_slots(const Node& node, unsigned number, unsigned primaries);
  Result<void> follow_primaries();
  /// Asks until `good` holds for every node it is for, or gives up with `what`.
  Result<void> wait_for(const std::string& what, base::Millis at_most,
                        const std::function<bool(const Node&)>& good);
  Result<std::string> ask(const Node& node, const std::vector<std::string>& words);
  unsigned data_nodes() const;

  LocalRedis& all_;
  Host& host_;
  const Wish& wish_;
  Setup setup_;
  std::string password_;
  bool fresh_ = false;      ///< Laid out just now.
  bool conf_anew_ = false;  ///< A setting differs from the files that are there.
  bool password_anew_ = false;
  std::vector<std::size_t> started_;
};

}  // namespace larder::manage
