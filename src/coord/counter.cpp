#include <larder/counter.hpp>

#include <charconv>
#include <cmath>
#include <limits>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "coord/refuse.hpp"

namespace larder {
namespace {

using coord::bad_argument;
using coord::refuse;

Error not_a_number(std::string_view full_key) {
  return {Errc::not_a_number, Effect::refused, base::quoted(full_key, 64) + " holds no number"};
}

/// INCRBYFLOAT adds beyond what a double holds.
Result<double> double_of(std::string_view full_key, long double number) {
  const auto near = static_cast<double>(number);
  if (std::isfinite(near)) return near;
  return Error{Errc::overflow, Effect::refused,
               base::quoted(full_key, 64) + " holds a number beyond what a double holds"};
}

template <class Number>
Result<Number> number_of(std::string_view full_key, const Result<std::optional<Bytes>>& stored) {
  if (!stored) return stored.error();
  if (!*stored) return Number{0};
  if constexpr (std::same_as<Number, double>) {
    if (const auto number = base::parse_float(**stored)) return double_of(full_key, *number);
  } else {
    if (const auto number = base::parse_integer(**stored)) return *number;
  }
  return not_a_number(full_key);
}

/// -by, or the error that there is no such number.
template <class Number>
Result<Number> negated(std::string_view key, Number by) {
  if constexpr (std::integral<Number>) {
    if (by == std::numeric_limits<Number>::min()) {
      return Error{Errc::overflow, Effect::not_sent,
                   base::quoted(key, 64) + ": the opposite of " + std::to_string(by) +
                       " is no 64-bit integer"};
    }
  }
  return -by;
}

template <class Number>
Task<Result<Number>> read(Store store, std::string full_key, CallOptions call) {
  Result<std::optional<Bytes>> stored = co_await store.async_get(full_key, call);
  co_return number_of<Number>(full_key, stored);
}

}  // namespace

template <class Number>
BasicCounter<Number>::BasicCounter(Store store, std::string space)
    : store_(store.at_primary()), space_(space) {
  if (space.size() > base::limits::kSpaceBytesMax) {
    throw Failure(bad_argument("space of " + std::to_string(space.size()) + " bytes; the most is " +
                               std::to_string(base::limits::kSpaceBytesMax)));
  }
}

template <class Number>
Result<Number> BasicCounter<Number>::add(const Key& key, Number delta,
                                         const CountOptions& options) const {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.add(detail::FullKey(space_, key.text()), delta, options.ttl_if_new,
                    {options.deadline});
}

template <class Number>
Result<Number> BasicCounter<Number>::decr(const Key& key, Number by,
                                          const CountOptions& options) const {
  const auto delta = negated(key.text(), by);
  if (!delta) return delta.error();
  return add(key, *delta, options);
}

template <class Number>
Result<Counted> BasicCounter<Number>::add_once(
    const Key& key, std::string_view id, std::int64_t delta,
    const OnceOptions& options) const requires std::same_as<Number, std::int64_t> {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.add_once(detail::FullKey(space_, key.text()), id, delta, options.remember,
                         options.ttl_if_new, {options.deadline});
}

template <class Number>
Result<Number> BasicCounter<Number>::get(const Key& key, const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  const detail::FullKey full(space_, key.text());
  return number_of<Number>(full, store_.get(full, call));
}

template <class Number>
Result<bool> BasicCounter<Number>::reset(const Key& key, const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.erase(detail::FullKey(space_, key.text()), call);
}

template <class Number>
Result<Ttl> BasicCounter<Number>::ttl(const Key& key, const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.ttl(detail::FullKey(space_, key.text()), call);
}

template <class Number>
Task<Result<Number>> BasicCounter<Number>::async_add(const Key& key, Number delta,
                                                     CountOptions options) const {
  if (key.text().empty()) return refuse<Number>(bad_argument("empty key"));
  return store_.async_add(std::string(detail::FullKey(space_, key.text()).view()), delta,
                          options.ttl_if_new, {options.deadline});
}

template <class Number>
Task<Result<Number>> BasicCounter<Number>::async_incr(const Key& key, Number by,
                                                      CountOptions options) const {
  return async_add(key, by, options);
}

template <class Number>
Task<Result<Number>> BasicCounter<Number>::async_decr(const Key& key, Number by,
                                                      CountOptions options) const {
  const auto delta = negated(key.text(), by);
  if (!delta) return refuse<Number>(delta.error());
  return async_add(key, *delta, options);
}

template <class Number>
Task<Result<Counted>> BasicCounter<Number>::async_add_once(
    const Key& key, std::string id, std::int64_t delta,
    OnceOptions options) const requires std::same_as<Number, std::int64_t> {
  if (key.text().empty()) return refuse<Counted>(bad_argument("empty key"));
  return store_.async_add_once(std::string(detail::FullKey(space_, key.text()).view()),
                               std::move(id), delta, options.remember, options.ttl_if_new,
                               {options.deadline});
}

template <class Number>
Task<Result<Counted>> BasicCounter<Number>::async_incr_once(
    const Key& key, std::string id, std::int64_t by,
    OnceOptions options) const requires std::same_as<Number, std::int64_t> {
  return async_add_once(key, std::move(id), by, options);
}

template <class Number>
Task<Result<Number>> BasicCounter<Number>::async_get(const Key& key, CallOptions call) const {
  if (key.text().empty()) return refuse<Number>(bad_argument("empty key"));
  return read<Number>(store_, std::string(detail::FullKey(space_, key.text()).view()), call);
}

template <class Number>
Task<Result<bool>> BasicCounter<Number>::async_reset(const Key& key, CallOptions call) const {
  if (key.text().empty()) return refuse<bool>(bad_argument("empty key"));
  return store_.async_erase(std::string(detail::FullKey(space_, key.text()).view()), call);
}

template <class Number>
Task<Result<Ttl>> BasicCounter<Number>::async_ttl(const Key& key, CallOptions call) const {
  if (key.text().empty()) return refuse<Ttl>(bad_argument("empty key"));
  return store_.async_ttl(std::string(detail::FullKey(space_, key.text()).view()), call);
}

template class BasicCounter<std::int64_t>;
template class BasicCounter<double>;

}  // namespace larder
