#include "localcloud/kubernetes/types.hpp"

#include <array>

namespace drover::localcloud::kubernetes {
namespace {

constexpr std::array types = {
    ResourceType{"", "v1", "ConfigMap", "configmaps", "configmap", "cm"},
    ResourceType{"", "v1", "Event", "events", "event", "ev"},
    ResourceType{"", "v1", "Namespace", "namespaces", "namespace", "ns", false, true},
    ResourceType{"", "v1", "Node", "nodes", "node", "no", false, true},
    ResourceType{"", "v1", "Pod", "pods", "pod", "po", true, true, false, true},
    ResourceType{"", "v1", "Secret", "secrets", "secret", ""},
    ResourceType{"", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", "sa"},
    ResourceType{"", "v1", "Service", "services", "service", "svc", true, true, false, true},
    ResourceType{"apps", "v1", "DaemonSet", "daemonsets", "daemonset", "ds", true, true, false, true},
    ResourceType{"apps", "v1", "Deployment", "deployments", "deployment", "deploy", true, true, true, true},
    ResourceType{"apps", "v1", "ReplicaSet", "replicasets", "replicaset", "rs", true, true, true, true},
    ResourceType{"batch", "v1", "Job", "jobs", "job", "", true, true, false, true},
    ResourceType{"coordination.k8s.io", "v1", "Lease", "leases", "lease", ""},
    ResourceType{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget", "pdb", true,
                 true},
};

}  // namespace

std::string ResourceType::api_version() const {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

std::string ResourceType::qualified() const {
  return group.empty() ? std::string(plural) : std::string(plural) + "." + std::string(group);
}

std::span<const ResourceType> resource_types() { return types; }

const ResourceType* find_type(std::string_view group, std::string_view version, std::string_view plural) {
  for (const auto& type : types)
    if (type.plural == plural && type.group == group && type.version == version) return &type;
  return nullptr;
}

const ResourceType* type_of(std::string_view api_version, std::string_view kind) {
  for (const auto& type : types)
    if (type.kind == kind && type.api_version() == api_version) return &type;
  return nullptr;
}

const ResourceType& type_named(std::string_view plural) {
  for (const auto& type : types)
    if (type.plural == plural) return type;
  return types.front();
}

}  // namespace drover::localcloud::kubernetes
