#include "estate/lower.hpp"

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "estate/names.hpp"
#include "model/arm_id.hpp"
#include "model/catalog.hpp"

namespace drover::estate {
namespace {

std::string key_of(Kind kind, std::string_view name) { return std::string(kind_name(kind)) + "/" + std::string(name); }

/// Where a thing goes, after defaults.
struct Place {
  std::string account, subscription, tenant, location, group, group_key, group_id;
};

class Lowering {
 public:
  explicit Lowering(const Estate& estate) : estate_(estate) {}

  std::expected<Lowered, std::vector<Error>> run();

 private:
  void check_accounts();
  void lower_providers();
  void lower_groups();
  void lower_storage();
  void lower_workspace();
  void lower_clusters();
  void lower_pools(const std::string& cluster, const ClusterWish& wish, const std::string& cluster_id, const Place& place);
  void lower_compute();
  void lower_principals();
  void lower_roles();
  void check_scalers();

  void complain(const SourceSpan& where, std::string message, std::string hint = "");
  void check_name(Kind kind, const std::string& name, const std::string& path, const SourceSpan& where);
  const std::string* account_name(const Text& wanted, const SourceSpan& where, const std::string& path);
  std::optional<Place> place_of(const Placement& placement, const std::string& path);
  void want_group(const Place& place, const SourceSpan& where);
  Resource& add(Kind kind, const std::string& name, const std::string& arm_id, Spec spec, const Place& place,
                const Placement& placement);
  void add_with_provider(Resource& resource, std::string_view provider_namespace);
  std::string base() const;
  bool check_size(const Text& size, const std::string& path, const SourceSpan& where);

  const Estate& estate_;
  std::vector<Resource> resources_;
  std::vector<std::string> notes_;
  std::vector<Error> errors_;
  std::set<std::string> providers_;
  std::set<std::string> groups_;
};

void Lowering::complain(const SourceSpan& where, std::string message, std::string hint) {
  errors_.push_back({.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = where});
}

void Lowering::check_name(Kind kind, const std::string& name, const std::string& path, const SourceSpan& where) {
  if (const auto problem = name_problem(kind, name)) complain(where, path + ": " + *problem);
}

std::string Lowering::base() const {
  if (!estate_.base.value.empty()) return estate_.base.value;
  return estate_.workspace ? estate_.workspace->name.value : estate_.name.value;
}

bool Lowering::check_size(const Text& size, const std::string& path, const SourceSpan& where) {
  if (size.value.empty()) {
    complain(where, path + ".size: missing", "say a VM size, such as Standard_D2_v3");
    return false;
  }
  if (catalog::find_vm_size(size.value)) return true;
  if (starts_with_ignore_case(size.value, "Standard_")) {
    notes_.push_back(path + ": " + size.value + " is not in the price table, so plans cannot say what it costs");
    return true;
  }
  std::vector<std::string_view> names;
  for (const auto& entry : catalog::vm_sizes()) names.push_back(entry.name);
  const auto near = nearest(size.value, names);
  complain(size.where, path + ".size: \"" + size.value + "\" is not a VM size",
           near.empty() ? "sizes begin with Standard_" : "did you mean " + std::string(near) + "?");
  return false;
}

void Lowering::check_accounts() {
  if (estate_.name.value.empty()) complain({}, "estate: missing", "give the estate a name: estate: NAME");
  if (!estate_.cloud.value.empty() && estate_.cloud.value != "local" && estate_.cloud.value != "azure")
    complain(estate_.cloud.where, "cloud: \"" + estate_.cloud.value + "\" is not a cloud", "say local or azure");
  if (!estate_.base.value.empty())
    if (const auto problem = base_problem(estate_.base.value)) complain(estate_.base.where, "base: " + *problem);
  if (estate_.accounts.empty()) complain(estate_.name.where, "accounts: missing", "name at least one account with its subscription and tenant");
  for (const auto& [name, account] : estate_.accounts) {
    const std::string path = "accounts." + name;
    for (const auto& [what, text] : {std::pair{"subscription", &account.subscription}, {"tenant", &account.tenant}}) {
      if (text->value.empty()) complain(account.where, path + "." + what + ": missing", "a GUID, or ${ENV} for one");
      else if (name_problem(Kind::role_assignment, text->value))
        complain(text->where, path + "." + what + ": \"" + text->value + "\" is not a GUID");
    }
    const auto& credential = account.credential;
    const int ways = !credential.secret.value.empty() + !credential.secret_file.value.empty() + credential.az.value;
    if (ways > 1)
      complain(account.where, path + ".credential: more than one way to sign in", "keep one of secret, secret_file and az");
    if ((!credential.secret.value.empty() || !credential.secret_file.value.empty()) && credential.client.value.empty())
      complain(account.where, path + ".credential.client: missing", "the application (client) id that the secret belongs to");
  }
}

const std::string* Lowering::account_name(const Text& wanted, const SourceSpan& where, const std::string& path) {
  if (estate_.accounts.empty()) return nullptr;  // said already
  if (wanted.value.empty()) {
    if (estate_.accounts.size() == 1) return &estate_.accounts.begin()->first;
    if (const auto main = estate_.accounts.find("main"); main != estate_.accounts.end()) return &main->first;
    complain(where, path + ".account: missing, and there are several accounts", "say which, or call one of them main");
    return nullptr;
  }
  const auto it = estate_.accounts.find(wanted.value);
  if (it != estate_.accounts.end()) return &it->first;
  std::vector<std::string_view> names;
  for (const auto& [name, account] : estate_.accounts) names.push_back(name);
  const auto near = nearest(wanted.value, names);
  complain(wanted.where, path + ".account: there is no account \"" + wanted.value + "\"",
           near.empty() ? "" : "did you mean " + std::string(near) + "?");
  return nullptr;
}

std::optional<Place> Lowering::place_of(const Placement& placement, const std::string& path) {
  const std::string* name = account_name(placement.account, placement.where, path);
  if (!name) return std::nullopt;
  const Account& account = estate_.accounts.at(*name);
  Place place{.account = *name, .subscription = account.subscription.value, .tenant = account.tenant.value};
  place.group = placement.group.value.empty() ? account.group.value : placement.group.value;
  place.location = placement.location.value;
  const auto declared = estate_.groups.find(place.group);
  if (place.location.empty() && declared != estate_.groups.end()) place.location = declared->second.placement.location.value;
  if (place.location.empty()) place.location = account.location.value;
  bool good = true;
  if (place.group.empty()) {
    complain(placement.where, path + ".group: missing", "say the group here, or accounts." + *name + ".group for all");
    good = false;
  }
  if (place.location.empty()) {
    complain(placement.where, path + ".location: missing", "say the location here, or accounts." + *name + ".location for all");
    good = false;
  }
  if (!good) return std::nullopt;
  place.group_id = arm_id::group(place.subscription, place.group);
  place.group_key = key_of(Kind::resource_group, place.group);
  want_group(place, placement.group.value.empty() ? account.group.where : placement.group.where);
  return place;
}

/// A group that something goes to is made, whether or not it stands under groups:.
void Lowering::want_group(const Place& place, const SourceSpan& where) {
  if (!groups_.insert(place.group).second) return;
  check_name(Kind::resource_group, place.group, "groups." + place.group, where);
  ResourceGroup spec{.location = place.location};
  Placement placement;
  if (const auto declared = estate_.groups.find(place.group); declared != estate_.groups.end()) {
    placement = declared->second.placement;
  } else if (!estate_.accounts.at(place.account).location.value.empty()) {
    // A group is not moved by the one resource in it that goes elsewhere.
    spec.location = estate_.accounts.at(place.account).location.value;
  }
  Resource resource{.key = place.group_key, .name = place.group, .account = place.account, .arm_id = place.group_id, .spec = spec};
  resource.is_protected = placement.protect.value;
  resource.where = where;
  resources_.push_back(std::move(resource));
}

Resource& Lowering::add(Kind kind, const std::string& name, const std::string& arm_id, Spec spec, const Place& place,
                        const Placement& placement) {
  Resource resource{.key = key_of(kind, name), .name = name, .account = place.account, .arm_id = arm_id, .spec = std::move(spec)};
  resource.is_protected = placement.protect.value;
  resource.where = placement.where;
  if (!place.group_key.empty()) resource.needs.push_back(place.group_key);
  resources_.push_back(std::move(resource));
  add_with_provider(resources_.back(), std::string_view(arm_type(kind)).substr(0, std::string_view(arm_type(kind)).find('/')));
  return resources_.back();
}

void Lowering::add_with_provider(Resource& resource, std::string_view provider_namespace) {
  const auto it = std::ranges::find_if(providers_, [&](const auto& p) { return equals_ignore_case(p, provider_namespace); });
  if (it != providers_.end()) resource.needs.push_back(key_of(Kind::provider_registration, *it));
}

void Lowering::lower_providers() {
  for (const auto& provider : estate_.providers) {
    check_name(Kind::provider_registration, provider.value, "providers", provider.where);
    if (!providers_.insert(provider.value).second) complain(provider.where, "providers: " + provider.value + " is there twice");
    const std::string* account = account_name({}, provider.where, "providers");
    if (!account) return;
    const std::string key = key_of(Kind::provider_registration, provider.value);
    Resource resource{.key = key, .name = provider.value, .account = *account,
                      .arm_id = arm_id::provider(estate_.accounts.at(*account).subscription.value, provider.value),
                      .spec = ProviderRegistration{}};
    resource.where = provider.where;
    resources_.push_back(std::move(resource));
  }
}

void Lowering::lower_groups() {
  for (const auto& [name, group] : estate_.groups) {
    Placement placement = group.placement;
    placement.group = {name, group.placement.where};
    place_of(placement, "groups." + name);
  }
}

void Lowering::lower_storage() {
  for (const auto& [name, storage] : estate_.storage) {
    const std::string path = "storage." + name;
    check_name(Kind::storage_account, name, path, storage.placement.where);
    const auto place = place_of(storage.placement, path);
    if (!place) continue;
    const std::string id = arm_id::storage_account(place->group_id, name);
    StorageAccount spec{.location = place->location};
    if (!storage.sku.value.empty()) spec.sku = storage.sku.value;
    add(Kind::storage_account, name, id, spec, *place, storage.placement);
    std::set<std::string> seen;
    for (const auto& container : storage.containers) {
      check_name(Kind::blob_container, container.value, path + ".containers", container.where);
      if (!seen.insert(container.value).second) {
        complain(container.where, path + ".containers: " + container.value + " is there twice");
        continue;
      }
      Placement where = storage.placement;
      where.where = container.where;
      Resource& resource = add(Kind::blob_container, name + "/" + container.value, arm_id::blob_container(id, container.value),
                               BlobContainer{}, *place, where);
      resource.needs = {key_of(Kind::storage_account, name)};
      resource.goes_with = resource.needs.front();
    }
  }
}

void Lowering::lower_workspace() {
  for (const auto& [name, vault] : estate_.vaults) {
    const std::string path = "vaults." + name;
    check_name(Kind::key_vault, name, path, vault.placement.where);
    KeyVault spec;
    if (!vault.sku.value.empty()) spec.sku = vault.sku.value;
    if (vault.soft_deleted.value == "recover") spec.soft_deleted = SoftDeleted::recover;
    else if (vault.soft_deleted.value == "purge") spec.soft_deleted = SoftDeleted::purge;
    const auto place = place_of(vault.placement, path);
    if (!place) continue;
    spec.location = place->location;
    spec.tenant = place->tenant;
    add(Kind::key_vault, name, arm_id::key_vault(place->group_id, name), spec, *place, vault.placement);
  }
  for (const auto& [name, insights] : estate_.insights) {
    check_name(Kind::application_insights, name, "insights." + name, insights.placement.where);
    const auto place = place_of(insights.placement, "insights." + name);
    if (!place) continue;
    add(Kind::application_insights, name, arm_id::application_insights(place->group_id, name),
        ApplicationInsights{place->location}, *place, insights.placement);
  }
  if (!estate_.workspace) return;
  const WorkspaceWish& wish = *estate_.workspace;
  check_name(Kind::workspace, wish.name.value, "workspace", wish.name.where);
  const auto place = place_of(wish.placement, "workspace");
  if (!place) return;
  // What comes with a workspace: the name given, else the estate's only one, else a derived one.
  const auto companion = [&](const Text& named, const auto& section, Kind kind, auto derive, auto&& make) {
    std::string name = named.value;
    if (name.empty() && section.size() == 1) name = section.begin()->first;
    if (section.contains(name)) return std::pair{name, false};
    if (name.empty()) {
      name = derive(base());
      notes_.push_back("the workspace's " + std::string(kind_title(kind)) + " is named " + name);
    }
    check_name(kind, name, "workspace." + std::string(kind_title(kind)), named.where ? named.where : wish.name.where);
    Placement placement = wish.placement;
    if (!placement.where) placement.where = wish.name.where;
    make(name, placement);
    return std::pair{name, true};
  };
  const auto storage = companion(wish.storage, estate_.storage, Kind::storage_account, derived_storage_name,
                                 [&](const std::string& name, const Placement& at) {
                                   add(Kind::storage_account, name, arm_id::storage_account(place->group_id, name),
                                       StorageAccount{.location = place->location}, *place, at);
                                 }).first;
  const auto vault = companion(wish.vault, estate_.vaults, Kind::key_vault, derived_vault_name,
                               [&](const std::string& name, const Placement& at) {
                                 KeyVault spec{.location = place->location, .tenant = place->tenant};
                                 add(Kind::key_vault, name, arm_id::key_vault(place->group_id, name), spec, *place, at);
                               }).first;
  const auto insights = companion(wish.insights, estate_.insights, Kind::application_insights, derived_insights_name,
                                  [&](const std::string& name, const Placement& at) {
                                    add(Kind::application_insights, name, arm_id::application_insights(place->group_id, name),
                                        ApplicationInsights{place->location}, *place, at);
                                  }).first;
  const auto id_of = [&](Kind kind, const std::string& name) {
    const auto it = std::ranges::find(resources_, key_of(kind, name), &Resource::key);
    return it == resources_.end() ? std::string() : it->arm_id;
  };
  Workspace spec{.location = place->location,
                 .storage_id = id_of(Kind::storage_account, storage),
                 .vault_id = id_of(Kind::key_vault, vault),
                 .insights_id = id_of(Kind::application_insights, insights)};
  Placement placement = wish.placement;
  if (!placement.where) placement.where = wish.name.where;
  Resource& workspace = add(Kind::workspace, wish.name.value, arm_id::workspace(place->group_id, wish.name.value), spec, *place, placement);
  workspace.needs.push_back(key_of(Kind::storage_account, storage));
  workspace.needs.push_back(key_of(Kind::key_vault, vault));
  workspace.needs.push_back(key_of(Kind::application_insights, insights));
}

void Lowering::lower_clusters() {
  for (const auto& [name, wish] : estate_.clusters) {
    const std::string path = "clusters." + name;
    check_name(Kind::cluster, name, path, wish.placement.where);
    if (wish.pools.empty()) complain(wish.placement.where, path + ".pools: missing", "a cluster has at least one pool: pools: {NAME: {size: ...}}");
    const auto place = place_of(wish.placement, path);
    if (!place) continue;
    Cluster spec{.location = place->location, .dns_prefix = derived_dns_prefix(name), .version = wish.version.value,
                 .service_principal = wish.principal.value};
    // Azure makes a cluster together with one system pool: the first that is one, in the order of names.
    const auto first = std::ranges::find_if(wish.pools, [](const auto& p) { return p.second.mode.value != "user"; });
    if (first == wish.pools.end() && !wish.pools.empty())
      complain(wish.pools.begin()->second.where, path + ".pools: at least one pool must be a system pool", "leave out mode: user on one of them");
    const std::string id = arm_id::cluster(place->group_id, name);
    if (first != wish.pools.end()) {
      spec.first_pool_name = first->first;
      spec.first_pool = {.vm_size = first->second.size.value, .nodes = first->second.nodes.value,
                         .mode = "System", .autoscaler = first->second.autoscaler.value};
    }
    Resource& cluster = add(Kind::cluster, name, id, spec, *place, wish.placement);
    if (!wish.principal.value.empty()) {
      if (!estate_.principals.contains(wish.principal.value))
        complain(wish.principal.where, path + ".principal: there is no principal \"" + wish.principal.value + "\"", "name it under principals:");
      else
        cluster.needs.push_back(key_of(Kind::service_principal, wish.principal.value));
    }
    lower_pools(name, wish, id, *place);
  }
}

void Lowering::lower_pools(const std::string& cluster, const ClusterWish& wish, const std::string& cluster_id, const Place& place) {
  for (const auto& [name, pool] : wish.pools) {
    const std::string path = "clusters." + cluster + ".pools." + name;
    check_name(Kind::node_pool, name, path, pool.where);
    check_size(pool.size, path, pool.where);
    const bool is_user = pool.mode.value == "user";
    const std::int64_t least = is_user ? 0 : 1;
    if (pool.nodes.value < least || pool.nodes.value > 1000)
      complain(pool.nodes.where ? pool.nodes.where : pool.where,
               path + ".nodes: " + std::to_string(pool.nodes.value) + " is not from " + std::to_string(least) + " to 1000");
    const bool scaled = estate_.scalers.contains(cluster + "/" + name);
    NodePool spec{.vm_size = pool.size.value, .nodes = pool.nodes.value, .mode = is_user ? "User" : "System",
                  .autoscaler = pool.autoscaler.value, .nodes_owned_by_scaler = scaled};
    Placement placement = wish.placement;
    placement.where = pool.where;
    placement.protect = pool.protect;
    Resource& resource = add(Kind::node_pool, cluster + "/" + name, arm_id::node_pool(cluster_id, name), spec, place, placement);
    resource.needs = {key_of(Kind::cluster, cluster)};
    resource.goes_with = resource.needs.front();
  }
}

void Lowering::lower_compute() {
  for (const auto& [name, wish] : estate_.compute) {
    const std::string path = "compute." + name;
    check_name(Kind::compute, name, path, wish.placement.where);
    check_size(wish.size, path, wish.placement.where);
    if (!estate_.workspace) {
      complain(wish.placement.where, path + ": there is no workspace for it", "add workspace: NAME");
      continue;
    }
    const auto& range = wish.nodes.value;
    if (range.low < 0 || range.high < range.low || range.high < 1)
      complain(wish.nodes.where ? wish.nodes.where : wish.placement.where, path + ".nodes: say least..most, such as 0..4");
    Placement placement = wish.placement;
    if (placement.account.value.empty()) placement.account = estate_.workspace->placement.account;
    if (placement.group.value.empty()) placement.group = estate_.workspace->placement.group;
    const auto place = place_of(placement, path);
    if (!place) continue;
    Compute spec{.location = place->location, .vm_size = wish.size.value, .nodes_min = range.low, .nodes_max = range.high,
                 .idle = wish.idle.value, .priority = wish.priority.value == "low" ? "LowPriority" : "Dedicated"};
    const std::string workspace_id = arm_id::workspace(place->group_id, estate_.workspace->name.value);
    Resource& resource = add(Kind::compute, name, arm_id::compute(workspace_id, name), spec, *place, wish.placement);
    resource.needs = {key_of(Kind::workspace, estate_.workspace->name.value)};
    resource.goes_with = resource.needs.front();
  }
}

void Lowering::lower_principals() {
  for (const auto& [name, principal] : estate_.principals) {
    check_name(Kind::service_principal, name, "principals." + name, principal.where);
    const std::string* account = account_name(principal.account, principal.where, "principals." + name);
    if (!account) continue;
    Resource resource{.key = key_of(Kind::service_principal, name), .name = name, .account = *account,
                      .arm_id = "graph/" + estate_.accounts.at(*account).tenant.value + "/" + name, .spec = ServicePrincipal{}};
    resource.where = principal.where;
    resources_.push_back(std::move(resource));
  }
}

void Lowering::lower_roles() {
  for (std::size_t i = 0; i < estate_.roles.size(); ++i) {
    const Role& role = estate_.roles[i];
    const std::string path = "roles[" + std::to_string(i) + "]";
    if (role.role.value.empty()) complain(role.where, path + ".role: missing", "such as Contributor");
    if (!estate_.principals.contains(role.principal.value)) {
      complain(role.principal.where ? role.principal.where : role.where,
               path + ".principal: there is no principal \"" + role.principal.value + "\"", "name it under principals:");
      continue;
    }
    const std::string* account = account_name(role.account, role.where, path);
    if (!account) continue;
    RoleAssignment spec{.role = role.role.value, .principal = key_of(Kind::service_principal, role.principal.value)};
    std::vector<std::string> needs = {spec.principal};
    const std::string& wanted = role.scope.value;
    if (wanted.empty() || wanted == "subscription") {
      spec.scope = arm_id::subscription(estate_.accounts.at(*account).subscription.value);
    } else {
      const std::string wanted_key = wanted.starts_with("group/") ? "resource-" + wanted
                                     : wanted.starts_with("storage/") ? "storage-account/" + wanted.substr(8)
                                                                      : wanted;
      const auto it = std::ranges::find(resources_, wanted_key, &Resource::key);
      if (it == resources_.end()) {
        complain(role.scope.where, path + ".scope: there is no " + wanted, "say subscription, group/NAME, storage/NAME, cluster/NAME or workspace/NAME");
        continue;
      }
      spec.scope = it->arm_id;
      needs.push_back(it->key);
    }
    const std::string tenant = estate_.accounts.at(*account).tenant.value;
    // Deterministic, so that a second apply finds the first one's assignment.
    const std::string guid = uuid_of(to_lower(spec.scope) + "|" + tenant + "|" + role.principal.value + "|" + to_lower(spec.role));
    Place place{.account = *account};
    Placement placement;
    placement.where = role.where;
    const std::string name = role.principal.value + "/" + role.role.value + "@" + (wanted.empty() ? "subscription" : wanted.substr(wanted.find('/') + 1));
    Resource& resource = add(Kind::role_assignment, name, arm_id::role_assignment(spec.scope, guid), spec, place, placement);
    resource.needs = std::move(needs);
  }
}

void Lowering::check_scalers() {
  for (const auto& [name, scaler] : estate_.scalers) {
    const std::string path = "scalers." + name;
    const auto it = std::ranges::find(resources_, key_of(Kind::node_pool, name), &Resource::key);
    if (it == resources_.end()) {
      std::vector<std::string_view> pools;
      for (const auto& resource : resources_)
        if (resource.kind() == Kind::node_pool) pools.push_back(resource.name);
      const auto near = nearest(name, pools);
      complain(scaler.where, path + ": there is no pool " + name,
               near.empty() ? "a scaler is named after its pool: CLUSTER/POOL" : "did you mean " + std::string(near) + "?");
    }
    const auto& nodes = scaler.nodes.value;
    if (nodes.low < 0 || nodes.high < nodes.low)
      complain(scaler.nodes.where ? scaler.nodes.where : scaler.where, path + ".nodes: say floor..ceiling, such as 1..10");
    if (scaler.step.value < 1) complain(scaler.step.where, path + ".step: at least 1");
    if (!scaler.policy.value.empty() && scaler.policy.value != "target" && scaler.policy.value != "workshop")
      complain(scaler.policy.where, path + ".policy: \"" + scaler.policy.value + "\" is not a policy", "say target or workshop");
  }
}

std::expected<Lowered, std::vector<Error>> Lowering::run() {
  check_accounts();
  lower_providers();
  lower_groups();
  lower_storage();
  lower_workspace();
  lower_clusters();
  lower_compute();
  lower_principals();
  lower_roles();
  check_scalers();
  if (!errors_.empty()) return std::unexpected(std::move(errors_));
  for (const auto& resource : resources_)
    if (name_rule(resource.kind()).is_global && !estate_.base.value.empty() && !resource.name.starts_with(estate_.base.value))
      notes_.push_back(resource.key + ": the name must be unique in all of Azure and does not begin with the base " + estate_.base.value);
  auto graph = ResourceGraph::make(std::move(resources_));
  if (!graph) return std::unexpected(std::vector{std::move(graph.error())});
  return Lowered{std::move(*graph), std::move(notes_)};
}

}  // namespace

std::expected<Lowered, std::vector<Error>> lower(const Estate& estate) { return Lowering(estate).run(); }

}  // namespace drover::estate
