// Data and the machine-learning workspace: storage, vaults, insights, the workspace with what comes with it, and its
// compute.
#include <algorithm>

#include "estate/lowering.hpp"

namespace drover::estate {

void Lowering::lower_storage() {
  for (const auto& [name, storage] : estate_.storage) {
    const std::string path = join_path("storage", name);
    check_name(StorageAccount::kind, name, path, storage.placement.where);
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < storage.containers.size(); ++i) {
      const Text& container = storage.containers[i];
      const std::string at = indexed(path + ".containers", i);
      if (container.value.empty()) continue;  // said when it was read
      if (const auto problem = name_problem(BlobContainer::kind, container.value))
        complain(container.where, at + ": \"" + printable(container.value) + "\": " + *problem);
      if (!seen.insert(container.value).second)
        complain(container.where, at + ": " + printable(container.value) + " is there twice", "keep one of them");
    }
    const auto place = place_of(storage.placement, path);
    if (!place) continue;
    const std::string id = arm_id::storage_account(place->group_id, name);
    StorageAccount spec{.location = place->location};
    if (!storage.sku.value.empty()) spec.sku = storage.sku.value;
    add(StorageAccount::kind, name, id, spec, *place, storage.placement);
    for (const auto& container : storage.containers) {
      if (seen.erase(container.value) == 0) continue;  // the second of two
      Placement placement = storage.placement;
      placement.where = container.where;
      Resource& resource = add(BlobContainer::kind, name + "/" + container.value,
                               arm_id::blob_container(id, container.value), BlobContainer{}, *place, placement);
      resource.needs = {resource_key(StorageAccount::kind, name)};
      resource.goes_with = resource.needs.front();
    }
  }
}

void Lowering::lower_vaults() {
  for (const auto& [name, vault] : estate_.vaults) {
    const std::string path = join_path("vaults", name);
    check_name(KeyVault::kind, name, path, vault.placement.where);
    KeyVault spec;
    if (!vault.sku.value.empty()) spec.sku = vault.sku.value;
    if (vault.soft_deleted.value == "recover")
      spec.soft_deleted = SoftDeleted::recover;
    else if (vault.soft_deleted.value == "purge")
      spec.soft_deleted = SoftDeleted::purge;
    else if (vault.soft_deleted.value == "refuse")
      spec.soft_deleted = SoftDeleted::refuse;
    const auto place = place_of(vault.placement, path);
    if (!place) continue;
    spec.location = place->location;
    spec.tenant = place->tenant;
    add(KeyVault::kind, name, arm_id::key_vault(place->group_id, name), spec, *place, vault.placement);
  }
}

void Lowering::lower_insights() {
  for (const auto& [name, insights] : estate_.insights) {
    const std::string path = join_path("insights", name);
    check_name(ApplicationInsights::kind, name, path, insights.placement.where);
    const auto place = place_of(insights.placement, path);
    if (!place) continue;
    add(ApplicationInsights::kind, name, arm_id::application_insights(place->group_id, name),
        ApplicationInsights{place->location}, *place, insights.placement);
  }
}

void Lowering::lower_workspace() {
  if (!estate_.workspace) return;
  const WorkspaceWish& wish = *estate_.workspace;
  if (wish.name.value.empty()) return miss_key(wish.placement.where, "workspace", "name", "", "name: NAME");
  check_name(Workspace::kind, wish.name.value, "workspace", wish.name.where);
  const auto place = place_of(wish.placement, "workspace");
  if (!place) return;
  // What comes with a workspace: the name given, else the estate's only one, else a derived one.
  const auto companion = [&](const Text& named, const auto& section, Kind kind, const char* field, auto derive,
                             auto&& make) -> std::string {
    std::string name = named.value;
    if (name.empty() && section.size() == 1) name = section.begin()->first;
    if (section.contains(name)) return name;
    if (name.empty()) {
      name = derive(base());
      notes_.push_back("the workspace's " + std::string(kind_title(kind)) + " is named " + name);
      // A derived name is only as good as the name that it comes from, which has been complained of then.
      if (name_problem(kind, name) && name_problem(Workspace::kind, wish.name.value)) return name;
    }
    check_name(kind, name, std::string("workspace.") + field, named.where ? named.where : wish.name.where);
    make(name);
    return name;
  };
  const Placement& at = wish.placement;
  const std::string storage = companion(wish.storage, estate_.storage, StorageAccount::kind, "storage",
                                        derived_storage_name, [&](const std::string& n) {
                                          add(StorageAccount::kind, n, arm_id::storage_account(place->group_id, n),
                                              StorageAccount{.location = place->location}, *place, at);
                                        });
  const std::string vault =
      companion(wish.vault, estate_.vaults, KeyVault::kind, "vault", derived_vault_name, [&](const std::string& n) {
        add(KeyVault::kind, n, arm_id::key_vault(place->group_id, n),
            KeyVault{.location = place->location, .tenant = place->tenant}, *place, at);
      });
  const std::string insights =
      companion(wish.insights, estate_.insights, ApplicationInsights::kind, "insights", derived_insights_name,
                [&](const std::string& n) {
                  add(ApplicationInsights::kind, n, arm_id::application_insights(place->group_id, n),
                      ApplicationInsights{place->location}, *place, at);
                });
  const auto id_of = [&](Kind kind, const std::string& name) {
    const Resource* resource = find(resource_key(kind, name));
    return resource ? resource->arm_id : std::string();
  };
  Workspace spec{.location = place->location,
                 .storage_id = id_of(StorageAccount::kind, storage),
                 .vault_id = id_of(KeyVault::kind, vault),
                 .insights_id = id_of(ApplicationInsights::kind, insights)};
  Resource& workspace =
      add(Workspace::kind, wish.name.value, arm_id::workspace(place->group_id, wish.name.value), spec, *place, at);
  workspace.needs.push_back(resource_key(StorageAccount::kind, storage));
  workspace.needs.push_back(resource_key(KeyVault::kind, vault));
  workspace.needs.push_back(resource_key(ApplicationInsights::kind, insights));
}

void Lowering::lower_compute() {
  for (const auto& [name, wish] : estate_.compute) {
    const std::string path = join_path("compute", name);
    const SourceSpan& where = wish.placement.where;
    check_name(Compute::kind, name, path, where);
    check_size(wish.size, path, where);
    const auto& range = wish.nodes.value;
    if (!wish.nodes.where)
      miss_key(where, path, "nodes", "", "say least..most, such as 0..4");
    else if (range.high < 1)
      complain(wish.nodes.where, path + ".nodes: nothing could ever run on it", "say least..most, such as 0..4");
    if (!estate_.workspace) {
      miss(where, path + ": there is no workspace for it", "add workspace: NAME");
      continue;
    }
    Placement placement = wish.placement;
    if (placement.account.value.empty()) placement.account = estate_.workspace->placement.account;
    if (placement.group.value.empty()) placement.group = estate_.workspace->placement.group;
    const auto place = place_of(placement, path);
    if (!place) continue;
    Compute spec{.location = place->location,
                 .vm_size = size_of(wish.size),
                 .nodes_min = range.low,
                 .nodes_max = range.high,
                 .idle = wish.idle.value,
                 .priority = wish.priority.value == "low" ? "LowPriority" : "Dedicated",
                 .nodes_owned_by_scaler = estate_.scalers.contains(name)};
    const std::string workspace_id = arm_id::workspace(place->group_id, estate_.workspace->name.value);
    Resource& resource = add(Compute::kind, name, arm_id::compute(workspace_id, name), spec, *place, wish.placement);
    resource.needs = {resource_key(Workspace::kind, estate_.workspace->name.value)};
    resource.goes_with = resource.needs.front();
  }
}

}  // namespace drover::estate
