// What OpenSSL has to say, in words for people.
#pragma once

#include <string>

namespace larder::net {

/// The first cause in this thread's queue of errors, and empties it. A system's error reads as the system says it.
std::string take_tls_words();

}  // namespace larder::net
