// What is wished for and cannot be had, in the user's words.
#pragma once

#include <larder/error.hpp>

#include <string>
#include <utility>

namespace larder::manage {

inline Error refusal(std::string words) {
  return {Errc::bad_argument, Effect::refused, std::move(words)};
}

}  // namespace larder::manage
