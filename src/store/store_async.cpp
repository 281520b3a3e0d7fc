// Store's coroutine forms: arguments move to the one who waits, the operation's views point at them there.
#include <larder/store.hpp>

#include <tuple>

#include "store/async_answer.hpp"
#include "store/check.hpp"
#include "store/driver.hpp"
#include "store/each.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

template <class Make, class... Argument>
using OperationOf = decltype(std::declval<Make>()(std::declval<const Argument&>()...));

/// An operation, the arguments that it points at, and the coroutine that waits for its answer.
template <class Handler, class Make, class... Argument>
class Waiter final
    : public store::Waiter<typename OperationOf<Make, Argument...>::Answer, Handler> {
 public:
  using Answer = typename OperationOf<Make, Argument...>::Answer;

  Waiter(Handler handler, const Make& make, Argument... argument)
      : store::Waiter<Answer, Handler>(std::move(handler)),
        arguments_(std::move(argument)...),
        operation_(std::apply(make, arguments_)) {}

  const auto& operation() const noexcept { return operation_; }

 private:
  std::tuple<Argument...> arguments_;
  OperationOf<Make, Argument...> operation_;
};

template <class Make, class... Argument>
auto at_once(std::shared_ptr<StoreDriver> driver, CallOptions call, Make make, Argument... argument)
    -> Task<Result<typename OperationOf<Make, Argument...>::Answer>> {
  const auto operation = make(argument...);
  if (auto bad = store::problem(operation)) co_return *std::move(bad);
  co_return driver->run(operation, call);
}

template <class Make, class... Argument>
auto perform(std::shared_ptr<StoreDriver> driver, CallOptions call, Make make, Argument... argument)
    -> Task<Result<typename OperationOf<Make, Argument...>::Answer>> {
  using Answer = typename OperationOf<Make, Argument...>::Answer;
  if (driver->answers_at_once())
    return at_once(std::move(driver), call, std::move(make), std::move(argument)...);
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<Answer>)>(
      [driver = std::move(driver), call, make = std::move(make),
       ... argument = std::move(argument)](auto handler) mutable {
        using Waits = Waiter<decltype(handler), Make, Argument...>;
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto waiter = std::make_shared<Waits>(std::move(handler), make, std::move(argument)...);
        const auto& operation = waiter->operation();
        if (auto bad = store::problem(operation)) return waiter->answered(*std::move(bad));
        store::leave_when_cancelled(slot, waiter);
        driver->start(operation, call, std::move(waiter));
      },
      asio::use_awaitable);
}

/// The same of a batch that answers for each of its items; `kept` is what the views point at.
template <class Answer, class Make, class View, class Kept>
Task<std::vector<Result<Answer>>> perform_each(std::shared_ptr<StoreDriver> driver,
                                               CallOptions call, Make make, std::vector<View> views,
                                               [[maybe_unused]] Kept kept) {
  store::FailureOfEach failed;
  auto task = perform(
      std::move(driver), call, [make, &failed](const auto& v) { return make(v, failed); }, views);
  auto all = co_await std::move(task);
  co_return store::to_each(views.size(), std::move(all), failed);
}

template <class T>
Task<Result<T>> refuse(Error error) {
  co_return std::move(error);
}

/// They go along with what they point at: a moved vector keeps its elements where they are.
std::vector<std::string_view> views_of(const std::vector<std::string>& keys) {
  return {keys.begin(), keys.end()};
}
std::vector<KeyValue> views_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::vector<KeyValue> views;
  views.reserve(entries.size());
  for (const auto& [key, value] : entries) views.push_back({key, value});
  return views;
}

}  // namespace

Task<Result<std::optional<Bytes>>> Store::async_get(std::string key, CallOptions call) const {
  return perform(
      driver_, call,
      [stale = may_be_stale_](const auto& k) {
        return store::Get{k, stale};
      },
      std::move(key));
}

Task<Result<bool>> Store::async_set(std::string key, std::string value, SetOptions options,
                                    CallOptions call) const {
  return perform(
      driver_, call,
      [options](const auto& k, const auto& v) {
        return store::Set{k, v, options};
      },
      std::move(key), std::move(value));
}

Task<Result<bool>> Store::async_compare_and_set(std::string key, std::string expected,
                                                std::string value, SetOptions options,
                                                CallOptions call) const {
  return perform(
      driver_, call,
      [options](const auto& k, const auto& e, const auto& v) {
        return store::CompareAndSet{k, e, v, options};
      },
      std::move(key), std::move(expected), std::move(value));
}

Task<Result<bool>> Store::async_erase(std::string key, CallOptions call) const {
  return perform(
      driver_, call, [](const auto& k) { return store::Erase{k}; }, std::move(key));
}

Task<Result<bool>> Store::async_exists(std::string key, CallOptions call) const {
  return perform(
      driver_, call,
      [stale = may_be_stale_](const auto& k) {
        return store::Exists{k, stale};
      },
      std::move(key));
}

Task<Result<bool>> Store::async_expire(std::string key, std::optional<Millis> ttl,
                                       CallOptions call) const {
  return perform(
      driver_, call,
      [ttl](const auto& k) {
        return store::Expire{k, ttl};
      },
      std::move(key));
}

Task<Result<Ttl>> Store::async_ttl(std::string key, CallOptions call) const {
  return perform(
      driver_, call,
      [stale = may_be_stale_](const auto& k) {
        return store::TimeToLive{k, stale};
      },
      std::move(key));
}

Task<Result<std::int64_t>> Store::async_add(std::string key, std::int64_t delta,
                                            std::optional<Millis> ttl_if_new,
                                            CallOptions call) const {
  return perform(
      driver_, call,
      [=](const auto& k) {
        return store::AddInteger{k, delta, ttl_if_new};
      },
      std::move(key));
}

Task<Result<double>> Store::async_add(std::string key, double delta,
                                      std::optional<Millis> ttl_if_new, CallOptions call) const {
  return perform(
      driver_, call,
      [=](const auto& k) {
        return store::AddDouble{k, delta, ttl_if_new};
      },
      std::move(key));
}

Task<Result<std::vector<std::optional<Bytes>>>> Store::async_get_many(std::vector<std::string> keys,
                                                                      CallOptions call) const {
  auto views = views_of(keys);
  return perform(
      driver_, call,
      [stale = may_be_stale_](const auto& v, const auto&) {
        return store::GetMany{v, nullptr, stale};
      },
      std::move(views), std::move(keys));
}

Task<Result<void>> Store::async_set_many(std::vector<std::pair<std::string, std::string>> entries,
                                         SetOptions options, CallOptions call) const {
  auto views = views_of(entries);
  return perform(
      driver_, call,
      [options](const auto& v, const auto&) {
        return store::SetMany{v, options};
      },
      std::move(views), std::move(entries));
}

Task<std::vector<Result<std::optional<Bytes>>>> Store::async_get_each(std::vector<std::string> keys,
                                                                      CallOptions call) const {
  auto views = views_of(keys);
  return perform_each<std::optional<Bytes>>(
      driver_, call,
      [stale = may_be_stale_](const auto& v, store::FailureOfEach& failed) {
        return store::GetMany{v, &failed, stale};
      },
      std::move(views), std::move(keys));
}

Task<std::vector<Result<void>>> Store::async_set_each(
    std::vector<std::pair<std::string, std::string>> entries, SetOptions options,
    CallOptions call) const {
  auto views = views_of(entries);
  return perform_each<void>(
      driver_, call,
      [options](const auto& v, store::FailureOfEach& failed) {
        return store::SetMany{v, options, &failed};
      },
      std::move(views), std::move(entries));
}

Task<Result<std::size_t>> Store::async_erase_many(std::vector<std::string> keys,
                                                  CallOptions call) const {
  auto views = views_of(keys);
  return perform(
      driver_, call, [](const auto& v, const auto&) { return store::EraseMany{v}; },
      std::move(views), std::move(keys));
}

Task<Result<Lease>> Store::async_lease(std::string key, Millis ttl, CallOptions call) const {
  return perform(
      driver_, call,
      [ttl](const auto& k) {
        return store::LeaseMiss{k, ttl};
      },
      std::move(key));
}

Task<Result<bool>> Store::async_fill(std::string key, std::string value, std::uint64_t token,
                                     std::optional<Millis> ttl, CallOptions call) const {
  return perform(
      driver_, call,
      [=](const auto& k, const auto& v) {
        return store::Fill{k, v, token, ttl};
      },
      std::move(key), std::move(value));
}

Task<Result<LockGrant>> Store::async_lock_acquire(std::string key, std::string owner, Millis ttl,
                                                  CallOptions call) const {
  return perform(
      driver_, call,
      [ttl](const auto& k, const auto& o) {
        return store::LockAcquire{k, o, ttl};
      },
      std::move(key), std::move(owner));
}

Task<Result<bool>> Store::async_lock_extend(std::string key, std::string owner, Millis ttl,
                                            CallOptions call) const {
  return perform(
      driver_, call,
      [ttl](const auto& k, const auto& o) {
        return store::LockExtend{k, o, ttl};
      },
      std::move(key), std::move(owner));
}

Task<Result<bool>> Store::async_lock_release(std::string key, std::string owner,
                                             CallOptions call) const {
  return perform(
      driver_, call,
      [](const auto& k, const auto& o) {
        return store::LockRelease{k, o};
      },
      std::move(key), std::move(owner));
}

Task<Result<bool>> Store::async_fenced_set(std::string key, std::string value, std::uint64_t token,
                                           SetOptions options, CallOptions call) const {
  return perform(
      driver_, call,
      [=](const auto& k, const auto& v) {
        return store::FencedSet{k, v, token, options};
      },
      std::move(key), std::move(value));
}

Task<Result<Decision>> Store::async_limit_take(std::string key, Limit limit, std::uint32_t count,
                                               CallOptions call) const {
  return perform(
      driver_, call,
      [=](const auto& k) {
        return store::LimitTake{k, limit, count};
      },
      std::move(key));
}

Task<Result<Decision>> Store::async_limit_peek(std::string key, Limit limit, std::uint32_t count,
                                               CallOptions call) const {
  return perform(
      driver_, call,
      [=](const auto& k) {
        return store::LimitTake{k, limit, count, true};
      },
      std::move(key));
}

Task<Result<std::vector<Decision>>> Store::async_limit_take_all(
    std::vector<std::pair<std::string, LimitAsk>> asks, CallOptions call) const {
  std::vector<LimitAsk> views;
  views.reserve(asks.size());
  for (const auto& [key, ask] : asks) views.push_back({key, ask.limit, ask.count});
  return perform(
      driver_, call, [](const auto& v, const auto&) { return store::LimitTakeAll{v}; },
      std::move(views), std::move(asks));
}

Task<Result<Counted>> Store::async_add_once(std::string key, std::string id, std::int64_t delta,
                                            Millis remember, std::optional<Millis> ttl_if_new,
                                            CallOptions call) const {
  if (auto bad = store::id_problem(key, id)) return refuse<Counted>(*std::move(bad));
  std::string once = store::once_key(key, id);
  return perform(
      driver_, call,
      [=](const auto& k, const auto& o) {
        return store::AddOnce{k, o, delta, remember, ttl_if_new};
      },
      std::move(key), std::move(once));
}

Task<Result<LockGrant>> Store::async_share_acquire(std::string key, std::string owner, Millis ttl,
                                                   Share share, CallOptions call) const {
  return perform(
      driver_, call,
      [ttl, share](const auto& k, const auto& o) {
        return store::ShareAcquire{k, o, ttl, share};
      },
      std::move(key), std::move(owner));
}

Task<Result<bool>> Store::async_share_release(std::string key, std::string owner,
                                              CallOptions call) const {
  return perform(
      driver_, call,
      [](const auto& k, const auto& o) {
        return store::ShareRelease{k, o};
      },
      std::move(key), std::move(owner));
}

Task<Result<bool>> Store::async_share_extend(std::string key, std::string owner, Millis ttl,
                                             CallOptions call) const {
  return perform(
      driver_, call,
      [ttl](const auto& k, const auto& o) {
        return store::ShareExtend{k, o, ttl};
      },
      std::move(key), std::move(owner));
}

Task<Result<std::vector<std::uint64_t>>> Store::async_generations(std::vector<std::string> tags,
                                                                  CallOptions call) const {
  auto views = views_of(tags);
  return perform(
      driver_, call, [](const auto& v, const auto&) { return store::Generations{v}; },
      std::move(views), std::move(tags));
}

Task<Result<std::uint64_t>> Store::async_bump_generation(std::string tag, CallOptions call) const {
  return perform(
      driver_, call, [](const auto& k) { return store::BumpGeneration{k}; }, std::move(tag));
}

}  // namespace larder
