#include "localcloud/roles.hpp"

#include <array>

#include "base/text.hpp"

namespace drover::localcloud {
namespace {

// Ids: Microsoft's page "Azure built-in roles"; they never change.
constexpr std::array table = {
    Role{"Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Grants full access to manage all resources.", "*"},
    Role{"Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c",
         "Grants full access to manage all resources, but not roles.", "*"},
    Role{"Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "View all resources, but does not allow changes.", "*/read"},
    Role{"User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "Lets you manage user access.",
         "Microsoft.Authorization/*"},
    Role{"AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d", "acr pull",
         "Microsoft.ContainerRegistry/registries/pull/read"},
    Role{"AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec", "acr push",
         "Microsoft.ContainerRegistry/registries/push/write"},
    Role{"Storage Account Contributor", "17d1049b-9a84-46fb-8f53-869881c3d3ab", "Lets you manage storage accounts.",
         "Microsoft.Storage/storageAccounts/*"},
    Role{"Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Full access to blob containers and data.",
         "Microsoft.Storage/storageAccounts/blobServices/containers/*", true},
    Role{"Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Read, write and delete blobs.",
         "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", true},
    Role{"Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Read and list blobs.",
         "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true},
    Role{"Azure Kubernetes Service Contributor Role", "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
         "Grants access to read and write Azure Kubernetes Service clusters.",
         "Microsoft.ContainerService/managedClusters/*"},
    Role{"Azure Kubernetes Service Cluster Admin Role", "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
         "List cluster admin credential action.",
         "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action"},
    Role{"Azure Kubernetes Service Cluster User Role", "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
         "List cluster user credential action.",
         "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"},
    Role{"Kubernetes Cluster - Azure Arc Onboarding", "34e09817-6cbe-4d01-b1a2-e0eac5743d41",
         "Role definition to authorize any user or service to create a connectedClusters resource.",
         "Microsoft.Kubernetes/connectedClusters/Write"},
    Role{"AzureML Data Scientist", "f6c7c914-8db3-469d-8ca1-694a8f32e121",
         "Can perform all actions within an Azure Machine Learning workspace, except for computes and the workspace "
         "itself.",
         "Microsoft.MachineLearningServices/workspaces/*/read"},
    Role{"AzureML Compute Operator", "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815",
         "Can access and perform operations on Machine Learning Services managed compute resources.",
         "Microsoft.MachineLearningServices/workspaces/computes/*"},
    Role{"Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483",
         "Perform all data plane operations on a key vault.", "Microsoft.KeyVault/vaults/*", true},
    Role{"Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6", "Read secret contents.",
         "Microsoft.KeyVault/vaults/secrets/getSecret/action", true},
    Role{"Managed Identity Operator", "f1a07417-d97a-45cb-824c-7a7467783830",
         "Read and assign user assigned identities.",
         "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"},
    Role{"Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7", "Lets you manage networks.",
         "Microsoft.Network/*"},
    Role{"Virtual Machine Contributor", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", "Lets you manage virtual machines.",
         "Microsoft.Compute/virtualMachines/*"},
};

}  // namespace

std::span<const Role> roles() { return table; }

const Role* find_role(std::string_view id) {
  for (const auto& role : table)
    if (equals_ignore_case(role.id, id)) return &role;
  return nullptr;
}

}  // namespace drover::localcloud
