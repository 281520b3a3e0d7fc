// Replies: an answer from the cache, turned into what one asker gets: its id, its flags, its EDNS, cut to its size.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "dns/query.hpp"
#include "dns/resolver.hpp"

namespace larder::dns {

/// What a server announces, and answers at most over UDP: fits any path without fragments (DNS flag day 2020).
inline constexpr std::uint16_t kUdpBytes = 1'232;

/// Codes of extended errors (RFC 8914) that are given.
namespace ede {
inline constexpr std::uint16_t kNone = 0xFFFF, kOther = 0, kStale = 3, kForged = 4,
                               kProhibited = 18, kStaleNxdomain = 19, kNoReachableAuthority = 22,
                               kNetworkError = 23;
}  // namespace ede

struct Dress {
  std::size_t bytes_max = 512;  ///< Longer answers come back empty, with TC.
  std::uint16_t ede = ede::kNone;
  std::string_view ede_text = {};  ///< A few words, or none.
  std::string_view cookie = {};    ///< Client's and server's, or none.
};

/// Dresses the message in `wire[0, bytes)` for who asked, in place. `wire` has room for kDressBytes more.
/// Returns its bytes then.
std::size_t dress(std::span<char> wire, std::size_t bytes, const Query& query,
                  const Dress& how) noexcept;
inline constexpr std::size_t kDressBytes = 128;

/// The same as a string: TCP, DNS over HTTPS.
std::string dressed(std::string wire, const Query& query, const Dress& how);

/// A reply without records: query.refusal or another rcode. `room` holds kHeaderBytes + the name + kDressBytes.
std::size_t write_refusal(std::span<char> room, const Query& query, std::uint16_t rcode,
                          const Dress& how) noexcept;

/// How to dress an answer: stale and made up ones are marked.
std::uint16_t ede_of(const Answer& answer) noexcept;
std::uint16_t ede_of(const Error& error) noexcept;

/// How long a UDP reply may be: the asker's size, ours, and at most `factor` times what was asked with unless the asker is
/// known to be where it says (by cookie, or because it is this machine). `factor` 0: no such bound.
std::size_t udp_reply_max(const Query& query, bool is_known, unsigned factor) noexcept;

}  // namespace larder::dns
