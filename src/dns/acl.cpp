#include "dns/acl.hpp"

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "dns/text_bytes.hpp"

namespace larder::dns {
namespace {

Error bad_network(std::string_view text, std::string_view why) {
  return Error{Errc::bad_argument, Effect::refused,
               "network " + base::quoted(text) + ": " + std::string(why) +
                   "; written as 192.0.2.0/24, 2001:db8::/32, or an address"};
}

bool same_bits(std::string_view a, std::string_view b, unsigned bits) noexcept {
  const std::size_t whole = bits / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8 - rest) & 0xFFU;
  return ((static_cast<unsigned char>(a[whole]) ^ static_cast<unsigned char>(b[whole])) & mask) ==
         0;
}

}  // namespace

Acl Acl::loopback() {
  Acl acl;
  acl.networks_.push_back({std::string("\x7f\0\0\0", 4), 8});
  acl.networks_.push_back({std::string(15, '\0') + '\1', 128});
  return acl;
}

Result<void> Acl::allow(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = text.substr(0, slash);
  auto host = ipv4_bytes(address);
  if (!host) host = ipv6_bytes(address);
  if (!host) return bad_network(text, "no address");
  const auto all = static_cast<unsigned>(8 * host->size());
  unsigned bits = all;
  if (slash != std::string_view::npos) {
    const auto number = base::parse_unsigned(text.substr(slash + 1));
    if (!number || *number > all) return bad_network(text, "no such prefix length");
    bits = static_cast<unsigned>(*number);
  }
  for (unsigned bit = bits; bit < all; ++bit) {
    if ((static_cast<unsigned char>((*host)[bit / 8]) & 0x80U >> bit % 8) != 0)
      return bad_network(text, "has bits beyond its prefix");
  }
  networks_.push_back({std::move(*host), bits});
  return {};
}

bool Acl::allows(std::string_view host) const noexcept {
  for (const Network& network : networks_) {
    if (network.host.size() == host.size() && same_bits(network.host, host, network.bits))
      return true;
  }
  return false;
}

}  // namespace larder::dns
