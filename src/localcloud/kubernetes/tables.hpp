// Objects as the tables that `kubectl get` prints: the server says which columns there are.
#pragma once

#include <string>
#include <vector>

#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

/// How much of each object a row carries.
enum class Included : std::uint8_t { none, metadata, object };

/// A meta.k8s.io/v1 Table; `metadata` is that of the list.
Json make_table(const ResourceType& type, const std::vector<Object>& objects, Instant now, Included included,
                Json metadata);

/// "5s", "3m20s", "2d4h": ages as Kubernetes writes them.
std::string format_age(Duration age);
/// The one word for the state of a pod.
std::string pod_status(const Json& pod);

}  // namespace drover::localcloud::kubernetes
