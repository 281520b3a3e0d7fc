// Between T and the core's bytes: the coroutine half of Cache<T>. Each coroutine owns all it needs,
// the core included.
#pragma once

#include <larder/detail/typed.hpp>

namespace larder::detail {

/// larder::Task, looked at only where T is known.
template <class T, class Answer>
using LateTask = typename TaskOf<T, Answer>::type;

template <class Core, class Answer>
Task<Answer> keep(std::shared_ptr<Core> core, Task<Answer> call) {
  Answer answer = co_await std::move(call);
  core.reset();
  co_return answer;
}

template <class T, class Core>
LateTask<T, Result<std::optional<T>>> async_get(std::shared_ptr<Core> core, std::string key,
                                                CallOptions call) {
  auto stored = co_await core->async_get(key, call);
  co_return decoded<T>(*core, key, std::move(stored));
}

template <class T, class Core>
LateTask<T, Result<bool>> async_set(std::shared_ptr<Core> core, std::string key, T value,
                                    WriteOptions options) {
  Result<std::string> bytes = encoded(*core, key, value);
  if (!bytes) co_return std::move(bytes).error();
  co_return co_await core->async_set(std::move(key), std::move(*bytes), options);
}

template <class T, class Core>
LateTask<T, Result<bool>> async_fenced_set(std::shared_ptr<Core> core, std::string key, T value,
                                           Guard guard, WriteOptions options) {
  Result<std::string> bytes = encoded(*core, key, value);
  if (!bytes) co_return std::move(bytes).error();
  co_return co_await core->async_fenced_set(std::move(key), std::move(*bytes), guard, options);
}

template <class T, class Core>
LateTask<T, Result<bool>> async_compare_and_set(std::shared_ptr<Core> core, std::string key,
                                                T expected, T desired, WriteOptions options) {
  Result<std::string> old_bytes = encoded(*core, key, expected);
  if (!old_bytes) co_return std::move(old_bytes).error();
  Result<std::string> new_bytes = encoded(*core, key, desired);
  if (!new_bytes) co_return std::move(new_bytes).error();
  Result<bool> written = co_await core->async_compare_and_set(key, *old_bytes, *new_bytes, options);
  if (!written || *written || std::same_as<T, Bytes>) co_return written;
  CallOptions call{options.deadline};
  auto stored = co_await core->async_get(key, call);
  if (!stored) co_return std::move(stored).error();
  if (!*stored || !means(**stored, expected)) co_return false;
  co_return co_await core->async_compare_and_set(key, std::move(**stored), *new_bytes, options);
}

inline std::vector<std::string> strings(const FullKeys& names) {
  return {names.views().begin(), names.views().end()};
}

template <class T, class Core>
LateTask<T, Result<std::vector<std::optional<T>>>> async_get_many(std::shared_ptr<Core> core,
                                                                  Result<FullKeys> names,
                                                                  CallOptions call) {
  if (!names) co_return std::move(names).error();
  auto stored = co_await core->async_get_many(strings(*names), call);
  co_return decoded_many<T>(*core, names->views(), std::move(stored));
}

template <class T, class Core>
LateTask<T, Result<void>> async_set_many(std::shared_ptr<Core> core,
                                         Result<CacheCore::KeyedValues> entries,
                                         WriteOptions options) {
  if (!entries) co_return std::move(entries).error();
  co_return co_await core->async_set_many(std::move(*entries), options);
}

template <class T, class Core>
LateTask<T, Result<std::size_t>> async_erase_many(std::shared_ptr<Core> core,
                                                  Result<FullKeys> names, CallOptions call) {
  if (!names) co_return std::move(names).error();
  co_return co_await core->async_erase_many(strings(*names), call);
}

template <class T, class F>
class TypedAsyncFetcher final : public AsyncFetcher {
 public:
  using Traits = LoaderTraits<T, F>;

  explicit TypedAsyncFetcher(F& loader) noexcept : loader_(loader) {}
  bool accept(Bytes& stored) override { return loaded_.accept(stored); }
  bool takes_nothing() const noexcept override { return Traits::may_find_nothing; }
  bool plain() const noexcept override { return !Traits::is_task; }
  LateTask<T, Result<std::optional<std::string>>> load(Load& load) override {
    if constexpr (Traits::is_task) {
      auto answer = co_await call_loader(loader_, load);
      co_return loaded_.keep(std::move(answer));
    } else {
      co_return loaded_.keep(call_loader(loader_, load));
    }
  }
  std::optional<T>& value() noexcept { return loaded_.value(); }

 private:
  F& loader_;
  LoadedValue<T, Traits> loaded_;
};

template <class T, class Core, class F>
auto async_fetch(std::shared_ptr<Core> core, std::string key, F loader, LoadOptions options)
    -> LateTask<T, Result<Fetched<typename LoaderTraits<T, F>::Value>>> {
  using Value = typename LoaderTraits<T, F>::Value;
  TypedAsyncFetcher<T, F> typed(loader);
  Result<CoreFetched> outcome = co_await core->async_fetch(key, typed, options);
  co_return fetched<T, Value>(outcome, typed.value());
}

template <class T, class Core, class F>
auto async_get_or_load(std::shared_ptr<Core> core, std::string key, F loader, LoadOptions options)
    -> LateTask<T, Result<typename LoaderTraits<T, F>::Value>> {
  auto got = co_await async_fetch<T>(core, std::move(key), std::move(loader), options);
  co_return value_of(std::move(got));
}

}  // namespace larder::detail
