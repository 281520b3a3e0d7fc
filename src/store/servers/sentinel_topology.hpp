// SentinelTopology: the one primary that sentinels watch, wherever it is. With `reads=replica` plain reads go to one of its
// replicas, and to the primary where that is away, silent, or has anything else to say than an answer.
#pragma once

#include <memory>

#include "redis/sentinel.hpp"
#include "redis/sentinel_news.hpp"
#include "store/redis/url.hpp"
#include "store/servers/topology.hpp"

namespace larder::store {

class SentinelTopology final : public Topology {
 public:
  /// Errors: `bad_url`.
  static Result<std::unique_ptr<SentinelTopology>> make(const ServersUrl& url,
                                                        const StoreOptions& options,
                                                        const base::Clock& clock);
  ~SentinelTopology() override;

  Result<Place> place(std::string_view key, Use use) override;
  std::vector<NodePointer> all() const override { return {node_}; }
  std::vector<NodePointer> replicas() const override;
  bool reads_replicas() const noexcept override { return replica_ != nullptr; }
  std::vector<ServerHealth> health() const override;
  Backing::Kind kind() const noexcept override { return Backing::Kind::sentinel; }
  bool is_one() const noexcept override { return true; }
  std::optional<Detour> after_refusal(const Place& from, std::string_view key,
                                      std::string_view words, unsigned tries) override;
  std::optional<Detour> after_loss(const Place& from, std::string_view key, Use use,
                                   unsigned tries) override;

 private:
  class Watch;
  class Replicas;

  SentinelTopology(NodePointer node, NodePointer replica,
                   std::shared_ptr<redis::SentinelLocator> sentinels, std::shared_ptr<Watch> watch,
                   std::shared_ptr<redis::SentinelNews> news)
      : node_(std::move(node)),
        replica_(std::move(replica)),
        sentinels_(std::move(sentinels)),
        watch_(std::move(watch)),
        news_(std::move(news)) {}

  const NodePointer node_;
  const NodePointer replica_;  ///< Null: none is read.
  const std::shared_ptr<redis::SentinelLocator> sentinels_;
  const std::shared_ptr<Watch> watch_;
  const std::shared_ptr<redis::SentinelNews> news_;
};

}  // namespace larder::store
