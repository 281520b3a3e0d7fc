// Rdata as zone files and JSON write it, and back: the common types by their own form, every other as `\# 4 c0000201` (RFC 3597).
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::dns {

/// "192.0.2.1", "10 mail.example.com.", "\"text\"". Rdata that is not of its type's shape is written in the general form.
std::string rdata_to_text(std::uint16_t type, std::string_view rdata);

/// Reads A, AAAA, CNAME, NS, PTR, DNAME, MX, TXT, SRV, SOA, CAA, and `\# LENGTH HEX` for any type.
/// Errors: `bad_argument` says what the type takes.
Result<std::string> rdata_from_text(std::uint16_t type, std::string_view text);

/// By RFC 5952: lower case, the longest run of zeros as `::`.
std::string ipv6_text(std::string_view bytes);

}  // namespace larder::dns
