// The kinds of resource that an estate is made of, and what people and Azure call them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace drover {

enum class Kind : std::uint8_t {
  resource_group,
  provider_registration,
  storage_account,
  blob_container,
  key_vault,
  application_insights,
  workspace,
  cluster,
  node_pool,
  compute,
  service_principal,
  role_assignment,
  extension,         ///< of a cluster
  attached_compute,  ///< a cluster that takes jobs of a workspace
};

inline constexpr std::array all_kinds = {Kind::resource_group,    Kind::provider_registration,
                                         Kind::storage_account,   Kind::blob_container,
                                         Kind::key_vault,         Kind::application_insights,
                                         Kind::workspace,         Kind::cluster,
                                         Kind::node_pool,         Kind::compute,
                                         Kind::service_principal, Kind::role_assignment,
                                         Kind::extension,         Kind::attached_compute};

/// "resource group", for sentences and tables.
const char* kind_title(Kind kind);
/// "resource-group", for keys, JSON and the command line.
const char* kind_name(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);
/// "Microsoft.Storage/storageAccounts"; "" for what is not an ARM resource type (provider registration, service
/// principal).
const char* arm_type(Kind kind);

}  // namespace drover
