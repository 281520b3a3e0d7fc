// Query: what a client's datagram asks, read without an allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dns/resolver.hpp"

namespace larder::dns {

struct Query {
  /// `drop`: no reply at all; else an rcode to refuse with, or kNoError.
  bool drop = false;
  std::uint16_t refusal = 0;

  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::string_view name;  ///< Into the datagram, wire form; empty where it could not be read.
  std::uint16_t type = 0, klass = 0;
  std::size_t bytes = 0;  ///< Of the datagram.

  bool has_edns = false;
  bool dnssec_ok = false;
  std::uint16_t udp_bytes = 512;
  std::string_view cookie;  ///< The COOKIE option's bytes, into the datagram; empty: none.

  bool checking_disabled() const noexcept;
  /// With the name copied.
  Question question() const;
};

/// Reads what arrived. Responses and stumps are dropped, so that two servers never answer each other; what is asked wrongly gets
/// FORMERR, what nobody here does NOTIMP, an EDNS of the future BADVERS.
Query read_query(std::string_view datagram) noexcept;

}  // namespace larder::dns
