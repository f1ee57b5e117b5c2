#include "drivers/azure/wire/api_versions.hpp"

namespace drover::azure::wire {

const char* api_version(Kind kind) {
  switch (kind) {
    case Kind::resource_group:
    case Kind::provider_registration:
      return "2024-03-01";  // resources.json
    case Kind::storage_account:
    case Kind::blob_container:
      return "2023-05-01";  // storage.json, blob.json
    case Kind::key_vault:
      return "2023-07-01";  // keyvault.json
    case Kind::application_insights:
      return "2020-02-02";  // components_API.json (not among the saved specs)
    case Kind::workspace:
    case Kind::compute:
    case Kind::attached_compute:
      return "2024-04-01";  // machineLearningServices.json
    case Kind::cluster:
    case Kind::node_pool:
      return "2024-02-01";  // managedClusters.json
    case Kind::extension:
      return "2023-05-01";  // extensions.json
    case Kind::role_assignment:
      return "2022-04-01";  // authorization-RoleAssignmentsCalls.json
    case Kind::service_principal:
      return "";  // Microsoft Graph v1.0
  }
  return "";
}

}  // namespace drover::azure::wire
