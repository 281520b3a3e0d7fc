// What a step says of an entry that no step wrote.
#pragma once

#include <larder/error.hpp>

namespace larder::node {

inline Error wrong_kind() {
  return {Errc::wrong_type, Effect::refused, "the key holds another kind of value"};
}

}  // namespace larder::node
