#include "redis/sentinel.hpp"

#include <algorithm>

#include "base/buffer.hpp"
#include "base/numbers.hpp"
#include "base/random.hpp"
#include "redis/reply_error.hpp"
#include "resp/writer.hpp"

namespace larder::redis {
namespace {

std::string question(std::string_view about, std::string_view primary) {
  base::Buffer out;
  resp::append_command(out, {"SENTINEL", about, primary});
  return std::string(out.view());
}

std::optional<std::uint16_t> port_from(std::string_view text) {
  const auto port = base::parse_unsigned(text);
  if (!port || *port == 0 || *port > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

/// host, port; null: it watches nobody of that name.
Result<net::Endpoint> read_address(const resp::Value& reply, const std::string& primary) {
  if (reply.is_error()) return error_from(reply.text());
  if (reply.is_null() || !reply.is_aggregate() || reply.size() != 2) {
    return Error{Errc::unreachable, Effect::not_sent, "watches no primary named " + primary};
  }
  const auto port = port_from(reply[1].text());
  if (!port) return Error{Errc::protocol, Effect::not_sent, "named a port that is none"};
  return net::Endpoint{std::string(reply[0].text()), *port};
}

}  // namespace

// Each is a map, or an array of names and values in turn: both come as one row.
std::vector<net::Endpoint> read_replicas(const resp::Value& reply) {
  std::vector<net::Endpoint> out;
  if (!reply.is_aggregate()) return out;
  for (const resp::Value row : reply) {
    std::string_view host, port, flags, link;
    for (std::size_t i = 0; row.is_aggregate() && i + 1 < row.size(); i += 2) {
      const std::string_view name = row[i].text(), value = row[i + 1].text();
      if (name == "ip") host = value;
      if (name == "port") port = value;
      if (name == "flags") flags = value;
      if (name == "master-link-status") link = value;
    }
    const auto number = port_from(port);
    if (number && !host.empty() && flags == "slave" && link == "ok")
      out.push_back({std::string(host), *number});
  }
  return out;
}

void SentinelVotes::names(net::Endpoint primary) {
  --left_;
  const auto known =
      std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
        return candidate.at.host == primary.host && candidate.at.port == primary.port;
      });
  if (known != candidates_.end()) {
    ++known->votes;
  } else {
    candidates_.push_back({std::move(primary), 1});
  }
}

void SentinelVotes::fails(Error why) {
  --left_;
  if (!first_failure_) first_failure_ = std::move(why);
}

std::optional<Result<net::Endpoint>> SentinelVotes::verdict() const {
  const auto best =
      std::max_element(candidates_.begin(), candidates_.end(),
                       [](const Candidate& a, const Candidate& b) { return a.votes < b.votes; });
  const bool any = best != candidates_.end();
  if (any && best->votes * 2 > asked_) return Result<net::Endpoint>{best->at};
  if (left_ > 0) return std::nullopt;
  if (any) return Result<net::Endpoint>{best->at};
  return Result<net::Endpoint>{
      Error{Errc::unreachable, Effect::not_sent,
            "no sentinel tells where the primary is; " +
                (first_failure_ ? first_failure_->detail : "none is named")}};
}

/// One question to all, while anybody still waits for an answer.
struct SentinelLocator::Poll {
  Poll(std::size_t asked, std::function<void(Result<net::Endpoint>)> then)
      : votes(asked), found(std::move(then)) {}

  void count(const std::optional<Error>& failure, std::optional<Result<net::Endpoint>> answer,
             const std::string& sentinel) {
    std::function<void(Result<net::Endpoint>)> tell;
    std::optional<Result<net::Endpoint>> verdict;
    {
      const std::lock_guard guard{mutex};
      if (failure) {
        votes.fails(*failure);
      } else if (answer && *answer) {
        votes.names(**answer);
      } else {
        Error why = answer ? answer->error() : Error{Errc::protocol, Effect::not_sent, "no reply"};
        why.detail.insert(0, sentinel + ": ");
        votes.fails(std::move(why));
      }
      verdict = votes.verdict();
      if (verdict) tell = std::exchange(found, nullptr);
    }
    if (tell) tell(*std::move(verdict));
  }

  std::mutex mutex;
  SentinelVotes votes;
  std::function<void(Result<net::Endpoint>)> found;
};

/// The same of replicas: one answer is enough.
struct SentinelLocator::ReplicaPoll {
  ReplicaPoll(std::size_t asked, std::function<void(Result<net::Endpoint>)> then)
      : left(asked), found(std::move(then)) {}

  void count(const std::vector<net::Endpoint>& replicas) {
    std::function<void(Result<net::Endpoint>)> tell;
    {
      const std::lock_guard guard{mutex};
      if (--left == 0 || !replicas.empty()) tell = std::exchange(found, nullptr);
    }
    if (!tell) return;
    if (!replicas.empty()) return tell(replicas[base::thread_entropy() % replicas.size()]);
    tell(Error{Errc::unreachable, Effect::not_sent, "no sentinel knows of a replica that is well"});
  }

  std::mutex mutex;
  std::size_t left;
  std::function<void(Result<net::Endpoint>)> found;
};

SentinelLocator::SentinelLocator(const std::vector<ClientOptions>& sentinels, std::string primary,
                                 base::Millis answer_time, const base::Clock& clock)
    : primary_(std::move(primary)),
      where_is_primary_(question("GET-MASTER-ADDR-BY-NAME", primary_)),
      who_are_replicas_(question("REPLICAS", primary_)),
      answer_time_(answer_time),
      clock_(clock) {
  for (const auto& options : sentinels) {
    sentinels_.push_back(std::make_shared<Client>(options, clock));
  }
}

void SentinelLocator::locate(std::function<void(Result<net::Endpoint>)> found) {
  const auto sentinels = whom_to_ask(found);
  const auto poll = std::make_shared<Poll>(sentinels.size(), std::move(found));
  ask(sentinels, where_is_primary_, [&](const std::string& name) -> Ear {
    const auto answer = std::make_shared<std::optional<Result<net::Endpoint>>>();
    return {[answer, primary = primary_](const resp::Value& reply) {
              answer->emplace(read_address(reply, primary));
            },
            [poll, answer, name](const std::optional<Error>& failure) {
              poll->count(failure, *answer, name);
            }};
  });
}

void SentinelLocator::locate_replica(std::function<void(Result<net::Endpoint>)> found) {
  const auto sentinels = whom_to_ask(found);
  const auto poll = std::make_shared<ReplicaPoll>(sentinels.size(), std::move(found));
  ask(sentinels, who_are_replicas_, [&](const std::string&) -> Ear {
    const auto replicas = std::make_shared<std::vector<net::Endpoint>>();
    return {[replicas](const resp::Value& reply) { *replicas = read_replicas(reply); },
            [poll, replicas](const std::optional<Error>&) { poll->count(*replicas); }};
  });
}

std::vector<std::shared_ptr<Client>> SentinelLocator::whom_to_ask(
    const std::function<void(Result<net::Endpoint>)>& found) const {
  std::vector<std::shared_ptr<Client>> sentinels;
  {
    const std::lock_guard guard{mutex_};
    sentinels = sentinels_;
  }
  if (sentinels.empty()) {
    found(Error{Errc::unreachable, Effect::not_sent, "the store was closed"});
  }
  return sentinels;
}

void SentinelLocator::ask(const std::vector<std::shared_ptr<Client>>& sentinels,
                          const std::string& request,
                          const std::function<Ear(const std::string& sentinel)>& ear) {
  std::vector<std::shared_ptr<Errand>> errands;
  for (const auto& sentinel : sentinels) {
    Ear one = ear(sentinel->name());
    errands.push_back(Errand::send(*sentinel, request, 1, clock_.now() + answer_time_,
                                   std::move(one.read), std::move(one.done)));
  }
  bool closed = false;
  {
    const std::lock_guard guard{mutex_};
    closed = sentinels_.empty();
    if (!closed) {
      std::erase_if(errands_, [](const auto& errand) { return errand->is_over(); });
      errands_.insert(errands_.end(), errands.begin(), errands.end());
    }
  }
  // It was closed while we asked, and did not see these: nobody else would take them back.
  if (!closed) return;
  for (const auto& errand : errands) errand->abandon();
}

void SentinelLocator::close() {
  std::vector<std::shared_ptr<Client>> sentinels;
  std::vector<std::shared_ptr<Errand>> errands;
  {
    const std::lock_guard guard{mutex_};
    sentinels = std::move(sentinels_);
    errands = std::move(errands_);
    sentinels_.clear();
    errands_.clear();
  }
  for (const auto& errand : errands) errand->abandon();
}

std::vector<std::pair<std::string, ClientHealth>> SentinelLocator::health() const {
  const std::lock_guard guard{mutex_};
  std::vector<std::pair<std::string, ClientHealth>> out;
  out.reserve(sentinels_.size());
  for (const auto& sentinel : sentinels_) out.emplace_back(sentinel->name(), sentinel->health());
  return out;
}

}  // namespace larder::redis
