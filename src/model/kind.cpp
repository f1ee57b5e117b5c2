#include "model/kind.hpp"

namespace drover {
namespace {

struct Names {
  Kind kind;
  const char* title;
  const char* name;
  const char* arm_type;
};

constexpr std::array<Names, all_kinds.size()> names = {{
    {Kind::resource_group, "resource group", "resource-group", "Microsoft.Resources/resourceGroups"},
    {Kind::provider_registration, "provider", "provider", ""},
    {Kind::storage_account, "storage account", "storage-account", "Microsoft.Storage/storageAccounts"},
    {Kind::blob_container, "blob container", "blob-container",
     "Microsoft.Storage/storageAccounts/blobServices/containers"},
    {Kind::key_vault, "key vault", "key-vault", "Microsoft.KeyVault/vaults"},
    {Kind::application_insights, "app insights", "application-insights", "Microsoft.Insights/components"},
    {Kind::workspace, "workspace", "workspace", "Microsoft.MachineLearningServices/workspaces"},
    {Kind::cluster, "cluster", "cluster", "Microsoft.ContainerService/managedClusters"},
    {Kind::node_pool, "node pool", "node-pool", "Microsoft.ContainerService/managedClusters/agentPools"},
    {Kind::compute, "compute", "compute", "Microsoft.MachineLearningServices/workspaces/computes"},
    {Kind::service_principal, "service principal", "service-principal", ""},
    {Kind::role_assignment, "role assignment", "role-assignment", "Microsoft.Authorization/roleAssignments"},
    {Kind::extension, "extension", "extension", "Microsoft.KubernetesConfiguration/extensions"},
    {Kind::attached_compute, "attached compute", "attached-compute",
     "Microsoft.MachineLearningServices/workspaces/computes"},
}};

const Names& names_of(Kind kind) { return names[static_cast<std::size_t>(kind)]; }

}  // namespace

const char* kind_title(Kind kind) { return names_of(kind).title; }
const char* kind_name(Kind kind) { return names_of(kind).name; }
const char* arm_type(Kind kind) { return names_of(kind).arm_type; }

std::optional<Kind> parse_kind(std::string_view name) {
  for (const auto& entry : names)
    if (name == entry.name) return entry.kind;
  return std::nullopt;
}

}  // namespace drover
