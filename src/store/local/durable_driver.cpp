#include "store/local/durable_driver.hpp"

#include <utility>

#include "base/disk.hpp"

namespace larder::store {

DurableDriver::DurableDriver(std::string url, const MemoryUrl& read, const base::Clock& clock)
    : clock_(clock), local_(std::move(url), read.node, clock_) {}

Result<std::shared_ptr<StoreDriver>> DurableDriver::open(std::string url, const MemoryUrl& read,
                                                         const base::Clock& clock) {
  auto disk = base::open_system_disk(read.folder);
  if (!disk) return disk.error();
  std::shared_ptr<DurableDriver> driver(new DurableDriver(std::move(url), read, clock));
  auto durability = node::Durability::open(std::move(*disk), driver->local_.node(), driver->clock_,
                                           {.fsync = read.fsync,
                                            .snapshot_every = read.snapshot_every,
                                            .compression = read.snapshot_compression});
  if (!durability) return durability.error();
  driver->durability_ = std::move(*durability);
  return std::shared_ptr<StoreDriver>(std::move(driver));
}

DurableDriver::~DurableDriver() {
  // Whoever lost a handle cannot be told: what had been promised is in the log.
  if (durability_) (void)durability_->close(true);
}

Error DurableDriver::refusal() const {
  return {Errc::io, Effect::refused,
          durability_->folder() + ": " + durability_->trouble() + "; nothing was changed"};
}

}  // namespace larder::store
