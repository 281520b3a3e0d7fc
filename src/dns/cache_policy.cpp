// DnsCache, what each tier may hold and what goes when that is full; and rules that change while it runs.
#include "base/numbers.hpp"
#include "dns/cache.hpp"
#include "dns/errands.hpp"
#include "dns/near_tier.hpp"
#include "dns/shared_tier.hpp"

namespace larder::dns {
namespace {

std::string_view info_text(std::string_view info, std::string_view name) {
  const auto at = info.find("\n" + std::string(name) + ":");
  if (at == info.npos) return {};
  const auto value = info.substr(at + name.size() + 2);
  return value.substr(0, value.find_first_of("\r\n"));
}

/// `change`, where it is not empty, and then what the store says.
TierPolicy policy_of(std::string tier, const Store& store, const std::string& change) {
  TierPolicy seen{.tier = std::move(tier)};
  if (!change.empty()) {
    if (const auto set = store.configure("eviction", change); !set)
      seen.trouble = to_string(set.error());
  }
  const auto info = store.info();
  if (!info) {
    if (seen.trouble.empty()) seen.trouble = to_string(info.error());
    return seen;
  }
  seen.policy = info_text(*info, "maxmemory_policy");
  seen.bytes_max = base::parse_unsigned(info_text(*info, "maxmemory")).value_or(0);
  return seen;
}

}  // namespace

void DnsCache::policy(const PolicyChange& change, CacheAdmin::Done<std::vector<TierPolicy>> done) {
  if (!change.shared.empty() && !shared_)
    return done(Error{Errc::bad_argument, Effect::not_sent, "shared: there is no shared store"});
  if (!change.near.empty()) {
    const auto set = near_->store().configure("eviction", change.near);
    if (!set)
      return done(Error{Errc::bad_argument, Effect::not_sent, "near: " + set.error().detail});
  }
  std::vector<Partitions::Server> servers = options().partitions.servers;
  if (servers.empty() && shared_)
    servers.push_back({std::string(shared_->store().url()), shared_->store()});
  errands_->run([near = near_->store(), servers = std::move(servers), shared = change.shared,
                 done = std::move(done)](bool runs) {
    if (!runs)
      return done(Error{Errc::overloaded, Effect::not_sent, "too much is being looked at already"});
    std::vector<TierPolicy> tiers{policy_of("near", near, "")};
    for (const auto& server : servers)
      tiers.push_back(policy_of(server.name, server.store, shared));
    done(std::move(tiers));
  });
}

void DnsCache::use(CacheOptions options) {
  const std::lock_guard lock(kept_mutex_);
  options.partitions = this->options().partitions;
  options.key_prefix = this->options().key_prefix;
  kept_.push_back(std::make_unique<const CacheOptions>(std::move(options)));
  options_.store(kept_.back().get(), std::memory_order_release);
}

Result<void> DnsCache::configure_near(std::string_view setting, const std::string& value) {
  return near_->store().configure(setting, value);
}

}  // namespace larder::dns
