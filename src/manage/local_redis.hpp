// LocalRedis: the Redis servers of one folder, started, looked at and stopped.
//
//     FOLDER/state            what runs there (state_file.hpp)      FOLDER/password   where there is one
//     FOLDER/ring-1/…         a server's own: redis.conf, log, pid, its data
//
// A server is ours if it is the process that the state names, by number, time of birth and boot, and works in its node's
// folder; or, where a crash of ours came before the state was written, if it says itself that it runs our file. No other
// process is ever signalled.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "manage/host.hpp"
#include "manage/plan.hpp"

namespace larder::manage {

struct NodeStatus {
  std::string name;
  std::uint16_t port = 0;
  int process = 0;  ///< 0: it does not run.
  std::string role =
      {};  ///< "master", "slave", "sentinel", as the server calls itself; empty: it does not say.
  std::string version = {};
  std::uint64_t memory_bytes = 0;
  std::uint64_t keys = 0;
  std::uint64_t uptime_seconds = 0;
  std::string aof = {};  ///< "on", "off", or what is wrong with it.
  std::string policy = {};
  std::string problem = {};  ///< Why it is not well; empty: it is.
};

struct Status {
  Setup setup;
  std::vector<NodeStatus> nodes;
  std::string problem;            ///< Of the whole (a cluster that is not ok); empty: none.
  bool running() const noexcept;  ///< Anything of it.
  bool well() const noexcept;     ///< All of it.
};

/// Threads  One at a time in a process; several processes wait for each other in start and stop.
/// Errors   `bad_argument` for flags, `unreachable` for a port, `unsupported` where no server program is here,
///          `io` for the folder; the detail ends with what to do.
class LocalRedis {
 public:
  /// Told what happens meanwhile, in a few words.
  using Say = std::function<void(const std::string&)>;
  /// `folder`: absolute, without links.
  LocalRedis(Host& host, std::string folder, Say say);

  /// Starts what does not run, and waits until all of it can be used. Does nothing where all runs already.
  Result<Setup> start(const Wish& wish);
  /// Ends them all, the watchers first; how many ran. `kill`: those that do not end when they are asked to.
  Result<std::size_t> stop(bool kill);
  /// Gives up all data, logs and settings. Errors: `bad_argument` while anything runs.
  Result<void> erase();

  /// What it looks like now. None: nothing was ever started here.
  Result<std::optional<Status>> status();

  /// A command to each server but the sentinels, and replicas where `writes`; the replies by node.
  Result<std::vector<std::pair<Node, std::string>>> ask_each(const std::vector<std::string>& words,
                                                             bool writes);
  /// Live on every server, kept for their next start, and remembered here.
  Result<void> set_policy(const std::string& policy);

  /// Errors: `bad_argument`: nothing was started here, or nothing runs.
  Result<Setup> known();
  Result<Setup> running();
  /// "" where there is none.
  Result<std::string> password();
  const std::string& folder() const noexcept { return folder_; }
  std::string folder_of(const Node& node) const { return folder_ + "/" + node.name; }
  std::string log_of(const Node& node) const { return folder_of(node) + "/log"; }
  std::string password_file() const { return folder_ + "/password"; }

 private:
  friend class Starter;
  Result<std::unique_ptr<HostLock>> lock();
  Result<std::optional<Setup>> load();
  Result<void> save(const Setup& setup);
  bool runs(const Setup& setup, const Node& node);
  /// Signals it and waits. False: it runs still.
  Result<bool> end(const Setup& setup, const Node& node, base::Signal signal, base::Millis at_most);
  void find_lost(Setup& setup, const std::string& password);
  NodeStatus look_at(const Setup& setup, const Node& node, const std::string& password);
  std::string conf_of(const Node& node) const;

  Host& host_;
  const std::string folder_;
  const Say say_;
};

}  // namespace larder::manage
