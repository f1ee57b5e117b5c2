// Azure Resource Manager ids, the names by which Azure and a plan know a resource.
#pragma once

#include <string>
#include <string_view>

namespace drover::arm_id {

std::string subscription(std::string_view subscription);
std::string group(std::string_view subscription, std::string_view group);
std::string provider(std::string_view subscription, std::string_view provider_namespace);
std::string storage_account(std::string_view group_id, std::string_view name);
std::string blob_container(std::string_view account_id, std::string_view name);
std::string key_vault(std::string_view group_id, std::string_view name);
std::string application_insights(std::string_view group_id, std::string_view name);
std::string workspace(std::string_view group_id, std::string_view name);
std::string compute(std::string_view workspace_id, std::string_view name);
std::string cluster(std::string_view group_id, std::string_view name);
std::string node_pool(std::string_view cluster_id, std::string_view name);
std::string extension(std::string_view cluster_id, std::string_view name);
std::string role_assignment(std::string_view scope, std::string_view guid);

/// Where a deleted vault lies until it is purged; `location` in any of Azure's spellings.
std::string deleted_vault(std::string_view subscription, std::string_view location, std::string_view name);
/// "West US 2" as it stands in addresses: westus2.
std::string location_segment(std::string_view location);

/// The last segment.
std::string_view name_of(std::string_view id);
/// The segment after `label` ("subscriptions", "resourceGroups"), compared without case; "" when there is none.
std::string_view segment_after(std::string_view id, std::string_view label);

}  // namespace drover::arm_id
