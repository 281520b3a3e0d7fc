// RingTopology: independent servers, each with its share of the keys; the client alone decides which (redis/placement.hpp).
#pragma once

#include <memory>
#include <mutex>

#include "store/redis/scan.hpp"
#include "store/redis/url.hpp"
#include "store/servers/ring_prober.hpp"
#include "store/servers/topology.hpp"

namespace larder::store {

class RingTopology final : public Topology {
 public:
  /// Opens a client for each server, on the options' io_context; `foreign`: its threads are not ours to wait for.
  /// Errors: `bad_url`.
  static Result<std::unique_ptr<RingTopology>> make(const ServersUrl& url,
                                                    const StoreOptions& options, bool foreign,
                                                    const base::Clock& clock);

  ~RingTopology() override;
  Result<Place> place(std::string_view key, Use use) override;
  std::vector<NodePointer> all() const override;
  Backing::Kind kind() const noexcept override {
    return url_.ring.rehash ? Backing::Kind::rehashing_ring : Backing::Kind::ring;
  }
  bool is_at_home(const RedisNode& node, std::string_view key) const override;

  Result<void> add_server(std::string_view server, const ServerOptions& options) override;
  Result<void> remove_server(std::string_view name) override;

 private:
  /// Never changed once made: calls work on the one they took.
  struct Ring {
    redis::Placement placement;
    std::vector<NodePointer> nodes;  ///< In the order of the placement's.
  };
  using ProberPointer = std::shared_ptr<RingProber>;
  using RingPointer = std::shared_ptr<const Ring>;

  RingTopology(ServersUrl url, const StoreOptions& options, bool foreign, const base::Clock& clock)
      : url_(std::move(url)), options_(options), foreign_(foreign), clock_(clock) {}
  Result<NodePointer> open_node(const RedisUrl& server, const std::string& name);
  void watch(const NodePointer& node);
  void unwatch(const NodePointer& node);
  void tell(StoreEvent::Kind kind, const RedisNode& node) const;
  Result<void> exchange(std::vector<redis::PlacedNode> placed, std::vector<NodePointer> nodes);
  RingPointer ring() const;

  const ServersUrl url_;
  const StoreOptions options_;
  const bool foreign_;
  const base::Clock& clock_;

  std::mutex changing_;  ///< One change of the ring at a time.
  std::uint32_t next_number_ = 0;
  std::vector<std::pair<NodePointer, ProberPointer>> probers_;

  mutable std::mutex mutex_;
  RingPointer ring_;  ///< Guarded by mutex_.
};

}  // namespace larder::store
