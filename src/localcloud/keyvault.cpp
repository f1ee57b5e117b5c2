// Key vaults (Microsoft.KeyVault): slow to get their DNS name, and never quite gone: a deleted vault keeps its name
// until it is purged or recovered.
#include "localcloud/keyvault.hpp"

#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view type = "Microsoft.KeyVault/vaults";
/// Azure's default of softDeleteRetentionInDays.
constexpr long long retention_days = 90;

std::string vault_id(const Call& call) { return resource_id(call, std::string(type) + "/" + call.name()); }

/// The body that a deleted vault had, for its recovery.
std::string remembered(std::string_view name) { return "deleted-vault/" + to_lower(name); }

http::Response bad_request(const std::string& message) { return refuse(400, "BadRequest", message); }

std::optional<http::Response> check_vault(const Call& call) {
  if (!is_vault_name(call.name()))
    return refuse(
        400, "VaultNameNotValid",
        "The vault name '" + call.name() +
            "' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a "
            "letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more "
            "information: https://go.microsoft.com/fwlink/?linkid=2147742");
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (location.empty()) return location_required();
  if (!is_location(location)) return invalid_location(location, type);
  const Json* properties = member(call.body, "properties");
  if (properties == nullptr) return bad_request("An invalid value was provided for 'properties'.");
  if (!is_guid(text_at(*properties, {"tenantId"}))) return bad_request("An invalid value was provided for 'tenantId'.");
  const std::string sku = text_at(*properties, {"sku", "name"});
  if (text_at(*properties, {"sku", "family"}) != "A" || (sku != "standard" && sku != "premium"))
    return bad_request("An invalid value was provided for 'sku'.");
  return std::nullopt;
}

/// Refuses a name that another vault has, alive or deleted.
std::optional<http::Response> check_name_free(const Call& call, const std::string& key) {
  const std::string name = to_lower(call.name());
  const std::string* owner = call.world.owner_of("vault:" + name);
  if (owner != nullptr && *owner != key)
    return refuse(
        409, "VaultAlreadyExists",
        "The vault name '" + call.name() +
            "' is already in use. Vault names are globally unique so it is possible that the name is already taken. "
            "If you are sure that the vault name was not taken then it is possible that a vault with the same name "
            "was recently deleted but not purged after being placed in a recoverable state. If the vault is in a "
            "recoverable state then the vault will need to be purged before reusing the name. For more information "
            "about VaultAlreadyExists, soft delete and purging a vault follow this link "
            "https://go.microsoft.com/fwlink/?linkid=2147740.");
  const bool recovers = text_at(call.body, {"properties", "createMode"}) == "recover";
  const bool deleted = call.world.owner_of("deleted-vault:" + name) != nullptr;
  if (deleted && !recovers)
    return refuse(
        409, "ConflictError",
        "A vault with the same name already exists in deleted state. You need to either recover or purge existing key "
        "vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.");
  if (!deleted && recovers && owner == nullptr)
    return refuse(
        404, "SoftDeletedVaultDoesNotExist",
        "A soft deleted vault with the given name does not exist. Ensure that the name for the vault that is being "
        "attempted to recover is in a recoverable state.");
  return std::nullopt;
}

Json system_data(const Call& call, const Json* old) {
  const std::string now = azure_time(call.now());
  const Json* before = old == nullptr ? nullptr : member(*old, "systemData");
  return {{"createdBy", before ? text_at(*before, {"createdBy"}) : call.caller.client_id},
          {"createdByType", "Application"},
          {"createdAt", before ? text_at(*before, {"createdAt"}) : now},
          {"lastModifiedBy", call.caller.client_id},
          {"lastModifiedByType", "Application"},
          {"lastModifiedAt", now}};
}

void complete_properties(Json& properties, const std::string& name) {
  properties.erase("createMode");
  set_default(properties, "accessPolicies", Json::array());
  set_default(properties, "enabledForDeployment", false);
  properties["enableSoftDelete"] = true;
  set_default(properties, "softDeleteRetentionInDays", retention_days);
  set_default(properties, "enableRbacAuthorization", false);
  properties["vaultUri"] = "https://" + to_lower(name) + ".vault.azure.net/";
  properties["provisioningState"] = "Succeeded";
  set_default(properties, "publicNetworkAccess", "Enabled");
}

Json vault_json(const Call& call, const Json* old, const std::string& id) {
  Json body = {{"id", id}, {"name", last_name(id)}, {"type", type}};
  body["location"] =
      old != nullptr ? text_at(*old, {"location"}) : canonical_location(text_at(call.body, {"location"}));
  const Json* tags = member(call.body, "tags");
  if (tags == nullptr && old != nullptr) tags = member(*old, "tags");
  body["tags"] = tags != nullptr ? *tags : Json::object();
  body["systemData"] = system_data(call, old);
  Json properties = old != nullptr ? *member(*old, "properties") : Json::object();
  const bool recovers = text_at(call.body, {"properties", "createMode"}) == "recover";
  if (const Json* asked = member(call.body, "properties"); asked != nullptr && !recovers) properties.update(*asked);
  complete_properties(properties, std::string(last_name(id)));
  body["properties"] = std::move(properties);
  return body;
}

/// What the vault was before: as it is, or as it was when it was deleted; nullopt for a wholly new one.
std::optional<Json> earlier_body(const Call& call, const std::string& key) {
  if (const Resource* vault = call.world.find(key)) return parse_body(vault->body);
  if (const std::string* body = call.world.document(remembered(call.name()))) return parse_body(*body);
  return std::nullopt;
}

http::Response put_vault(Call& call) {
  if (auto refusal = check_vault(call)) return std::move(*refusal);
  if (auto refusal = use_provider(call, "Microsoft.KeyVault")) return std::move(*refusal);
  const std::string key = to_lower(vault_id(call));
  if (auto refusal = check_name_free(call, key)) return std::move(*refusal);
  const bool is_new = call.world.find(key) == nullptr;
  const std::optional<Json> old = earlier_body(call, key);
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (old && text_at(*old, {"location"}) != location)
    return location_changed(vault_id(call), text_at(*old, {"location"}), location);
  const std::string id = is_new ? vault_id(call) : call.world.find(key)->id;
  if (const std::string* shelf = call.world.owner_of("deleted-vault:" + to_lower(call.name()));
      shelf != nullptr && is_new) {
    const std::string deleted = *shelf;  // erase() takes it off the index
    call.world.erase(deleted);
  }
  const Resource& vault = call.world.put(id, dump(vault_json(call, old ? &*old : nullptr, id)));
  // As the real service: done at once but for the name, which the resource itself shows in its state.
  if (is_new)
    call.world.start(key, "RegisteringDns", KeyVault::kind, catalog::Verb::create, Effect::settle);
  else
    call.world.takes(KeyVault::kind, catalog::Verb::update);
  return answer(is_new ? 201 : 200, render(vault));
}

http::Response patch_vault(Call& call) {
  const Resource* vault = call.world.find(to_lower(vault_id(call)));
  if (vault == nullptr) return resource_not_found(vault_id(call));
  const Json old = *parse_body(vault->body);
  call.world.takes(KeyVault::kind, catalog::Verb::update);
  const std::string id = vault->id;
  return answer(200, render(call.world.put(id, dump(vault_json(call, &old, id)))));
}

http::Response get_vault(Call& call) { return get_or_404(call, vault_id(call)); }
http::Response list_in_group(Call& call) { return list_below(call, resource_id(call, std::string(type))); }
http::Response list_all(Call& call) { return list_in_subscription(call, type); }

http::Response delete_vault(Call& call) {
  const std::string key = to_lower(vault_id(call));
  if (call.world.find(key) == nullptr) return answer(204);
  call.world.takes(KeyVault::kind, catalog::Verb::remove);
  call.world.erase(key);
  return answer(200);
}

/// Adds, replaces or removes access policies of one vault; entries match by tenant and object.
http::Response put_policies(Call& call) {
  const std::string key = to_lower(vault_id(call));
  const Resource* vault = call.world.find(key);
  if (vault == nullptr) return resource_not_found(vault_id(call));
  const Json* asked = at(call.body, {"properties", "accessPolicies"});
  const std::string kind = to_lower(call.name(1));
  if (asked == nullptr || !asked->is_array()) return bad_request("An invalid value was provided for 'accessPolicies'.");
  Json body = *parse_body(vault->body);
  Json kept = Json::array();
  for (const auto& policy : body["properties"]["accessPolicies"]) {
    const bool named = std::ranges::any_of(*asked, [&](const Json& other) {
      return equals_ignore_case(text_at(other, {"objectId"}), text_at(policy, {"objectId"}));
    });
    if (!named && kind != "replace") kept.push_back(policy);
  }
  if (kind != "remove")
    for (const auto& policy : *asked) kept.push_back(policy);
  body["properties"]["accessPolicies"] = kept;
  call.world.put(vault->id, dump(body));
  return answer(200, Json{{"id", vault->id + "/accessPolicies/"},
                          {"type", "Microsoft.KeyVault/vaults/accessPolicies"},
                          {"properties", {{"accessPolicies", std::move(kept)}}}});
}

// Deleted vaults.

std::string deleted_id(const Call& call) {
  return subscription_id(call) + "/providers/Microsoft.KeyVault/locations/" + canonical_location(call.names[1]) +
         "/deletedVaults/" + call.names[2];
}

http::Response no_deleted_vault(const Call& call) {
  return refuse(404, "DeletedVaultNotFound", "The specified deleted vault '" + call.names[2] + "' does not exist.");
}

http::Response get_deleted(Call& call) {
  const Resource* vault = call.world.find(to_lower(deleted_id(call)));
  return vault == nullptr ? no_deleted_vault(call) : answer(200, vault->body);
}

http::Response list_deleted(Call& call) {
  const std::string prefix = to_lower(subscription_id(call)) + "/providers/microsoft.keyvault/locations/";
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    const auto it = last.empty() ? all.lower_bound(prefix) : all.upper_bound(last);
    if (it == all.end() || !it->first.starts_with(prefix)) return {};
    return {it->first, it->second.body};
  });
}

http::Response list_none(Call&) { return answer(200, Json{{"value", Json::array()}}); }

http::Response purge(Call& call) {
  const std::string key = to_lower(deleted_id(call));
  const Resource* vault = call.world.find(key);
  if (vault == nullptr) return no_deleted_vault(call);
  if (true_at(*parse_body(vault->body), {"properties", "purgeProtectionEnabled"}))
    return refuse(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.");
  std::string operation = vault->operation;
  if (operation.empty())
    operation = call.world.start(key, "Purging", KeyVault::kind, catalog::Verb::remove, Effect::erase).id;
  http::Response response = answer(202);
  response.headers.add(
      "Location", operation_url(call, "Microsoft.KeyVault/locations/" + call.names[1] + "/operationresults", operation,
                                "api-version=" + call.query("api-version")));
  add_retry_after(call, response);
  return response;
}

http::Response check_name(Call& call) {
  const std::string name = text_at(call.body, {"name"});
  if (!equals_ignore_case(text_at(call.body, {"type"}), type))
    return bad_request("An invalid value was provided for 'type'.");
  if (!is_vault_name(name))
    return answer(200, Json{{"nameAvailable", false},
                            {"reason", "AccountNameInvalid"},
                            {"message", "The vault name '" + name + "' is invalid."}});
  const std::string lower = to_lower(name);
  if (call.world.owner_of("vault:" + lower) != nullptr || call.world.owner_of("deleted-vault:" + lower) != nullptr)
    return answer(200, Json{{"nameAvailable", false},
                            {"reason", "AlreadyExists"},
                            {"message", "The name '" + name + "' is already in use."}});
  return answer(200, Json{{"nameAvailable", true}});
}

}  // namespace

void keep_deleted_vault(World& world, const Resource& vault) {
  const Json body = *parse_body(vault.body);
  const std::string name(last_name(vault.id));
  const std::string subscription = vault.id.substr(0, vault.id.find('/', std::string_view("/subscriptions/").size()));
  const std::string location = text_at(body, {"location"});
  const std::string id =
      subscription + "/providers/Microsoft.KeyVault/locations/" + location + "/deletedVaults/" + name;
  const auto days =
      std::chrono::days(number_at(body, {"properties", "softDeleteRetentionInDays"}).value_or(retention_days));
  Json properties = {{"vaultId", vault.id},
                     {"location", location},
                     {"tags", body.value("tags", Json::object())},
                     {"deletionDate", azure_time(world.now())},
                     {"scheduledPurgeDate", azure_time(world.now() + days)}};
  if (true_at(body, {"properties", "enablePurgeProtection"})) properties["purgeProtectionEnabled"] = true;
  world.put(id, dump(Json{{"id", id},
                          {"name", name},
                          {"type", "Microsoft.KeyVault/deletedVaults"},
                          {"properties", std::move(properties)}}));
  world.set_document(remembered(name), vault.body);
}

void forget_deleted_vault(World& world, const Resource& deleted) {
  world.erase_document(remembered(last_name(deleted.id)));
}

void add_key_vault_routes(Routes& routes) {
  const std::string all = "subscriptions/{}/providers/microsoft.keyvault/";
  const std::string in_group = "subscriptions/{}/resourcegroups/{}/providers/microsoft.keyvault/vaults";
  routes.add("POST", all + "checknameavailability", check_name);
  routes.add("GET", all + "vaults", list_all);
  routes.add("GET", all + "deletedvaults", list_deleted);
  // az keyvault list-deleted asks for these too; there are none here.
  routes.add("GET", all + "managedhsms", list_none);
  routes.add("GET", all + "deletedmanagedhsms", list_none);
  routes.add("GET", all + "locations/{}/deletedvaults/{}", get_deleted);
  routes.add("POST", all + "locations/{}/deletedvaults/{}/purge", purge);
  routes.add("GET", in_group, list_in_group);
  routes.add("PUT", in_group + "/{}", put_vault);
  routes.add("PATCH", in_group + "/{}", patch_vault);
  routes.add("GET", in_group + "/{}", get_vault);
  routes.add("DELETE", in_group + "/{}", delete_vault);
  routes.add("PUT", in_group + "/{}/accesspolicies/{}", put_policies);
}

}  // namespace drover::localcloud
