// What clusters and their node pools share. A pool is a record of its own below its cluster; the cluster's body only
// names its pools, in the order in which they were made, and gets their profiles put in when it is shown.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "localcloud/call.hpp"

namespace drover::localcloud::aks {

inline constexpr std::string_view cluster_type = "Microsoft.ContainerService/managedClusters";

std::string cluster_id(const Call& call);
std::string pool_id(const std::string& cluster_id, std::string_view pool);

/// True while something works on it (not when it ended Failed or Canceled).
bool is_busy(const Resource& resource);
/// Azure's 409 when the cluster, or any pool of it unless `only_pool` names the one that matters, is being worked on.
std::optional<http::Response> check_idle(const Call& call, const Resource& cluster, std::string_view only_pool = "");
/// Azure's refusal of changes to a stopped cluster.
std::optional<http::Response> check_running(const Resource& cluster);

http::Response invalid_parameter(const std::string& message, std::string_view target);

/// Adds Azure-AsyncOperation, and Location for answers without a body.
void add_operation_headers(const Call& call, http::Response& response, const Resource& cluster,
                           const std::string& operation, bool with_location);

// Pools.

/// Names of the cluster's pools, oldest first.
std::vector<std::string> pool_names(const World& world, const Resource& cluster);
/// Sets the list of pools in a cluster's body.
void set_pool_names(Json& cluster_body, const std::vector<std::string>& names);
/// The pool's record as a member of agentPoolProfiles; "" when there is no such pool.
std::string render_profile(const World& world, const Resource& cluster, std::string_view pool);
std::string render_pool(const Call& call, const Resource& pool);

/// What is wrong with a pool as asked (`old`: its present properties, null for a new one); nothing when it is right.
std::optional<http::Response> check_pool(std::string_view name, const Json& asked, const Json* old);
/// The properties of a pool as asked, completed with what it has and with Azure's defaults.
Json pool_properties(const Json& asked, const Json* old, const std::string& kubernetes_version);
void put_pool(World& world, const std::string& cluster_id, std::string_view name, const Json& properties);
/// Properties of an existing pool; nullopt when there is none.
std::optional<Json> find_pool(const World& world, const std::string& cluster_id, std::string_view name);

/// Of a pool as its properties say: the machines that it has, or is to have.
std::vector<std::string> machine_names(const std::string& cluster_id, std::string_view pool, const Json& properties);
/// Machines of a pool that deleteMachines took away, by name: their names are not used again.
std::set<std::string> deleted_machines(const Json& pool_properties);
/// The record as it is shown: without them.
std::string without_deleted_machines(std::string pool_text);

// Versions.

struct Version {
  std::string_view full;  ///< "1.29.7"
  bool is_default;
};
std::string default_version();
/// The full version for what a caller wrote ("", "1.29", "1.29.7"); nullopt when AKS does not offer it.
std::optional<std::string> resolve_version(std::string_view asked);

std::string render_cluster(const Call& call, const Resource& cluster);

}  // namespace drover::localcloud::aks
