// What is said of a URL that does not fit.
#pragma once

#include <larder/error.hpp>

#include <string>

namespace larder::store::test {

std::string complaint(const auto& result) {
  return result.has_error() ? to_string(result.error()) : "accepted";
}

}  // namespace larder::store::test
