// Between T and the core's bytes: the blocking half of Cache<T>.
#pragma once

#include <larder/codec.hpp>
#include <larder/detail/cache_core.hpp>
#include <larder/detail/loader.hpp>

#include <algorithm>
#include <concepts>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::detail {

/// The stored bytes as a T. Bytes are themselves: moved, not copied.
template <class T>
Result<T> decode(Bytes& stored) {
  if constexpr (std::same_as<T, Bytes>) {
    if (!is_enveloped(stored)) return std::move(stored);
  }
  return Codec<T>::decode(stored);
}

template <class T>
Result<std::optional<T>> decoded(const CacheCore& core, std::string_view key,
                                 Result<std::optional<Bytes>> stored) {
  if (!stored) return std::move(stored).error();
  if (!*stored) return std::optional<T>();
  auto value = decode<T>(**stored);
  if (!value) return core.bad_value(key, value.error());
  return std::optional<T>(std::move(*value));
}

template <class T>
Result<std::optional<T>> get(const CacheCore& core, std::string_view key, const CallOptions& call) {
  return decoded<T>(core, key, core.get(key, call));
}

/// Bytes are the store's own answer, made where the caller wants it: one variable, returned once.
template <>
inline Result<std::optional<Bytes>> get<Bytes>(const CacheCore& core, std::string_view key,
                                               const CallOptions& call) {
  Result<std::optional<Bytes>> stored = core.get(key, call);
  if (stored && *stored && is_enveloped(**stored)) {
    stored = decoded<Bytes>(core, key, std::move(stored));
  }
  return stored;
}

template <class T>
Result<std::string> encoded(const CacheCore& core, std::string_view key, const T& value) {
  std::string bytes;
  if (auto done = Codec<T>::encode(value, bytes); !done) return core.bad_value(key, done.error());
  return bytes;
}

/// Calls `use` with the bytes of `value`; answers its error if it has no bytes.
template <class T, class Use>
auto with_bytes(const CacheCore& core, std::string_view key, const T& value, Use&& use)
    -> decltype(use(std::string_view())) {
  if constexpr (std::same_as<T, Bytes>) {
    if (!is_enveloped(value)) return use(std::string_view(value));
  }
  auto bytes = encoded(core, key, value);
  if (!bytes) return std::move(bytes).error();
  return use(std::string_view(*bytes));
}

/// Are these bytes, which are not how we would write `expected`, `expected` all the same?
template <class T>
bool means(Bytes stored, const T& expected) {
  if constexpr (std::equality_comparable<T>) {
    auto value = decode<T>(stored);
    return value && *value == expected;
  } else {
    return false;
  }
}

template <class T>
Result<bool> compare_and_set(const CacheCore& core, std::string_view key, const T& expected,
                             const T& desired, const WriteOptions& options) {
  return with_bytes(core, key, expected, [&](std::string_view old_bytes) {
    return with_bytes(core, key, desired, [&](std::string_view new_bytes) -> Result<bool> {
      auto written = core.compare_and_set(key, old_bytes, new_bytes, options);
      if (!written || *written || std::same_as<T, Bytes>) return written;
      auto stored = core.get(key, {options.deadline});
      if (!stored) return std::move(stored).error();
      if (!*stored || !means(**stored, expected)) return false;
      return core.compare_and_set(key, **stored, new_bytes, options);
    });
  });
}

template <class Keys>
Result<FullKeys> full_keys(const CacheCore& core, const Keys& keys) {
  FullKeys names;
  if constexpr (requires { std::size(keys); }) names = FullKeys(std::size(keys));
  for (const auto& key : keys) {
    const Key named(key);
    if (named.text().empty()) return CacheCore::empty_key();
    core.add_full_key(names, named.text());
  }
  return names;
}

template <class T>
Result<std::vector<std::optional<T>>> decoded_many(
    const CacheCore& core, std::span<const std::string_view> names,
    Result<std::vector<std::optional<Bytes>>> stored) {
  if (!stored) return std::move(stored).error();
  std::vector<std::optional<T>> values(stored->size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(*stored)[i]) continue;
    auto value = decode<T>(*(*stored)[i]);
    if (!value) return core.bad_entry(names[i], value.error());
    values[i].emplace(std::move(*value));
  }
  return values;
}

template <class T>
Result<std::vector<std::optional<T>>> get_many(const CacheCore& core,
                                               std::span<const std::string_view> names,
                                               const CallOptions& call) {
  return decoded_many<T>(core, names, core.get_many(names, call));
}

/// As get<Bytes>: the store's own vector.
template <>
inline Result<std::vector<std::optional<Bytes>>> get_many<Bytes>(
    const CacheCore& core, std::span<const std::string_view> names, const CallOptions& call) {
  Result<std::vector<std::optional<Bytes>>> stored = core.get_many(names, call);
  const auto enveloped = [](const auto& value) { return value && is_enveloped(*value); };
  if (stored && std::any_of(stored->begin(), stored->end(), enveloped)) {
    stored = decoded_many<Bytes>(core, names, std::move(stored));
  }
  return stored;
}

template <class T, class Entries>
Result<CacheCore::KeyedValues> encoded_many(const CacheCore& core, const Entries& entries) {
  CacheCore::KeyedValues encoded;
  for (const auto& [key, value] : entries) {
    auto name = core.full_key(Key(key).text());
    if (!name) return std::move(name).error();
    auto added = with_bytes<T>(core, Key(key).text(), value, [&](std::string_view bytes) {
      encoded.emplace_back(std::move(*name), std::string(bytes));
      return Result<void>();
    });
    if (!added) return std::move(added).error();
  }
  return encoded;
}

/// What a loader answered, as bytes to store, with the value itself kept aside for the caller.
template <class T, class Traits>
class LoadedValue {
 public:
  std::optional<T>& value() noexcept { return value_; }

  bool accept(Bytes& stored) {
    auto decoded = decode<T>(stored);
    if (!decoded) return false;
    value_.emplace(std::move(*decoded));
    return true;
  }

  Result<std::optional<std::string>> keep(typename Traits::Answer answer) {
    if constexpr (Traits::is_result) {
      if (!answer) return std::move(answer).error();
      return encode(std::move(*answer));
    } else {
      return encode(std::move(answer));
    }
  }

 private:
  Result<std::optional<std::string>> encode(typename Traits::Brought brought) {
    if constexpr (Traits::may_find_nothing) {
      if (!brought) return std::optional<std::string>();
      value_.emplace(std::move(*brought));
    } else {
      value_.emplace(std::move(brought));
    }
    std::string bytes;
    if (auto done = Codec<T>::encode(*value_, bytes); !done) return std::move(done).error();
    return std::optional<std::string>(std::move(bytes));
  }

  std::optional<T> value_;
};

template <class T, class F>
class TypedFetcher final : public Fetcher {
 public:
  using Traits = LoaderTraits<T, F>;
  static_assert(!Traits::is_task, "a coroutine loader belongs to async_get_or_load");

  explicit TypedFetcher(F& loader) noexcept : loader_(loader) {}
  bool accept(Bytes& stored) override { return loaded_.accept(stored); }
  bool takes_nothing() const noexcept override { return Traits::may_find_nothing; }
  Result<std::optional<std::string>> load(Load& load) override {
    return loaded_.keep(call_loader(loader_, load));
  }
  std::optional<T>& value() noexcept { return loaded_.value(); }

 private:
  F& loader_;
  LoadedValue<T, Traits> loaded_;
};

/// Puts the value and the core's word on where it came from together.
template <class T, class Value>
Result<Fetched<Value>> fetched(const Result<CoreFetched>& outcome, std::optional<T>& value) {
  if (!outcome) return outcome.error();
  if constexpr (std::same_as<Value, T>) {
    return Fetched<Value>{std::move(*value), outcome->source};
  } else {
    if (!outcome->found) return Fetched<Value>{std::nullopt, outcome->source};
    return Fetched<Value>{std::move(value), outcome->source};
  }
}

template <class T, class F>
auto fetch(const CacheCore& core, std::string_view key, F& loader, const LoadOptions& options)
    -> Result<Fetched<typename LoaderTraits<T, F>::Value>> {
  TypedFetcher<T, F> typed(loader);
  auto outcome = core.fetch(key, typed, options);
  return fetched<T, typename LoaderTraits<T, F>::Value>(outcome, typed.value());
}

template <class Value>
Result<Value> value_of(Result<Fetched<Value>> fetched) {
  if (!fetched) return std::move(fetched).error();
  return std::move(fetched->value);
}

}  // namespace larder::detail
