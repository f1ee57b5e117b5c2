// The door of the clusters' API: finds the cluster, asks who speaks and whether they may, and hands on to the verb.
#pragma once

#include "localcloud/call.hpp"

namespace drover::localcloud::kubernetes {

/// Answers a request that reached a cluster by its port or its host name.
http::Response answer_call(Call& call);

}  // namespace drover::localcloud::kubernetes
