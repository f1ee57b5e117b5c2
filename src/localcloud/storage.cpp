// Storage accounts (Microsoft.Storage): creation with an empty 202 and a Location, names unique in all of Azure, keys.
#include "localcloud/storage.hpp"

#include <array>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/names.hpp"
#include "localcloud/operations.hpp"
#include "localcloud/regions.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/subscriptions.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view type = "Microsoft.Storage/storageAccounts";
constexpr std::array<std::string_view, 8> sku_names = {"Standard_LRS",  "Standard_GRS",   "Standard_RAGRS",
                                                       "Standard_ZRS",  "Premium_LRS",    "Premium_ZRS",
                                                       "Standard_GZRS", "Standard_RAGZRS"};
constexpr std::array<std::string_view, 5> kinds = {"Storage", "StorageV2", "BlobStorage", "FileStorage",
                                                   "BlockBlobStorage"};

std::string account_id(const Call& call) { return resource_id(call, std::string(type) + "/" + call.name()); }

http::Response invalid_account_name(const std::string& name) {
  return refuse(400, "AccountNameInvalid",
                name +
                    " is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
                    "length and use numbers and lower-case letters only.");
}

http::Response invalid_values(const std::string& parameter) {
  return refuse(400, "InvalidValuesForRequestParameters",
                "Values for request parameters are invalid: " + parameter + ".", parameter);
}

std::optional<http::Response> check_new_account(const Call& call) {
  if (text_at(call.body, {"location"}).empty()) return location_required();
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  if (!is_location(location)) return invalid_location(location, type);
  const std::string sku = text_at(call.body, {"sku", "name"});
  if (std::ranges::find(sku_names, sku) == sku_names.end()) return invalid_values("sku");
  if (std::ranges::find(kinds, text_at(call.body, {"kind"})) == kinds.end()) return invalid_values("kind");
  return std::nullopt;
}

/// Refuses a name that belongs to someone else; nothing when it is free or this very account's.
std::optional<http::Response> check_owner(const Call& call, const std::string& key) {
  const std::string* owner = call.world.owner_of("storage:" + to_lower(call.name()));
  if (owner == nullptr || *owner == key) return std::nullopt;
  if (owner->starts_with(to_lower(subscription_id(call)) + "/"))
    return refuse(409, "StorageAccountInAnotherResourceGroup",
                  "The account " + call.name() + " is already in another resource group in this subscription.");
  return refuse(409, "StorageAccountAlreadyTaken", "The storage account named " + call.name() + " is already taken.");
}

Json encryption(const Json* asked, const std::string& time) {
  Json made = {{"keySource", "Microsoft.Storage"}};
  if (asked != nullptr)
    for (const auto& [name, value] : asked->items())
      if (name != "services") made[name] = value;
  for (const auto* service : {"file", "blob"})
    made["services"][service] = {{"keyType", "Account"}, {"enabled", true}, {"lastEnabledTime", time}};
  return made;
}

Json endpoints(const std::string& name) {
  Json all = Json::object();
  for (const auto* service : {"dfs", "web", "blob", "queue", "table", "file"})
    all[service] = "https://" + name + "." + service + ".core.windows.net/";
  return all;
}

/// Properties that Azure decides or fills in, on top of what the caller asked.
void complete_properties(Json& properties, const std::string& name, const std::string& location,
                         const std::string& time) {
  set_default(properties, "minimumTlsVersion", "TLS1_0");
  set_default(properties, "allowBlobPublicAccess", false);
  set_default(properties, "supportsHttpsTrafficOnly", true);
  set_default(properties, "accessTier", "Hot");
  set_default(properties, "networkAcls",
              {{"bypass", "AzureServices"},
               {"virtualNetworkRules", Json::array()},
               {"ipRules", Json::array()},
               {"defaultAction", "Allow"}});
  properties["encryption"] = encryption(member(properties, "encryption"), time);
  properties["keyCreationTime"] = {{"key1", time}, {"key2", time}};
  properties["privateEndpointConnections"] = Json::array();
  properties["provisioningState"] = "Succeeded";
  properties["creationTime"] = time;
  properties["primaryEndpoints"] = endpoints(name);
  properties["primaryLocation"] = location;
  properties["statusOfPrimary"] = "available";
}

/// The account as it will be. `old` (null for a new one) gives what the caller leaves out.
Json account_json(const Call& call, const Json* old, const std::string& id) {
  const Json& asked = call.body;
  const auto choose = [&](std::string_view name) -> const Json* {
    const Json* mine = member(asked, name);
    return mine != nullptr || old == nullptr ? mine : member(*old, name);
  };
  const std::string location = canonical_location(choose("location")->get<std::string>());
  const std::string sku = text_at(*choose("sku"), {"name"});
  Json body = {{"sku", {{"name", sku}, {"tier", sku.starts_with("Premium") ? "Premium" : "Standard"}}},
               {"kind", *choose("kind")},
               {"id", id},
               {"name", last_name(id)},
               {"type", type},
               {"location", location}};
  body["tags"] = choose("tags") != nullptr ? *choose("tags") : Json::object();
  if (const Json* identity = choose("identity")) body["identity"] = *identity;
  Json properties = old != nullptr && member(*old, "properties") ? *member(*old, "properties") : Json::object();
  const std::string time = old == nullptr ? azure_time(call.now()) : text_at(*old, {"properties", "creationTime"});
  if (const Json* wanted = member(asked, "properties")) properties.update(*wanted);
  complete_properties(properties, std::string(last_name(id)), location, time);
  body["properties"] = std::move(properties);
  return body;
}

/// An empty 202 whose Location answers with the account once it is made.
http::Response accepted(const Call& call, const Operation& operation, const std::string& location) {
  http::Response response = answer(202);
  response.headers.add("Location",
                       operation_url(call, "Microsoft.Storage/locations/" + location + "/asyncoperations", operation.id,
                                     "monitor=true&api-version=" + call.query("api-version")));
  add_retry_after(call, response);
  return response;
}

http::Response update_account(Call& call, const Resource& account) {
  const Json old = *parse_body(account.body);
  const std::string location = canonical_location(text_at(call.body, {"location"}));
  const std::string before = text_at(old, {"location"});
  if (!location.empty() && location != before) return location_changed(account.id, before, location);
  call.world.takes(StorageAccount::kind, catalog::Verb::update);
  const std::string id = account.id;
  return answer(200, render_storage_account(call, call.world.put(id, dump(account_json(call, &old, id)))));
}

http::Response put_account(Call& call) {
  if (!is_storage_account_name(call.name())) return invalid_account_name(call.name());
  if (auto refusal = use_provider(call, "Microsoft.Storage")) return std::move(*refusal);
  const std::string id = account_id(call);
  const std::string key = to_lower(id);
  if (auto refusal = check_owner(call, key)) return std::move(*refusal);
  if (auto refusal = check_new_account(call)) return std::move(*refusal);
  if (const Resource* account = call.world.find(key)) {
    if (account->state == "Creating")
      return refuse(409, "StorageAccountOperationInProgress",
                    "An operation is currently performing on this storage account that requires exclusive access.");
    if (account->state.empty()) return update_account(call, *account);
  }
  call.world.put(id, dump(account_json(call, nullptr, id)));
  const Operation& operation =
      call.world.start(key, "Creating", StorageAccount::kind, catalog::Verb::create, Effect::settle);
  return accepted(call, operation, canonical_location(text_at(call.body, {"location"})));
}

http::Response patch_account(Call& call) {
  const Resource* account = call.world.find(to_lower(account_id(call)));
  if (account == nullptr) return resource_not_found(account_id(call));
  if (auto refusal = check_account_ready(*account)) return std::move(*refusal);
  return update_account(call, *account);
}

http::Response get_account(Call& call) { return get_or_404(call, account_id(call), render_storage_account); }

http::Response delete_account(Call& call) {
  const std::string key = to_lower(account_id(call));
  if (call.world.find(key) == nullptr) return answer(204);
  call.world.takes(StorageAccount::kind, catalog::Verb::remove);
  call.world.erase(key);
  return answer(200);
}

http::Response list_in_group(Call& call) {
  return list_below(call, resource_id(call, std::string(type)), render_storage_account);
}

http::Response list_all(Call& call) { return list_in_subscription(call, type, render_storage_account); }

http::Response keys_answer(Call& call, const Resource& account) {
  const std::string key = to_lower(account.id);
  const std::string time = text_at(*parse_body(account.body), {"properties", "creationTime"});
  Json keys = Json::array();
  for (const auto* name : {"key1", "key2"})
    keys.push_back({{"creationTime", time},
                    {"keyName", name},
                    {"value", base64_encode(storage_key(call.world, key, name))},
                    {"permissions", "Full"}});
  return answer(200, Json{{"keys", std::move(keys)}});
}

http::Response list_keys(Call& call) {
  const Resource* account = call.world.find(to_lower(account_id(call)));
  if (account == nullptr) return resource_not_found(account_id(call));
  if (auto refusal = check_account_ready(*account)) return std::move(*refusal);
  return keys_answer(call, *account);
}

http::Response regenerate_key(Call& call) {
  const Resource* account = call.world.find(to_lower(account_id(call)));
  if (account == nullptr) return resource_not_found(account_id(call));
  const std::string name = text_at(call.body, {"keyName"});
  if (name != "key1" && name != "key2") return invalid_values("keyName");
  const std::string document = "storage-key/" + to_lower(account->id) + "/" + name;
  const std::string* generation = call.world.document(document);
  call.world.set_document(document,
                          std::to_string(generation == nullptr ? 1 : parse_whole<int>(*generation).value_or(0) + 1));
  return keys_answer(call, *account);
}

http::Response check_name(Call& call) {
  const std::string name = text_at(call.body, {"name"});
  if (!equals_ignore_case(text_at(call.body, {"type"}), type)) return invalid_values("type");
  const auto unavailable = [](const char* reason, const std::string& message) {
    return answer(200, Json{{"nameAvailable", false}, {"reason", reason}, {"message", message}});
  };
  if (!is_storage_account_name(name))
    return unavailable("AccountNameInvalid", name +
                                                 " is not a valid storage account name. Storage account name must be "
                                                 "between 3 and 24 characters in length and use numbers and lower-case "
                                                 "letters only.");
  if (call.world.owner_of("storage:" + name) != nullptr)
    return unavailable("AlreadyExists", "The storage account named " + name + " is already taken.");
  return answer(200, Json{{"nameAvailable", true}});
}

}  // namespace

std::string render_storage_account(const Call& call, const Resource& resource) {
  std::string text = render(resource);
  const auto url = http::parse_url(call.base_url);
  if (!url || url->host.ends_with(".azure.com")) return text;
  const std::string name(last_name(resource.id));
  return replace_all(std::move(text), "https://" + name + ".blob.core.windows.net/", call.base_url + "/" + name + "/");
}

std::string storage_key(const World& world, std::string_view account_key, std::string_view key_name) {
  const std::string document = "storage-key/" + std::string(account_key) + "/" + std::string(key_name);
  const std::string* generation = world.document(document);
  const std::string seed = document + "/" + (generation == nullptr ? "0" : *generation);
  // Azure's keys have 64 bytes.
  return hmac_sha256(world.signing_key(), seed + "/1") + hmac_sha256(world.signing_key(), seed + "/2");
}

std::optional<http::Response> check_account_ready(const Resource& account) {
  if (account.state.empty()) return std::nullopt;
  return refuse(409, "StorageAccountIsNotProvisioned",
                "The storage account provisioning state must be 'Succeeded' before executing the operation.");
}

void add_storage_routes(Routes& routes) {
  const std::string all = "subscriptions/{}/providers/microsoft.storage/";
  const std::string in_group = "subscriptions/{}/resourcegroups/{}/providers/microsoft.storage/storageaccounts";
  const std::string item = in_group + "/{}";
  routes.add("POST", all + "checknameavailability", check_name);
  routes.add("GET", all + "storageaccounts", list_all);
  routes.add("GET", in_group, list_in_group);
  routes.add("PUT", item, put_account);
  routes.add("PATCH", item, patch_account);
  routes.add("GET", item, get_account);
  routes.add("DELETE", item, delete_account);
  routes.add("POST", item + "/listkeys", list_keys);
  routes.add("POST", item + "/regeneratekey", regenerate_key);
}

}  // namespace drover::localcloud
