#include "http/host.hpp"

#include <algorithm>
#include <charconv>

namespace larder::http {
namespace {

bool all_digits(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_localhost(std::string_view name) noexcept {
  constexpr std::string_view kName = "localhost";
  return std::equal(name.begin(), name.end(), kName.begin(), kName.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

/// Exactly four decimal octets, the first of them 127. "127.evil.example" is a name, not an
/// address.
bool is_ipv4_loopback(std::string_view name) noexcept {
  for (int octets = 1;; ++octets) {
    const auto dot = name.find('.');
    const auto part = name.substr(0, dot);
    unsigned value = 0;
    if (!all_digits(part) || part.size() > 3) return false;
    std::from_chars(part.data(), part.data() + part.size(), value);
    if (value > 255 || (octets == 1 && value != 127)) return false;
    if (dot == std::string_view::npos) return octets == 4;
    if (octets == 4) return false;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

bool names_loopback(std::string_view host) noexcept {
  constexpr std::string_view kIpv6 = "[::1]";
  std::string_view name = host;
  std::string_view port;
  if (host.starts_with(kIpv6)) {
    name = kIpv6;
    port = host.substr(kIpv6.size());
  } else if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  if (!port.empty() && (port.front() != ':' || !all_digits(port.substr(1)))) return false;
  return name == kIpv6 || is_localhost(name) || is_ipv4_loopback(name);
}

}  // namespace larder::http
