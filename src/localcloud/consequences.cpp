#include "localcloud/consequences.hpp"

#include "base/text.hpp"
#include "localcloud/connected.hpp"
#include "localcloud/keyvault.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/training.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view ml_workspace = "/providers/microsoft.machinelearningservices/workspaces/";

/// "name" of ".../type/name"; "" when `key` is of another type or lies deeper.
std::string_view name_if(std::string_view key, std::string_view type_path) {
  const auto at = key.find(type_path);
  return at == std::string_view::npos ? std::string_view{} : key.substr(at + type_path.size());
}

}  // namespace

void after_erase(World& world, std::string_view key, const Resource& resource) {
  const auto in_storage = name_if(key, "/providers/microsoft.storage/storageaccounts/");
  if (!in_storage.empty()) {
    const auto parts = split(in_storage, '/');
    if (parts.size() == 1) world.erase_blobs_under(in_storage);
    if (parts.size() == 5 && parts[1] == "blobservices")
      world.erase_blobs_under(std::string(parts[0]) + "/" + std::string(parts[4]));
  }
  const auto cluster = name_if(key, "/providers/microsoft.containerservice/managedclusters/");
  if (!cluster.empty() && cluster.find('/') == std::string_view::npos) world.fleet().forget(std::string(key));
  if (is_connected_cluster(key)) forget_agent(world, key);
  const auto vault = name_if(key, "/providers/microsoft.keyvault/vaults/");
  if (!vault.empty() && vault.find('/') == std::string_view::npos) keep_deleted_vault(world, resource);
  if (key.find(ml_workspace) != std::string_view::npos) {
    world.training().forget(key);
    if (key.find("/datastores/") != std::string_view::npos) world.erase_document("ml/secrets" + std::string(key));
  }
  if (key.find("/deletedvaults/") != std::string_view::npos) forget_deleted_vault(world, resource);
}

}  // namespace drover::localcloud
