// OwnConnections: a topology as one call sees it that must not use the connections of others: each server it is led to gets
// another one, which goes with the call.
#pragma once

#include "store/servers/topology.hpp"

namespace larder::store {

class OwnConnections final : public Topology {
 public:
  /// `silence_max`: so long the server may take.
  OwnConnections(Topology& real, base::Millis silence_max, const base::Clock& clock)
      : real_(real), silence_max_(silence_max), clock_(clock) {}

  Place own(Place place) const {
    redis::ClientOptions options = place.node->options;
    options.asks = {};
    options.on_change = {};
    options.silence_max = silence_max_;
    place.node = std::make_shared<RedisNode>(place.node->name, place.node->number, options, clock_);
    return place;
  }

  Result<Place> place(std::string_view key, Use use) override {
    auto found = real_.place(key, use);
    if (!found || !found->node) return found;
    return own(*std::move(found));
  }
  std::vector<NodePointer> all() const override { return real_.all(); }
  Backing::Kind kind() const noexcept override { return real_.kind(); }
  std::optional<Detour> after_refusal(const Place& from, std::string_view key,
                                      std::string_view words, unsigned tries) override {
    return own(from, real_.after_refusal(from, key, words, tries));
  }
  std::optional<Detour> after_loss(const Place& from, std::string_view key, Use use,
                                   unsigned tries) override {
    return own(from, real_.after_loss(from, key, use, tries));
  }

 private:
  std::optional<Detour> own(const Place& from, std::optional<Detour> detour) const {
    if (detour && detour->place.node != from.node) detour->place = own(std::move(detour->place));
    return detour;
  }

  Topology& real_;
  const base::Millis silence_max_;
  const base::Clock& clock_;
};

}  // namespace larder::store
