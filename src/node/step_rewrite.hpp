// A long step without what it undid itself: EXEC may write one large value a thousand times.
#pragma once

#include <string>
#include <string_view>

namespace larder::node {

/// The operations of one step, which are applied together or not at all: of those that one key had before it was written
/// anew or erased, none is kept. What a flush or an exchange of databases parts is left as it is.
std::string without_repetitions(std::string_view operations);

}  // namespace larder::node
