// Datastores of workspaces: names for blob containers. Their keys are kept apart, and only listSecrets shows them.
#include "localcloud/ml/datastores.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/storage.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud::ml {
namespace {

constexpr std::string_view type = "Microsoft.MachineLearningServices/workspaces/datastores";

std::string datastore_id(const Call& call) { return workspace_id(call) + "/datastores/" + call.name(1); }
std::string secrets_key(std::string_view id) { return "ml/secrets" + to_lower(id); }

bool is_default(std::string_view id) {
  const std::string name = to_lower(last_name(id));
  return name == blob_store || name == artifact_store;
}

/// As the peer reaches it: "core.windows.net" in Azure's place, else this host.
std::string render_datastore(const Call& call, const Resource& resource) {
  const auto url = http::parse_url(call.base_url);
  if (!url || url->host.ends_with(".azure.com")) return resource.body;
  return replace_all(resource.body, R"("endpoint":"core.windows.net")", R"("endpoint":")" + url->authority() + "\"");
}

std::optional<http::Response> check_datastore(const Call& call) {
  if (!is_asset_name(call.name(1))) return bad_asset_name("datastore", call.name(1));
  const Json* properties = member(call.body, "properties");
  if (properties == nullptr) return user_error("The datastore has no properties.", "properties");
  const std::string kind = text_at(*properties, {"datastoreType"});
  if (kind != "AzureBlob")
    return user_error("Datastores of type '" + kind + "' are not supported here: only AzureBlob.", "datastoreType");
  if (text_at(*properties, {"credentials", "credentialsType"}).empty())
    return user_error("The datastore must say its credentialsType.", "credentials.credentialsType");
  for (const auto* name : {"accountName", "containerName"})
    if (text_at(*properties, {name}).empty())
      return user_error("The property " + std::string(name) + " of an AzureBlob datastore is required.", name);
  return std::nullopt;
}

Json datastore_json(const Call& call, const std::string& id, const Json* old) {
  const Json& asked = *member(call.body, "properties");
  Json properties = {{"description", nullptr}, {"tags", Json::object()}, {"properties", nullptr}};
  properties.update(asked);
  properties["isDefault"] = old != nullptr && true_at(*old, {"properties", "isDefault"});
  properties["credentials"] = {{"credentialsType", text_at(asked, {"credentials", "credentialsType"})}};
  set_default(properties, "endpoint", "core.windows.net");
  set_default(properties, "protocol", "https");
  set_default(properties, "serviceDataAccessAuthIdentity", "None");
  return {{"id", id},
          {"name", last_name(id)},
          {"type", type},
          {"properties", std::move(properties)},
          {"systemData", system_data(call, old)}};
}

http::Response put_datastore(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  if (auto refusal = check_datastore(call)) return std::move(*refusal);
  const Resource* present = call.world.find(to_lower(datastore_id(call)));
  const std::optional<Json> old = present == nullptr ? std::nullopt : parse_body(present->body);
  const std::string id = present == nullptr ? datastore_id(call) : present->id;
  if (const Json* secrets = at(call.body, {"properties", "credentials", "secrets"}))
    call.world.set_document(secrets_key(id), dump(*secrets));
  const Resource& made = call.world.put(id, dump(datastore_json(call, id, old ? &*old : nullptr)));
  http::Response response = answer(old ? 200 : 201, render_datastore(call, made));
  if (!old) add_location(call, response, id);
  return response;
}

http::Response get_datastore(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  return get_or_404(call, datastore_id(call), render_datastore);
}

http::Response list_datastores(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  const std::string is_default = call.query("isDefault");
  const std::string names = call.query("names");
  return list_archived(call, workspace_id(call) + "/datastores", render_datastore, [&](const Resource& store) {
    const bool shown = store.body.find(R"("isDefault":true)") != std::string::npos;
    if (!is_default.empty() && shown != equals_ignore_case(is_default, "true")) return false;
    const auto wanted = split(std::string_view(names), ',');
    return names.empty() || std::ranges::find(wanted, last_name(store.id)) != wanted.end();
  });
}

http::Response delete_datastore(Call& call) {
  const std::string key = to_lower(datastore_id(call));
  if (call.world.find(key) == nullptr) return answer(204);
  if (is_default(key)) return user_error("The default datastore of a workspace cannot be deleted.");
  call.world.erase_document(secrets_key(key));
  call.world.erase(key);
  return answer(200);
}

http::Response list_secrets(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  const Resource* datastore = call.world.find(to_lower(datastore_id(call)));
  if (datastore == nullptr) return resource_not_found(datastore_id(call));
  if (const std::string* kept = call.world.document(secrets_key(datastore->id))) return answer(200, *kept);
  const Json body = *parse_body(datastore->body);
  if (!is_default(datastore->id)) return user_error("The datastore has no secrets: its credentials are None.");
  const std::string* account = call.world.owner_of("storage:" + text_at(body, {"properties", "accountName"}));
  if (account == nullptr) return user_error("The storage account of the datastore does not exist any more.");
  return answer(200,
                Json{{"secretsType", "AccountKey"}, {"key", base64_encode(storage_key(call.world, *account, "key1"))}});
}

}  // namespace

Json system_data(const Call& call, const Json* old) {
  const std::string now = azure_time(call.now());
  const Json* made = old == nullptr ? nullptr : member(*old, "systemData");
  Json data = made != nullptr
                  ? *made
                  : Json{{"createdAt", now}, {"createdBy", call.caller.object_id}, {"createdByType", "Application"}};
  data["lastModifiedAt"] = now;
  data["lastModifiedBy"] = call.caller.object_id;
  data["lastModifiedByType"] = "Application";
  return data;
}

void add_datastore_routes(Routes& routes) {
  const std::string all = workspace_pattern + std::string("/datastores");
  routes.add("GET", all, list_datastores);
  routes.add("PUT", all + "/{}", put_datastore);
  routes.add("GET", all + "/{}", get_datastore);
  routes.add("DELETE", all + "/{}", delete_datastore);
  routes.add("POST", all + "/{}/listsecrets", list_secrets);
}

}  // namespace drover::localcloud::ml
