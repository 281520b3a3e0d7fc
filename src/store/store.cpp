// Store's blocking forms: each names its operation, checks its arguments and hands it to the
// driver.
#include <larder/store.hpp>

#include "store/check.hpp"
#include "store/driver.hpp"
#include "store/each.hpp"

namespace larder {
namespace {

// Apart, so that calls with nothing wrong save no registers for making an error.
template <class Op>
[[gnu::noinline]] Result<typename Op::Answer> look_closer(StoreDriver& driver, const Op& op,
                                                          const CallOptions& call) {
  if (auto bad = store::problem(op)) return *std::move(bad);
  return driver.run(op, call);
}

template <class Op>
Result<typename Op::Answer> perform(StoreDriver& driver, const Op& op, const CallOptions& call) {
  if (store::plainly_fine(op)) [[likely]]
    return driver.run(op, call);
  return look_closer(driver, op, call);
}

std::vector<std::string_view> views_of(std::span<const std::string> keys) {
  return {keys.begin(), keys.end()};
}

}  // namespace

Result<void> StoreDriver::add_server(std::string_view, const ServerOptions&) {
  return Error{Errc::unsupported, Effect::refused,
               std::string(url()) + " is no redis+ring://: it takes no server while it runs"};
}

Result<void> StoreDriver::remove_server(std::string_view) {
  return Error{Errc::unsupported, Effect::refused,
               std::string(url()) + " is no redis+ring://: it gives no server while it runs"};
}

std::vector<ServerHealth> StoreDriver::health() const {
  const std::string name{url()};
  return {{name, name}};
}

std::vector<ServerHealth> Store::health() const { return driver_->health(); }

std::vector<Capability> Store::capabilities() const {
  return store::capabilities_of(driver_->backing());
}

Result<void> Store::add_server(std::string_view server, const ServerOptions& options) const {
  return driver_->add_server(server, options);
}

Result<void> Store::remove_server(std::string_view name) const {
  return driver_->remove_server(name);
}

base::Wakes* Store::wakes() const noexcept { return driver_->wakes(); }

std::string_view Store::url() const noexcept { return driver_->url(); }

std::string Store::metrics_text() const { return driver_->metrics_text(); }

Result<std::optional<Bytes>> Store::get(std::string_view key, const CallOptions& call) const {
  return perform(*driver_, store::Get{key, may_be_stale_}, call);
}

Result<bool> Store::set(std::string_view key, std::string_view value, const SetOptions& options,
                        const CallOptions& call) const {
  return perform(*driver_, store::Set{key, value, options}, call);
}

Result<bool> Store::compare_and_set(std::string_view key, std::string_view expected,
                                    std::string_view value, const SetOptions& options,
                                    const CallOptions& call) const {
  return perform(*driver_, store::CompareAndSet{key, expected, value, options}, call);
}

Result<bool> Store::erase(std::string_view key, const CallOptions& call) const {
  return perform(*driver_, store::Erase{key}, call);
}

Result<bool> Store::exists(std::string_view key, const CallOptions& call) const {
  return perform(*driver_, store::Exists{key, may_be_stale_}, call);
}

Result<bool> Store::expire(std::string_view key, std::optional<Millis> ttl,
                           const CallOptions& call) const {
  return perform(*driver_, store::Expire{key, ttl}, call);
}

Result<Ttl> Store::ttl(std::string_view key, const CallOptions& call) const {
  return perform(*driver_, store::TimeToLive{key, may_be_stale_}, call);
}

Result<std::int64_t> Store::add(std::string_view key, std::int64_t delta,
                                std::optional<Millis> ttl_if_new, const CallOptions& call) const {
  return perform(*driver_, store::AddInteger{key, delta, ttl_if_new}, call);
}

Result<double> Store::add(std::string_view key, double delta, std::optional<Millis> ttl_if_new,
                          const CallOptions& call) const {
  return perform(*driver_, store::AddDouble{key, delta, ttl_if_new}, call);
}

Result<std::vector<std::optional<Bytes>>> Store::get_many(std::span<const std::string_view> keys,
                                                          const CallOptions& call) const {
  return perform(*driver_, store::GetMany{keys, nullptr, may_be_stale_}, call);
}

Result<std::vector<std::optional<Bytes>>> Store::get_many(std::span<const std::string> keys,
                                                          const CallOptions& call) const {
  return get_many(views_of(keys), call);
}

Result<void> Store::set_many(std::span<const KeyValue> entries, const SetOptions& options,
                             const CallOptions& call) const {
  return perform(*driver_, store::SetMany{entries, options}, call);
}

std::vector<Result<std::optional<Bytes>>> Store::get_each(std::span<const std::string_view> keys,
                                                          const CallOptions& call) const {
  store::FailureOfEach failed;
  auto all = perform(*driver_, store::GetMany{keys, &failed, may_be_stale_}, call);
  return store::to_each(keys.size(), std::move(all), failed);
}

std::vector<Result<void>> Store::set_each(std::span<const KeyValue> entries,
                                          const SetOptions& options,
                                          const CallOptions& call) const {
  store::FailureOfEach failed;
  const auto all = perform(*driver_, store::SetMany{entries, options, &failed}, call);
  return store::to_each(entries.size(), all, failed);
}

Result<std::size_t> Store::erase_many(std::span<const std::string_view> keys,
                                      const CallOptions& call) const {
  return perform(*driver_, store::EraseMany{keys}, call);
}

Result<std::size_t> Store::erase_many(std::span<const std::string> keys,
                                      const CallOptions& call) const {
  return erase_many(views_of(keys), call);
}

Result<Lease> Store::lease(std::string_view key, Millis ttl, const CallOptions& call) const {
  return perform(*driver_, store::LeaseMiss{key, ttl}, call);
}

Result<bool> Store::fill(std::string_view key, std::string_view value, std::uint64_t token,
                         std::optional<Millis> ttl, const CallOptions& call) const {
  return perform(*driver_, store::Fill{key, value, token, ttl}, call);
}

Result<LockGrant> Store::lock_acquire(std::string_view key, std::string_view owner, Millis ttl,
                                      const CallOptions& call) const {
  return perform(*driver_, store::LockAcquire{key, owner, ttl}, call);
}

Result<bool> Store::lock_extend(std::string_view key, std::string_view owner, Millis ttl,
                                const CallOptions& call) const {
  return perform(*driver_, store::LockExtend{key, owner, ttl}, call);
}

Result<bool> Store::lock_release(std::string_view key, std::string_view owner,
                                 const CallOptions& call) const {
  return perform(*driver_, store::LockRelease{key, owner}, call);
}

Result<bool> Store::fenced_set(std::string_view key, std::string_view value, std::uint64_t token,
                               const SetOptions& options, const CallOptions& call) const {
  return perform(*driver_, store::FencedSet{key, value, token, options}, call);
}

Result<Decision> Store::limit_take(std::string_view key, const Limit& limit, std::uint32_t count,
                                   const CallOptions& call) const {
  return perform(*driver_, store::LimitTake{key, limit, count}, call);
}

Result<Decision> Store::limit_peek(std::string_view key, const Limit& limit, std::uint32_t count,
                                   const CallOptions& call) const {
  return perform(*driver_, store::LimitTake{key, limit, count, true}, call);
}

Result<std::vector<Decision>> Store::limit_take_all(std::span<const LimitAsk> asks,
                                                    const CallOptions& call) const {
  return perform(*driver_, store::LimitTakeAll{asks}, call);
}

Result<std::vector<Decision>> Store::limit_peek_all(std::span<const LimitAsk> asks,
                                                    const CallOptions& call) const {
  return perform(*driver_, store::LimitTakeAll{asks, true}, call);
}

Result<Counted> Store::add_once(std::string_view key, std::string_view id, std::int64_t delta,
                                Millis remember, std::optional<Millis> ttl_if_new,
                                const CallOptions& call) const {
  if (auto bad = store::id_problem(key, id)) return *std::move(bad);
  const std::string once = store::once_key(key, id);
  return perform(*driver_, store::AddOnce{key, once, delta, remember, ttl_if_new}, call);
}

Result<LockGrant> Store::share_acquire(std::string_view key, std::string_view owner, Millis ttl,
                                       const Share& share, const CallOptions& call) const {
  return perform(*driver_, store::ShareAcquire{key, owner, ttl, share}, call);
}

Result<bool> Store::share_extend(std::string_view key, std::string_view owner, Millis ttl,
                                 const CallOptions& call) const {
  return perform(*driver_, store::ShareExtend{key, owner, ttl}, call);
}

Result<bool> Store::share_release(std::string_view key, std::string_view owner,
                                  const CallOptions& call) const {
  return perform(*driver_, store::ShareRelease{key, owner}, call);
}

Result<std::vector<std::uint64_t>> Store::generations(std::span<const std::string_view> tags,
                                                      const CallOptions& call) const {
  return perform(*driver_, store::Generations{tags}, call);
}

Result<std::uint64_t> Store::bump_generation(std::string_view tag, const CallOptions& call) const {
  return perform(*driver_, store::BumpGeneration{tag}, call);
}

Result<ScanPage> Store::scan(std::uint64_t cursor, const ScanOptions& options,
                             const CallOptions& call) const {
  return perform(*driver_, store::Scan{cursor, options.match, options.count}, call);
}

Result<std::size_t> Store::size(const CallOptions& call) const {
  return perform(*driver_, store::Size{}, call);
}

Result<void> Store::flush(const CallOptions& call) const {
  return perform(*driver_, store::Flush{}, call);
}

Result<void> Store::ping(const CallOptions& call) const {
  return perform(*driver_, store::Ping{}, call);
}

Result<void> Store::configure(std::string_view name, std::string_view value,
                              const CallOptions& call) const {
  return perform(*driver_, store::Configure{name, value}, call);
}

Result<std::string> Store::info(const CallOptions& call) const {
  return perform(*driver_, store::Info{}, call);
}

}  // namespace larder
