// resolv.conf: the name servers that a system uses, for `--upstream system`.
#pragma once

#include <larder/error.hpp>

#include <string_view>
#include <vector>

#include "net/socket.hpp"

namespace larder::dns {

/// Its nameserver lines, in order; what else it says is not for a cache.
std::vector<net::Endpoint> read_resolv_conf(std::string_view text);

/// "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53", "2001:db8::1", "dns.example": port 53 where none is given.
/// Errors: `bad_argument` with the text and the forms.
Result<net::Endpoint> read_server(std::string_view text, std::uint16_t port_otherwise = 53);

}  // namespace larder::dns
