// The Host header, and who may be meant by it.
#pragma once

#include <string_view>

namespace larder::http {

/// Whether a Host header names this machine itself: localhost, 127.0.0.0/8 or [::1], with or
/// without a port.
///
/// A page in a browser may point a name of its own at 127.0.0.1 and then read our answers as if
/// they were its own (DNS rebinding); but it cannot make the browser send another Host than that
/// name.
bool names_loopback(std::string_view host) noexcept;

}  // namespace larder::http
