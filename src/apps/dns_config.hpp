// The settings of `larder dns` by name: as typed, and as a file has them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/dns_options.hpp"

namespace larder::apps {

struct DnsSetting {
  std::string value;  ///< As after the flag; empty of one without a value.
  std::string where;  ///< "dns.conf:3: " of one that stands in a file.
};
/// By a flag's name without dashes.
using DnsSettings = std::map<std::string, DnsSetting>;

/// What was typed, and beside it what the file that `config` names has, read anew. Throws BadInput with file and line.
DnsSettings with_config_file(const DnsSettings& given);
/// Throws BadInput.
DnsFlags dns_flags_of(const DnsSettings& settings);
std::vector<std::string> changed_settings(const DnsSettings& before, const DnsSettings& after);

/// Serves until a signal ends it. Throws BadInput.
int run_dns(const DnsSettings& given);

}  // namespace larder::apps
