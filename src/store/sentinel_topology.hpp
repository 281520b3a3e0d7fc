// SentinelTopology: the one primary that sentinels watch, wherever it is.
#pragma once

#include <memory>

#include "redis/sentinel.hpp"
#include "store/redis_topology.hpp"
#include "store/redis_url.hpp"

namespace larder::store {

class SentinelTopology final : public Topology {
 public:
  /// Errors: `bad_url`.
  static Result<std::unique_ptr<SentinelTopology>> make(const ServersUrl& url,
                                                        const StoreOptions& options,
                                                        const base::Clock& clock);
  ~SentinelTopology() override;

  Result<Place> place(std::string_view, Use) override { return Place{node_}; }
  std::vector<NodePointer> all() const override { return {node_}; }
  std::vector<ServerHealth> health() const override;
  Backing::Kind kind() const noexcept override { return Backing::Kind::sentinel; }
  bool is_one() const noexcept override { return true; }
  std::optional<Detour> after_refusal(const Place& from, std::string_view key,
                                      std::string_view words, unsigned tries) override;
  std::optional<Detour> after_loss(const Place& from, std::string_view key, Use use,
                                   unsigned tries) override;

 private:
  class Watch;

  SentinelTopology(NodePointer node, std::shared_ptr<redis::SentinelLocator> sentinels,
                   std::shared_ptr<Watch> watch)
      : node_(std::move(node)), sentinels_(std::move(sentinels)), watch_(std::move(watch)) {}

  const NodePointer node_;
  const std::shared_ptr<redis::SentinelLocator> sentinels_;
  const std::shared_ptr<Watch> watch_;
};

}  // namespace larder::store
