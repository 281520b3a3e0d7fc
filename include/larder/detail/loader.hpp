// What a loader may look like: with or without the Load, plain or a coroutine, and four ways to
// answer.
#pragma once

#include <larder/cache_options.hpp>

#include <concepts>
#include <optional>
#include <type_traits>

namespace larder::detail {

template <class F>
decltype(auto) call_loader(F& loader, Load& load) {
  if constexpr (std::invocable<F&, Load&>) {
    return loader(load);
  } else {
    static_assert(std::invocable<F&>, "a loader is called with a larder::Load&, or with nothing");
    return loader();
  }
}

template <class R>
struct Awaited {
  using type = R;
  static constexpr bool is_task = false;
};
template <class R, class Executor>
struct Awaited<boost::asio::awaitable<R, Executor>> {
  using type = R;
  static constexpr bool is_task = true;
};

template <class R>
struct Checked {
  using type = R;
  static constexpr bool is_result = false;
};
template <class R>
struct Checked<Result<R>> {
  using type = R;
  static constexpr bool is_result = true;
};

template <class R>
inline constexpr bool is_optional = false;
template <class R>
inline constexpr bool is_optional<std::optional<R>> = true;

/// What is known of a loader F that fills a Cache<T>.
template <class T, class F>
struct LoaderTraits {
  using Returned = decltype(call_loader(std::declval<F&>(), std::declval<Load&>()));
  using Answer = std::remove_cvref_t<typename Awaited<std::remove_cvref_t<Returned>>::type>;
  using Brought = std::remove_cvref_t<typename Checked<Answer>::type>;

  static constexpr bool is_task = Awaited<std::remove_cvref_t<Returned>>::is_task;
  static constexpr bool is_result = Checked<Answer>::is_result;
  /// An optional that is not the type itself: none means that there is no such thing.
  static constexpr bool may_find_nothing = is_optional<Brought> && !std::same_as<Brought, T>;

  /// What get_or_load answers: T, or std::optional<T> where the loader may find nothing.
  using Value = std::conditional_t<may_find_nothing, std::optional<T>, T>;
  static_assert(std::convertible_to<Brought, Value>,
                "a loader answers T, Result<T>, std::optional<T> or Result<std::optional<T>>");
};

}  // namespace larder::detail
