// Attaching a Kubernetes cluster to a workspace as a compute.
#pragma once

#include "localcloud/call.hpp"

namespace drover::localcloud::ml {

/// Answers the PUT of a compute of type Kubernetes in a workspace that is ready.
http::Response attach_cluster(Call& call, const Resource& workspace);

}  // namespace drover::localcloud::ml
