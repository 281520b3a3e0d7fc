#include "dns/resolv_conf.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "dns/text_bytes.hpp"

namespace larder::dns {

std::vector<net::Endpoint> read_resolv_conf(std::string_view text) {
  std::vector<net::Endpoint> servers;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto words = zone_words(line.substr(0, line.find_first_of("#;\r")));
    if (!words || words->size() < 2 || (*words)[0] != "nameserver") continue;
    if (ipv4_bytes((*words)[1]) || ipv6_bytes((*words)[1])) servers.push_back({(*words)[1], 53});
  }
  return servers;
}

Result<net::Endpoint> read_server(std::string_view text, std::uint16_t port_otherwise) {
  const auto refuse = [&](std::string_view why) {
    return Error{Errc::bad_argument, Effect::refused,
                 base::quoted(text) + ": " + std::string(why) +
                     "; written as 192.0.2.1, 192.0.2.1:5353, [2001:db8::1]:53 or a host's name"};
  };
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return refuse("no closing bracket");
    host = text.substr(1, close - 1);
    if (!ipv6_bytes(host)) return refuse("no IPv6 address in the brackets");
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return refuse("something behind the bracket that is no port");
    port = rest.empty() ? rest : rest.substr(1);
    if (!rest.empty() && port.empty()) return refuse("no port behind the colon");
  } else if (!ipv6_bytes(text) && text.find(':') != std::string_view::npos) {
    host = text.substr(0, text.rfind(':'));
    port = text.substr(host.size() + 1);
    if (port.empty()) return refuse("no port behind the colon");
  }
  if (host.empty() || host.find_first_of(" :,/") != std::string_view::npos) {
    if (!ipv6_bytes(host)) return refuse("no host");
  }
  if (port.empty()) return net::Endpoint{std::string(host), port_otherwise};
  const auto number = base::parse_unsigned(port);
  if (!number || *number > 65'535) return refuse("no port between 0 and 65535");
  return net::Endpoint{std::string(host), static_cast<std::uint16_t>(*number)};
}

}  // namespace larder::dns
