// Which names Azure takes, by Microsoft's published patterns; written by hand because std::regex is slow and each rule
// is a line. Also reads resource ids.
#pragma once

#include <string>
#include <string_view>

namespace drover::localcloud {

bool is_guid(std::string_view text);
bool is_group_name(std::string_view name);            ///< [-\w._()], 1..90, no dot at the end
bool is_storage_account_name(std::string_view name);  ///< [a-z0-9], 3..24
bool is_container_name(std::string_view name);  ///< [a-z0-9-], 3..63, no dash at an end, no two in a row; or $root
bool is_vault_name(std::string_view name);      ///< [a-zA-Z0-9-], 3..24, a letter first, no dash last or doubled
bool is_workspace_name(std::string_view name);  ///< a letter or digit, then 2..32 of [a-zA-Z0-9_-]
bool is_compute_name(std::string_view name);    ///< [a-zA-Z0-9-], 2..32 (24 for instances), a letter first
bool is_cluster_name(std::string_view name);    ///< [-_a-zA-Z0-9], 1..63, a letter or digit at both ends
bool is_pool_name(std::string_view name);       ///< [a-z][a-z0-9]{0,11}
bool is_component_name(std::string_view name);  ///< 1..260, none of %&\?/ and no dot or blank at the end

/// "eastus" of "East US": lower case without blanks.
std::string canonical_location(std::string_view location);

}  // namespace drover::localcloud
