// What a serving process shows to Prometheus.
#pragma once

#include "base/metrics.hpp"

namespace larder::node {
class Durability;
class Node;
}  // namespace larder::node
namespace larder::server {
class Server;
}

namespace larder::apps {

/// Lifetime  Node, server and durability outlive the registry. The last may be null: nothing is kept on disk.
void observe_serving(base::Metrics& metrics, const node::Node& node, const server::Server& server,
                     const node::Durability* durability);

}  // namespace larder::apps
