// What an object must be before it is stored: completed with the defaults of Kubernetes, and refused where its server
// would refuse it.
#pragma once

#include <optional>
#include <vector>

#include "localcloud/kubernetes/cluster.hpp"
#include "localcloud/kubernetes/problems.hpp"

namespace drover::localcloud::kubernetes {

void set_defaults(const ResourceType& type, Json& object);
/// Defaults of a pod's spec, in a pod or in a template.
void set_pod_defaults(Json& spec);

/// What is wrong with an object that is to be stored; `before` is null for a new one.
std::vector<Cause> validate(const ResourceType& type, const Json& object, const Json* before);

/// RFC 1123: lower-case letters, digits and '-', with dots for a subdomain.
bool is_dns_label(std::string_view name);
bool is_dns_subdomain(std::string_view name);

}  // namespace drover::localcloud::kubernetes
