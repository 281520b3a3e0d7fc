// ClusterTopology: a Redis or Valkey Cluster. Each key goes to the server that has its slot; what servers say of slots that
// moved is believed at once, and the whole map is read again, one question at a time however many ask for it. What is older
// than what we know is not believed (redis/slot_news.hpp).
//
// With `reads=replica` plain reads go to a replica of the slot's owner, over a connection of their own, which READONLY opens
// for them; and to the owner where the replica is away, silent, or has anything else to say than an answer.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "redis/errand.hpp"
#include "redis/redirect.hpp"
#include "redis/slot_news.hpp"
#include "store/redis/scan.hpp"
#include "store/redis/url.hpp"
#include "store/servers/cluster_map.hpp"
#include "store/servers/topology.hpp"

namespace larder::store {

class ClusterTopology final : public Topology,
                              public std::enable_shared_from_this<ClusterTopology> {
 public:
  /// Errors: `bad_url`. The servers of the URL are where it begins to ask.
  static Result<std::shared_ptr<ClusterTopology>> make(const ServersUrl& url,
                                                       const StoreOptions& options,
                                                       const base::Clock& clock);

  /// Reads the map. Waits for the first answer. Errors: `unreachable`, `unauthorized`, `unsupported`: it is no cluster.
  Result<void> wait_until_known(base::Millis at_most);
  /// Reads it again, soon.
  void refresh();
  /// No question begins any more; the one under way is given up.
  void close() override;

  Result<Place> place(std::string_view key, Use use) override;
  std::vector<NodePointer> all() const override;
  std::vector<NodePointer> replicas() const override;
  bool reads_replicas() const noexcept override { return url_.reads_replicas; }
  Backing::Kind kind() const noexcept override { return Backing::Kind::cluster; }
  bool splits_by_key() const noexcept override { return true; }
  std::optional<Detour> after_refusal(const Place& from, std::string_view key,
                                      std::string_view words, unsigned tries) override;
  std::optional<Detour> after_loss(const Place& from, std::string_view key, Use use,
                                   unsigned tries) override;

  ClusterTopology(ServersUrl url, const StoreOptions& options, redis::ClientOptions client,
                  const base::Clock& clock)
      : url_(std::move(url)), options_(options), client_(std::move(client)), clock_(clock) {}

 private:
  using MapPointer = std::shared_ptr<const ClusterMap>;

  MapPointer map() const;
  NodePointer node_at(const std::string& host, std::uint16_t port);
  NodePointer replica_at(const redis::SlotServer& server);
  NodePointer owner_of(std::string_view key) const;
  NodePointer next_to_ask();
  void moved(const redis::Redirect& redirect, const NodePointer& from, const NodePointer& to);

  void ask();
  struct Answer;
  void answered(const NodePointer& by, const Answer& answer, std::optional<Error> failure);
  void learn(const Answer& answer);
  /// What is believed of an answer, over what was known. Requires mutex_.
  std::shared_ptr<ClusterMap> merged(const Answer& answer, std::span<const NodePointer> owners);
  void learn_replicas(ClusterMap& map, const Answer& answer, std::span<const NodePointer> owners);
  void let_go(const NodePointer& node);
  void ask_again_in(base::Millis time);
  void tell(StoreEvent::Kind kind, const std::string& server, std::string detail) const;

  const ServersUrl url_;
  const StoreOptions options_;
  const redis::ClientOptions client_;  ///< Of each server, but for its address.
  const base::Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable known_;
  // Guarded by mutex_:
  MapPointer map_ = std::make_shared<const ClusterMap>();
  redis::SlotNews news_;
  std::map<std::string, NodePointer> nodes_;     ///< By address.
  std::map<std::string, NodePointer> replicas_;  ///< The same, of those that are read.
  NodePointer knows_better_;  ///< It said that a slot had moved: it is asked next.
  std::uint32_t next_number_ = 0;
  std::size_t turn_ = 0;
  bool asking_ = false;
  bool wanted_ = false;  ///< Somebody asked for another look meanwhile.
  bool closed_ = false;
  bool timer_armed_ = false;
  unsigned answers_ = 0;
  std::optional<Error> last_failure_;
  std::shared_ptr<redis::Errand> errand_;
};

}  // namespace larder::store
