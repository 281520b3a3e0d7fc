// What a recipe says to a call that it does not even send, in both its forms.
#pragma once

#include <larder/store.hpp>

#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>

namespace larder::coord {

inline Error bad_argument(std::string why) {
  return {Errc::bad_argument, Effect::not_sent, std::move(why)};
}

template <class T>
Task<Result<T>> refuse(Error error) {
  co_return std::move(error);
}

}  // namespace larder::coord
