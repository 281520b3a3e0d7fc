// What `larder dns` is told by its flags, as typed and as understood.
#pragma once

#include <larder/store.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "apps/dns_faces.hpp"

namespace larder::dns {
struct ServiceOptions;
struct ServiceRules;
}  // namespace larder::dns

namespace larder::apps {

struct DnsFlags {
  std::vector<std::string> listen{"127.0.0.1:5300"};
  std::vector<std::string> upstream;
  bool stub = false;
  std::string stub_ttl = "300s", stub_delay = "0", stub_nxdomain_match;
  double stub_nxdomain_share = 0;
  std::string store;
  std::string store_password_file;
  std::string key_prefix = "dns:";
  std::string near_bytes = "256MiB", near_policy = "adaptive";
  unsigned threads = 1;
  std::string ttl_min = "0", ttl_max = "24h", ttl_negative_max = "5m", failure_time = "5s";
  std::string stale_max = "24h", stale_wait = "1800ms", stale_ttl = "30s";
  std::string read_deadline = "50ms", lease_wait = "0";
  unsigned prefetch_percent = 10;
  std::string timeout = "1500ms";
  unsigned attempts = 3;
  bool no_random_case = false, tcp_only = false;
  std::vector<std::string> allow;
  unsigned amplification = 4;
  std::uint32_t client_rate = 0;
  bool no_private = false;
  std::size_t inflight_max = 10'000;
  DnsFaceFlags faces = {};
  unsigned own_redis = 0;  ///< Servers to start for the shared store, and to end with the service.
  std::string config_file;
};

/// For --store. Throws BadInput.
StoreOptions dns_store_options(const DnsFlags& flags);
/// Opens the store, reads resolv.conf, looks names of upstreams up. Throws BadInput.
dns::ServiceOptions dns_service_options(const DnsFlags& flags);
/// What a running service may be told anew. Without upstreams where it has none. Throws BadInput.
dns::ServiceRules dns_service_rules(const DnsFlags& flags);

}  // namespace larder::apps
