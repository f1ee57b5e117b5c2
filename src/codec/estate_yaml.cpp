#include "codec/estate_yaml.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "codec/scaler_shape.hpp"
#include "codec/shape.hpp"

namespace drover::codec {
namespace {

using namespace estate;

/// The keys that every placed resource has.
template <class T, class Access>
Shape<T>& place_keys(Shape<T>& shape, Access placement) {
  return shape
      .text(
          "account", [placement](T& it) -> auto& { return placement(it).account; },
          "Account that pays and signs in; the only one, or main, if absent")
      .text(
          "group", [placement](T& it) -> auto& { return placement(it).group; },
          "Resource group; the account's if absent")
      .text(
          "location", [placement](T& it) -> auto& { return placement(it).location; },
          "Azure region, such as eastus; the group's or account's if absent")
      .flag(
          "protect", [placement](T& it) -> auto& { return placement(it).protect; },
          "true: Drover never deletes or replaces it")
      .placed([placement](T& it, const SourceSpan& where) { placement(it).where = where; });
}

Shape<Credential> credential_shape() {
  Shape<Credential> shape(
      "How the account signs in; nothing means AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of the environment");
  shape.text("client", DROVER_MEMBER(client), "Application (client) id of a service principal")
      .secret("secret", DROVER_MEMBER(secret), "Its secret, by reference: ${secret:NAME} (sealed store) or ${ENV}")
      .text("secret_file", DROVER_MEMBER(secret_file), "A file with the secret, readable only by its owner (mode 0600)")
      .flag("az", DROVER_MEMBER(az), "true: use the token of a logged-in az");
  return shape;
}

Shape<Account> account_shape() {
  Shape<Account> shape("A subscription, and how to sign in to it");
  shape.text("subscription", DROVER_MEMBER(subscription), "Subscription id (GUID)")
      .text("tenant", DROVER_MEMBER(tenant), "Tenant id (GUID)")
      .text("location", DROVER_MEMBER(location), "Default Azure region")
      .text("group", DROVER_MEMBER(group), "Default resource group")
      .section("credential", DROVER_MEMBER(credential), credential_shape(), "How to sign in")
      .placed([](Account& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

Shape<Group> group_shape() {
  Shape<Group> shape("A resource group");
  shape.text("account", DROVER_MEMBER(placement.account), "Account that it belongs to")
      .text("location", DROVER_MEMBER(placement.location), "Azure region")
      .flag("protect", DROVER_MEMBER(placement.protect), "true: Drover never deletes it")
      .placed([](Group& it, const SourceSpan& where) { it.placement.where = where; });
  return shape;
}

Shape<Storage> storage_shape() {
  Shape<Storage> shape("A storage account");
  place_keys(shape, DROVER_MEMBER(placement))
      .text("sku", DROVER_MEMBER(sku), "Redundancy; Standard_LRS if absent",
            {"Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS",
             "Standard_GZRS", "Standard_RAGZRS"})
      .texts("containers", DROVER_MEMBER(containers), "Blob containers in it");
  return shape;
}

Shape<Vault> vault_shape() {
  Shape<Vault> shape("A key vault");
  place_keys(shape, DROVER_MEMBER(placement))
      .text("sku", DROVER_MEMBER(sku), "standard or premium", {"standard", "premium"})
      .text("soft_deleted", DROVER_MEMBER(soft_deleted),
            "When a deleted vault still holds the name: recover or purge it, or refuse. If absent, one that Drover "
            "deleted is recovered and any other refused. With purge, destroy purges it as well",
            {"refuse", "recover", "purge"});
  return shape;
}

Shape<Insights> insights_shape() {
  Shape<Insights> shape("An Application Insights component");
  place_keys(shape, DROVER_MEMBER(placement));
  return shape;
}

Shape<WorkspaceWish> workspace_shape() {
  Shape<WorkspaceWish> shape("A machine-learning workspace; its storage account, key vault and insights come with it");
  place_keys(shape, DROVER_MEMBER(placement))
      .text("name", DROVER_MEMBER(name), "Its name")
      .text("storage", DROVER_MEMBER(storage), "Storage account; the estate's only one, or st<base>")
      .text("vault", DROVER_MEMBER(vault), "Key vault; the estate's only one, or kv-<base>")
      .text("insights", DROVER_MEMBER(insights), "Application Insights; the estate's only one, or appi-<base>");
  return shape;
}

Shape<Pool> pool_shape() {
  Shape<Pool> shape("A node pool");
  shape.text("size", DROVER_MEMBER(size), "VM size, such as Standard_D2_v3")
      .range(
          "nodes", DROVER_MEMBER(nodes),
          "How many nodes; 1 if absent. A scaler, if the pool has one, changes it later. least..most with autoscaler: "
          "true",
          0, nodes_max)
      .text("mode", DROVER_MEMBER(mode), "system (default) or user", {"system", "user"})
      .flag("autoscaler", DROVER_MEMBER(autoscaler),
            "true leaves the count, within nodes: least..most, to AKS's own autoscaler; off by default, and off for a "
            "scaler")
      .flag("protect", DROVER_MEMBER(protect), "true: Drover never deletes or replaces it")
      .placed([](Pool& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

/// Texts by name: labels.
template <class T, class Access>
Shape<T>& named_texts(Shape<T>& shape, const std::string& key, Access access, const std::string& doc) {
  return shape.field(key, doc, {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}},
                     [access](T& into, const Node& node, const std::string& path, Reading& reading) {
                       if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "names with texts");
                       for (const auto& [name, value] : node.fields)
                         access(into)[name.text] = {reading.text(value, join_path(path, name.text)),
                                                    reading.span(name)};
                     });
}

Shape<NamespaceWish> namespace_shape() {
  Shape<NamespaceWish> shape("A namespace of the cluster");
  named_texts(shape, "labels", DROVER_MEMBER(labels), "Its labels")
      .placed([](NamespaceWish& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

Shape<RegistrySecret> registry_secret_shape() {
  Shape<RegistrySecret> shape("Credentials for pulling images, as kubectl create secret docker-registry makes them");
  shape.text("server", DROVER_MEMBER(server), "The registry, such as lab.azurecr.io")
      .text("username", DROVER_MEMBER(username), "Who pulls")
      .secret("password", DROVER_MEMBER(password),
              "The password, by reference: ${secret:NAME} (sealed store) or ${ENV}")
      .text("password_file", DROVER_MEMBER(password_file),
            "A file with the password, readable only by its owner (mode 0600)")
      .placed([](RegistrySecret& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

/// true, false, or its settings.
Shape<ClusterWish>& device_plugin_key(Shape<ClusterWish>& shape) {
  Shape<DevicePlugin> settings("NVIDIA's device plugin");
  settings.text("image", DROVER_MEMBER(image), "Image of the plugin, where nodes cannot reach NVIDIA's registry");
  nlohmann::json flag = {{"type", "boolean"}};
  return shape.field("nvidia_device_plugin", "Makes GPUs known to Kubernetes; true if absent and a pool has GPUs",
                     {{"oneOf", {flag, settings.schema()}}},
                     [settings](ClusterWish& into, const Node& node, const std::string& path, Reading& reading) {
                       into.device_plugin.where = reading.span(node);
                       if (node.kind == Node::Kind::mapping) {
                         settings.read(into.device_plugin, node, path, reading, reading.span(node));
                         into.device_plugin.is_wanted = true;
                       } else {
                         into.device_plugin.is_wanted = reading.flag(node, path);
                       }
                     });
}

Shape<Attachment> attachment_shape() {
  Shape<Attachment> shape("What makes a cluster take training jobs of the workspace");
  shape.text("workspace", DROVER_MEMBER(workspace), "The estate's workspace; may be left out")
      .text("extension", DROVER_MEMBER(extension), "azureml (default): the extension that runs the jobs", {"azureml"})
      .text("as", DROVER_MEMBER(as), "Name of the compute in the workspace; the cluster's name if absent")
      .text("namespace", DROVER_MEMBER(space), "Kubernetes namespace that jobs run in; default if absent")
      .placed([](Attachment& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

Shape<ClusterWish> cluster_shape() {
  Shape<ClusterWish> shape("A Kubernetes cluster (AKS)");
  place_keys(shape, DROVER_MEMBER(placement))
      .text("version", DROVER_MEMBER(version), "Kubernetes version; the service's default if absent")
      .text("principal", DROVER_MEMBER(principal),
            "Service principal that it acts as; its own managed identity if absent")
      .map("pools", DROVER_MEMBER(pools), pool_shape(), "Node pools by name")
      .texts(
          "manifests", DROVER_MEMBER(manifests),
          "Kubernetes objects in YAML or JSON: files and folders, relative to this file. They are applied, and pruned "
          "when they are no longer there")
      .map("namespaces", DROVER_MEMBER(namespaces), namespace_shape(), "Namespaces by name")
      .map("registry_secrets", DROVER_MEMBER(registry_secrets), registry_secret_shape(),
           "Credentials for pulling images, named NAMESPACE/NAME");
  device_plugin_key(shape);
  Shape<Attachment> attachment = attachment_shape();
  nlohmann::json schema = attachment.schema();
  shape.field("attach", "Takes training jobs of the workspace too; {} for all defaults", std::move(schema),
              [attachment](ClusterWish& into, const Node& node, const std::string& path, Reading& reading) {
                into.attach.emplace();
                attachment.read(*into.attach, node, path, reading, reading.span(node));
              });
  return shape;
}

Shape<ComputeWish> compute_shape() {
  Shape<ComputeWish> shape("An autoscaling AML compute cluster of the workspace");
  place_keys(shape, DROVER_MEMBER(placement))
      .text("size", DROVER_MEMBER(size), "VM size, such as Standard_DS3_v2")
      .range("nodes", DROVER_MEMBER(nodes), "least..most nodes, such as 0..4", 0, nodes_max)
      .duration("idle", DROVER_MEMBER(idle), "How long a node stays idle before it is given back; 2m if absent")
      .text("priority", DROVER_MEMBER(priority), "dedicated (default) or low", {"dedicated", "low"});
  return shape;
}

Shape<Principal> principal_shape() {
  Shape<Principal> shape("A service principal; its password goes to the sealed store");
  shape.text("account", DROVER_MEMBER(account), "Account in whose tenant it is made")
      .placed([](Principal& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

Shape<Role> role_shape() {
  Shape<Role> shape("A role given to a principal");
  shape.text("principal", DROVER_MEMBER(principal), "Name of a principal of this estate")
      .text("role", DROVER_MEMBER(role), "Role, such as Contributor")
      .text("scope", DROVER_MEMBER(scope),
            "subscription (default), group/NAME, storage/NAME, cluster/NAME or workspace/NAME")
      .text("account", DROVER_MEMBER(account), "Account that gives it")
      .placed([](Role& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

Shape<Estate> make_estate_shape() {
  Shape<Estate> shape("What a team wants to exist");
  shape.text("estate", DROVER_MEMBER(name), "Name of the estate")
      .text("cloud", DROVER_MEMBER(cloud), "local (the cloud inside drover) or azure; --cloud overrides",
            {"local", "azure"})
      .text("base", DROVER_MEMBER(base), "Prefix of derived names: 7 or 8 lower-case letters and digits")
      .map("accounts", DROVER_MEMBER(accounts), account_shape(), "Subscriptions and how to sign in")
      .map("groups", DROVER_MEMBER(groups), group_shape(),
           "Resource groups; groups that others name need not stand here")
      .texts("providers", DROVER_MEMBER(providers), "Resource providers to register, such as Microsoft.Network");
  Shape<WorkspaceWish> workspace = workspace_shape();
  nlohmann::json name = {{"type", "string"}};
  shape.field("workspace", "The machine-learning workspace: its name, or its settings",
              {{"oneOf", {name, workspace.schema()}}},
              [workspace](Estate& into, const Node& node, const std::string& path, Reading& reading) {
                into.workspace.emplace();
                if (node.kind != Node::Kind::scalar) {
                  workspace.read(*into.workspace, node, path, reading, reading.span(node));
                  return;
                }
                into.workspace->name = {reading.text(node, path), reading.span(node)};
                into.workspace->placement.where = reading.span(node);
              });
  shape.map("storage", DROVER_MEMBER(storage), storage_shape(), "Storage accounts")
      .map("vaults", DROVER_MEMBER(vaults), vault_shape(), "Key vaults")
      .map("insights", DROVER_MEMBER(insights), insights_shape(), "Application Insights components")
      .map("clusters", DROVER_MEMBER(clusters), cluster_shape(), "Kubernetes clusters")
      .map("compute", DROVER_MEMBER(compute), compute_shape(), "AML compute clusters")
      .map("principals", DROVER_MEMBER(principals), principal_shape(), "Service principals")
      .list("roles", DROVER_MEMBER(roles), role_shape(), "Role assignments")
      .map("scalers", DROVER_MEMBER(scalers), scaler_shape(), "Node counts by forecast, named CLUSTER/POOL")
      .placed([](Estate& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

/// More than anyone reads at once; the rest is counted.
constexpr std::size_t errors_max = 100;

const Shape<Estate>& estate_shape() {
  static const Shape<Estate> shape = make_estate_shape();
  return shape;
}

}  // namespace

ReadEstate read_estate(std::string_view text, const std::string& file, const Environment& environment) {
  const auto name = std::make_shared<const std::string>(file);
  ReadEstate out;
  out.estate.file = file;
  auto tree = parse_yaml(text, name);
  if (!tree) {
    out.errors.push_back(std::move(tree.error()));
  } else if (tree->kind != Node::Kind::mapping) {
    Reading reading(name, environment);
    if (tree->kind == Node::Kind::null)
      reading.complain(*tree, "the file says nothing", "begin with estate: NAME");
    else
      reading.wrong_type(*tree, "", "settings, beginning with estate: NAME");
    out.errors = std::move(reading.errors());
  } else {
    Reading reading(name, environment);
    estate_shape().read(out.estate, *tree, "", reading, reading.span(*tree));
    out.errors = std::move(reading.errors());
    out.estate.unread = reading.unread();
    out.estate.is_partial = !out.errors.empty();
    return out;
  }
  out.estate.is_partial = true;
  return out;
}

std::expected<LoadedEstate, std::vector<Error>> load_estate(std::string_view text, const std::string& file,
                                                            const Environment& environment, std::string_view cloud) {
  ReadEstate read = read_estate(text, file, environment);
  if ((cloud.empty() ? read.estate.cloud.value : cloud) == "local") read.estate.complete_for_local_cloud();
  auto errors = std::move(read.errors);
  if (errors.empty() || read.estate.where) {  // a file that is no mapping at all has no meaning to look at
    auto lowered = estate::lower(read.estate);
    if (lowered && errors.empty()) return LoadedEstate{std::move(read.estate), std::move(*lowered)};
    if (!lowered) std::ranges::move(lowered.error(), std::back_inserter(errors));
  }
  std::ranges::stable_sort(errors, {},
                           [](const Error& error) { return std::pair(error.where.line, error.where.column); });
  if (errors.size() > errors_max) {
    const std::string more = std::to_string(errors.size() - errors_max) + " errors more";
    errors.resize(errors_max);
    errors.push_back(
        {.code = Code::invalid_input, .message = more, .hint = "mend these first", .where = {read.estate.where.file}});
  }
  return std::unexpected(std::move(errors));
}

std::string estate_schema() {
  nlohmann::json schema = estate_shape().schema();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Drover estate";
  schema["required"] = {"estate"};
  schema["patternProperties"] = {{"^x-", nlohmann::json::object()}};
  return schema.dump(2);
}

}  // namespace drover::codec
