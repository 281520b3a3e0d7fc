#include "apps/dns_partitions.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "apps/command.hpp"
#include "redis/placement.hpp"
#include "store/redis/driver.hpp"
#include "store/redis/url.hpp"

namespace larder::apps {

struct DnsPartitions::Io {
  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  std::thread thread{[this] { context.run(); }};
};

DnsPartitions::DnsPartitions(const std::string& url, const StoreOptions& options) {
  if (!url.starts_with("redis+ring://")) return;
  const auto ring = value_or_bad_input(store::read_servers_url(url));
  const auto placement = std::make_shared<const redis::Placement>(value_or_bad_input(
      redis::Placement::make(ring.ring.scheme, ring.ring.nodes, ring.ring.splits)));
  io_ = std::make_unique<Io>();
  StoreOptions looking = options;
  looking.io_context = &io_->context;  // Does not wait for a server that is away.
  looking.client_name = "larder-dns-look";
  for (const auto& server : ring.servers) {
    auto driver =
        value_or_bad_input(store::open_redis(server, looking, base::SystemClock::instance()));
    partitions_.servers.push_back({server.shown, Store(std::move(driver))});
  }
  partitions_.place = [placement](std::string_view key) { return placement->place(key); };
}

DnsPartitions::~DnsPartitions() {
  if (!io_) return;
  partitions_ = {};
  io_->work.reset();
  io_->context.stop();
  io_->thread.join();
}

}  // namespace larder::apps
