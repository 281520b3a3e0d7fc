// Record types, classes, codes and flags by number and by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::dns {

/// The types that the code speaks of; every other number passes through as it is (RFC 3597).
namespace type {
inline constexpr std::uint16_t kA = 1, kNs = 2, kCname = 5, kSoa = 6, kPtr = 12, kMx = 15,
                               kTxt = 16, kAaaa = 28, kSrv = 33, kDname = 39, kOpt = 41, kDs = 43,
                               kRrsig = 46, kNsec = 47, kDnskey = 48, kNsec3 = 50, kSvcb = 64,
                               kHttps = 65, kTkey = 249, kTsig = 250, kIxfr = 251, kAxfr = 252,
                               kMailb = 253, kMaila = 254, kAny = 255, kCaa = 257;
}  // namespace type

inline constexpr std::uint16_t kClassIn = 1;

namespace rcode {
inline constexpr std::uint16_t kNoError = 0, kFormErr = 1, kServFail = 2, kNxDomain = 3,
                               kNotImp = 4, kRefused = 5, kBadVers = 16, kBadCookie = 23;
}  // namespace rcode

/// Bits of the header's second word.
namespace flag {
inline constexpr std::uint16_t kResponse = 0x8000, kAuthoritative = 0x0400, kTruncated = 0x0200,
                               kRecursionDesired = 0x0100, kRecursionAvailable = 0x0080,
                               kAuthentic = 0x0020, kCheckingDisabled = 0x0010;
}  // namespace flag

/// "AAAA"; "TYPE65280" where there is no name.
std::string type_text(std::uint16_t type);
/// Reads names, "TYPEnnn" and plain numbers; case does not matter.
std::optional<std::uint16_t> type_from_text(std::string_view text);

/// "IN", "CH"; "CLASS77" where there is no name.
std::string class_text(std::uint16_t klass);
/// "NXDOMAIN"; "RCODE77" where there is no name.
std::string rcode_text(std::uint16_t rcode);

/// A question may ask for it, no record has it: OPT, TSIG, AXFR, ANY and their kind (RFC 6895, 3.1).
bool is_meta_type(std::uint16_t type) noexcept;

}  // namespace larder::dns
