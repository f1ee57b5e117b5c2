// From a cluster of the estate to its Kubernetes API: over the network, or, for one of the local cloud, in this
// process.
#pragma once

#include <memory>
#include <string>

#include "api/backend.hpp"
#include "app/local_world.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "server/errands.hpp"

namespace drover::app {

struct ClusterWay {
  std::shared_ptr<LocalWorld> world = nullptr;  ///< the cluster is one of it; null for the network
  std::unique_ptr<Clock> clock = nullptr;       ///< of the network
  bool trace = false;
  server::Errands* errands = nullptr;  ///< set: who waits gives way
};

/// Errors: those of parse_kubeconfig and resolve_context.
Result<api::ClusterConnection> link_cluster(const std::string& kubeconfig, const Resource& cluster, ClusterWay way);

/// The same transport, whose waiting gives way to other errands. Both must outlive it.
std::unique_ptr<HttpTransport> make_yielding(curl::CurlTransport& transport, server::Errands& errands);

}  // namespace drover::app
