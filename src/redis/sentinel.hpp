// Sentinel: where the primary is, by the word of those who watch it. All are asked at once; what most of them say holds, and
// ROLE proves it when the connection stands (redis/handshake.hpp).
#pragma once

#include <larder/error.hpp>

#include <memory>
#include <mutex>
#include <vector>

#include "redis/client.hpp"
#include "redis/errand.hpp"
#include "redis/locator.hpp"

namespace larder::redis {

/// Counts what sentinels say. Pure; threads: none of its own.
class SentinelVotes {
 public:
  explicit SentinelVotes(std::size_t asked) noexcept : left_(asked), asked_(asked) {}

  void names(net::Endpoint primary);
  void fails(Error why);

  /// Known as soon as more than half of all agree, else when all have spoken: what most say, the first named of equals.
  std::optional<Result<net::Endpoint>> verdict() const;

 private:
  struct Candidate {
    net::Endpoint at;
    std::size_t votes = 0;
  };
  std::vector<Candidate> candidates_;
  std::optional<Error> first_failure_;
  std::size_t left_;
  std::size_t asked_;
};

/// What SENTINEL REPLICAS tells of those that are well: neither down nor cut off from their primary.
std::vector<net::Endpoint> read_replicas(const resp::Value& reply);

/// Threads  Safe from any.
class SentinelLocator final : public Locator {
 public:
  /// `answer_time`: how long one may take. The options name each sentinel and who we are to it.
  SentinelLocator(const std::vector<ClientOptions>& sentinels, std::string primary,
                  base::Millis answer_time, const base::Clock& clock);
  ~SentinelLocator() override { close(); }

  void locate(std::function<void(Result<net::Endpoint>)> found) override;
  /// One of the replicas that are well, by lot, as the first sentinel tells that knows of any. Errors: `unreachable`.
  void locate_replica(std::function<void(Result<net::Endpoint>)> found);
  /// Lets go of the sentinels: every later question is answered `unreachable`.
  void close();
  /// As their clients see them, with their addresses.
  std::vector<std::pair<std::string, ClientHealth>> health() const;

 private:
  struct Poll;
  struct ReplicaPoll;
  /// What is done with the reply of one, and when that is over.
  struct Ear {
    Errand::Read read;
    Errand::Done done;
  };

  /// Who they are now; none: it was closed, and `found` is told so.
  std::vector<std::shared_ptr<Client>> whom_to_ask(
      const std::function<void(Result<net::Endpoint>)>& found) const;
  void ask(const std::vector<std::shared_ptr<Client>>& sentinels, const std::string& request,
           const std::function<Ear(const std::string& sentinel)>& ear);

  const std::string primary_;
  const std::string where_is_primary_;
  const std::string who_are_replicas_;
  const base::Millis answer_time_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::vector<std::shared_ptr<Client>> sentinels_;
  std::vector<std::shared_ptr<Errand>> errands_;  ///< Those under way, and some that are over.
};

}  // namespace larder::redis
