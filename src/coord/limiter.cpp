#include <larder/limiter.hpp>

#include <utility>

#include <boost/asio/awaitable.hpp>

#include "base/limits.hpp"

namespace larder {
namespace {

Error bad_argument(std::string why) {
  return {Errc::bad_argument, Effect::not_sent, std::move(why)};
}

template <class T>
Task<Result<T>> refuse(Error error) {
  co_return std::move(error);
}

std::string text_of(const detail::Space& space, const Key& key) {
  return std::string(detail::FullKey(space, key.text()).view());
}

}  // namespace

Limiter::Limiter(Store store, std::string space, Rate rate)
    : store_(std::move(store)), space_(space), rate_(rate) {
  if (space.size() > base::limits::kSpaceBytesMax) {
    throw Failure(bad_argument("space of " + std::to_string(space.size()) + " bytes; the most is " +
                               std::to_string(base::limits::kSpaceBytesMax)));
  }
}

Result<Decision> Limiter::allow(const Key& key, std::uint32_t count,
                                const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.limit_take(detail::FullKey(space_, key.text()), rate_.limit(), count, call);
}

Result<Decision> Limiter::peek(const Key& key, std::uint32_t count, const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.limit_peek(detail::FullKey(space_, key.text()), rate_.limit(), count, call);
}

Result<std::uint32_t> Limiter::remaining(const Key& key, const CallOptions& call) const {
  const auto decision = peek(key, 1, call);
  if (!decision) return decision.error();
  return decision->remaining;
}

Result<bool> Limiter::reset(const Key& key, const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  return store_.erase(detail::FullKey(space_, key.text()), call);
}

Task<Result<Decision>> Limiter::async_allow(const Key& key, std::uint32_t count,
                                            CallOptions call) const {
  if (key.text().empty()) return refuse<Decision>(bad_argument("empty key"));
  return store_.async_limit_take(text_of(space_, key), rate_.limit(), count, call);
}

Task<Result<Decision>> Limiter::async_peek(const Key& key, std::uint32_t count,
                                           CallOptions call) const {
  if (key.text().empty()) return refuse<Decision>(bad_argument("empty key"));
  return store_.async_limit_peek(text_of(space_, key), rate_.limit(), count, call);
}

Task<Result<bool>> Limiter::async_reset(const Key& key, CallOptions call) const {
  if (key.text().empty()) return refuse<bool>(bad_argument("empty key"));
  return store_.async_erase(text_of(space_, key), call);
}

}  // namespace larder
