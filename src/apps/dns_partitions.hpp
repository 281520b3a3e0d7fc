// The servers behind --store, as `larder dns` looks at them: which one a key belongs to, and how each is.
#pragma once

#include <larder/store.hpp>

#include <memory>
#include <string>

#include "dns/partitions.hpp"

namespace larder::apps {

/// Keeps a thread for its connections; lives longer than the service.
class DnsPartitions {
 public:
  /// Of redis:// and redis+ring://; for other stores, nothing. A server that is away does not matter here. Throws BadInput.
  DnsPartitions(const std::string& url, const StoreOptions& options);
  ~DnsPartitions();
  DnsPartitions(const DnsPartitions&) = delete;
  DnsPartitions& operator=(const DnsPartitions&) = delete;

  const dns::Partitions& partitions() const noexcept { return partitions_; }

 private:
  struct Io;
  std::unique_ptr<Io> io_;
  dns::Partitions partitions_;
};

}  // namespace larder::apps
