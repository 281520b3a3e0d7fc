// What a serving process shows to Prometheus.
#pragma once

#include "base/metrics.hpp"

namespace larder::node {
class Node;
}
namespace larder::server {
class Server;
}

namespace larder::apps {

/// Lifetime  Node and server outlive the registry.
void observe_serving(base::Metrics& metrics, const node::Node& node, const server::Server& server);

}  // namespace larder::apps
