#include "model/arm_id.hpp"

#include "base/text.hpp"

namespace drover::arm_id {
namespace {

std::string join_id(std::string_view parent, std::string_view middle, std::string_view name) {
  std::string id;
  id.reserve(parent.size() + middle.size() + name.size());
  id.append(parent).append(middle).append(name);
  return id;
}

}  // namespace

std::string subscription(std::string_view subscription) { return join_id("/subscriptions/", "", subscription); }
std::string group(std::string_view subscription, std::string_view group) {
  return join_id(arm_id::subscription(subscription), "/resourceGroups/", group);
}
std::string provider(std::string_view subscription, std::string_view provider_namespace) {
  return join_id(arm_id::subscription(subscription), "/providers/", provider_namespace);
}
std::string storage_account(std::string_view group_id, std::string_view name) {
  return join_id(group_id, "/providers/Microsoft.Storage/storageAccounts/", name);
}
std::string blob_container(std::string_view account_id, std::string_view name) {
  return join_id(account_id, "/blobServices/default/containers/", name);
}
std::string key_vault(std::string_view group_id, std::string_view name) {
  return join_id(group_id, "/providers/Microsoft.KeyVault/vaults/", name);
}
std::string application_insights(std::string_view group_id, std::string_view name) {
  return join_id(group_id, "/providers/Microsoft.Insights/components/", name);
}
std::string workspace(std::string_view group_id, std::string_view name) {
  return join_id(group_id, "/providers/Microsoft.MachineLearningServices/workspaces/", name);
}
std::string compute(std::string_view workspace_id, std::string_view name) {
  return join_id(workspace_id, "/computes/", name);
}
std::string location_segment(std::string_view location) {
  return to_lower(replace_all(std::string(location), " ", ""));
}

std::string deleted_vault(std::string_view subscription_id, std::string_view location, std::string_view name) {
  return subscription(subscription_id) + "/providers/Microsoft.KeyVault/locations/" + location_segment(location) +
         "/deletedVaults/" + std::string(name);
}

std::string cluster(std::string_view group_id, std::string_view name) {
  return join_id(group_id, "/providers/Microsoft.ContainerService/managedClusters/", name);
}
std::string node_pool(std::string_view cluster_id, std::string_view name) {
  return join_id(cluster_id, "/agentPools/", name);
}
std::string extension(std::string_view cluster_id, std::string_view name) {
  return join_id(cluster_id, "/providers/Microsoft.KubernetesConfiguration/extensions/", name);
}
std::string role_assignment(std::string_view scope, std::string_view guid) {
  return join_id(scope, "/providers/Microsoft.Authorization/roleAssignments/", guid);
}

std::string_view name_of(std::string_view id) { return id.substr(id.rfind('/') + 1); }

std::string_view segment_after(std::string_view id, std::string_view label) {
  bool found = false;
  for (const auto segment : split(id, '/')) {
    if (found) return segment;
    found = equals_ignore_case(segment, label);
  }
  return {};
}

}  // namespace drover::arm_id
