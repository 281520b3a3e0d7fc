// What `larder dns` can do beside serving: `experiment` and `status`.
#pragma once

#include <utility>
#include <vector>

#include "apps/command.hpp"

namespace larder::apps {

/// Each with what is to be done for it.
using DnsTools = std::vector<std::pair<CLI::App*, Action>>;
void declare_dns_experiment(CLI::App& dns, DnsTools& tools);
void declare_dns_status(CLI::App& dns, DnsTools& tools);

}  // namespace larder::apps
