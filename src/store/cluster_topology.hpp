// ClusterTopology: a Redis or Valkey Cluster. Each key goes to the server that has its slot; what servers say of slots that
// moved is believed at once, and the whole map is read again, one question at a time however many ask for it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "redis/errand.hpp"
#include "redis/redirect.hpp"
#include "store/cluster_map.hpp"
#include "store/redis_scan.hpp"
#include "store/redis_topology.hpp"
#include "store/redis_url.hpp"

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
  NodePointer owner_of(std::string_view key) const;
  NodePointer next_to_ask();
  void moved(const redis::Redirect& redirect, const NodePointer& to);

  void ask();
  void answered(const NodePointer& by, std::optional<std::vector<redis::SlotRange>> ranges,
                std::optional<Error> failure);
  void learn(const std::vector<redis::SlotRange>& ranges);
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
  std::map<std::string, NodePointer> nodes_;  ///< By address.
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
