// Ready: what a descriptor is ready for, or what is waited for, as bits.
#pragma once

namespace larder::net {

/// Errors and hang-ups are reported as readable (and writable where that was asked for): the next read or write tells
/// which it is.
struct Ready {
  static constexpr unsigned read = 1;
  static constexpr unsigned write = 2;
};

}  // namespace larder::net
