// What jobs are made of, by name and version: code, environments, data, models. A version is never changed in what it
// means; its container says which version is the latest.
#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/datastores.hpp"
#include "localcloud/ml/names.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud::ml {
namespace {

/// Lifetime of an address to upload to, in the client's time. The service's is about this (estimate).
constexpr Duration upload_lifetime = std::chrono::hours(24);

struct AssetKind {
  const char* word;      ///< in paths
  const char* title;     ///< in sentences
  const char* content;   ///< the property that a version must have; "" for none
  const char* constant;  ///< properties that cannot change, a blank between them
  bool has_state;        ///< shows a provisioningState
};
constexpr AssetKind codes{"codes", "code", "", "codeUri", true};
constexpr AssetKind environments{"environments", "environment", "", "image condaFile build osType", true};
constexpr AssetKind data{"data", "data", "dataUri", "dataUri dataType", false};
constexpr AssetKind models{"models", "model", "", "modelUri modelType", true};

std::string container_id(const Call& call, const AssetKind& kind) {
  return workspace_id(call) + "/" + kind.word + "/" + call.name(1);
}
std::string version_id(const Call& call, const AssetKind& kind) {
  return container_id(call, kind) + "/versions/" + call.name(2);
}

std::string type_of(const AssetKind& kind, bool is_version) {
  return std::string(workspace_type) + "/" + kind.word + (is_version ? "/versions" : "");
}

/// What every asset has, on top of what was asked.
Json common_properties(const Call& call, const AssetKind& kind, const Json* old) {
  Json properties = old != nullptr ? *member(*old, "properties") : Json::object();
  if (const Json* asked = member(call.body, "properties"))
    for (const auto& [name, value] : asked->items()) properties[name] = value;
  for (const auto* map : {"tags", "properties"})
    if (member(properties, map) == nullptr) properties[map] = Json::object();
  if (!properties.contains("description")) properties["description"] = nullptr;
  set_default(properties, "isArchived", false);
  if (kind.has_state) properties["provisioningState"] = "Succeeded";
  return properties;
}

Json asset_json(const Call& call, const std::string& id, const std::string& type, Json properties, const Json* old) {
  return {{"id", id},
          {"name", last_name(id)},
          {"type", type},
          {"properties", std::move(properties)},
          {"systemData", system_data(call, old)}};
}

void put_container_json(Call& call, const AssetKind& kind, const Json* old, Json properties) {
  const Resource* present = call.world.find(to_lower(container_id(call, kind)));
  const std::string id = present == nullptr ? container_id(call, kind) : present->id;
  call.world.put(id, dump(asset_json(call, id, type_of(kind, false), std::move(properties), old)));
}

std::optional<Json> body_at(const Call& call, const std::string& id) {
  const Resource* present = call.world.find(to_lower(id));
  return present == nullptr ? std::nullopt : parse_body(present->body);
}

template <const AssetKind& kind>
http::Response put_container(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  if (!is_asset_name(call.name(1))) return bad_asset_name(kind.title, call.name(1));
  const auto old = body_at(call, container_id(call, kind));
  Json properties = common_properties(call, kind, old ? &*old : nullptr);
  if (!properties.contains("latestVersion")) properties["latestVersion"] = nullptr;
  set_default(properties, "nextVersion", "1");
  put_container_json(call, kind, old ? &*old : nullptr, std::move(properties));
  http::Response response = answer(old ? 200 : 201, call.world.find(to_lower(container_id(call, kind)))->body);
  if (!old) add_location(call, response, container_id(call, kind));
  return response;
}

/// The container of a version: there from its first one on, knowing the latest.
void count_version(Call& call, const AssetKind& kind) {
  const auto old = body_at(call, container_id(call, kind));
  Json properties = old ? *member(*old, "properties") : common_properties(call, kind, nullptr);
  if (!old) {
    properties = {
        {"description", nullptr}, {"tags", Json::object()}, {"properties", Json::object()}, {"isArchived", false}};
    if (kind.has_state) properties["provisioningState"] = "Succeeded";
    if (&kind == &data) properties["dataType"] = text_at(call.body, {"properties", "dataType"});
  }
  const std::string& version = call.name(2);
  properties["latestVersion"] = version;
  const auto number = parse_body(version);
  const bool counts = number && number->is_number_unsigned();
  properties["nextVersion"] = counts ? std::to_string(number->get<unsigned long long>() + 1) : "1";
  put_container_json(call, kind, old ? &*old : nullptr, std::move(properties));
}

/// The first property of a version that may not change and would; "" when there is none.
std::string changed_constant(const Call& call, const AssetKind& kind, const Json& old) {
  for (const auto name : split(std::string_view(kind.constant), ' ')) {
    const Json* asked = at(call.body, {"properties", name});
    const Json* present = at(old, {"properties", name});
    if (asked != nullptr && present != nullptr && *asked != *present) return std::string(name);
  }
  return "";
}

std::optional<http::Response> check_version(Call& call, const AssetKind& kind, const Json* old) {
  if (auto refusal = check_workspace_ready(call)) return refusal;
  if (!is_asset_name(call.name(1))) return bad_asset_name(kind.title, call.name(1));
  if (call.name(2).empty() || call.name(2).size() > 255) return bad_asset_name(kind.title, call.name(2));
  const Json* properties = member(call.body, "properties");
  if (properties == nullptr) return user_error("The " + std::string(kind.title) + " has no properties.", "properties");
  if (kind.content[0] != '\0' && text_at(*properties, {kind.content}).empty())
    return user_error("The property " + std::string(kind.content) + " is required.", kind.content);
  if (&kind == &environments && text_at(*properties, {"image"}).empty() && member(*properties, "build") == nullptr)
    return user_error("An environment needs an image, or the build of one.", "image");
  if (old == nullptr) return std::nullopt;
  const std::string changed = changed_constant(call, kind, *old);
  if (changed.empty()) return std::nullopt;
  return refuse(409, "Conflict",
                "The " + std::string(kind.title) + " " + call.name(1) + ":" + call.name(2) +
                    " is registered already, and its " + changed +
                    " cannot be changed. Register it under another version.",
                changed);
}

void complete_version(Json& properties, const AssetKind& kind) {
  set_default(properties, "isAnonymous", false);
  if (&kind != &environments) return;
  set_default(properties, "environmentType", "UserCreated");
  set_default(properties, "osType", "Linux");
}

template <const AssetKind& kind>
http::Response put_version(Call& call) {
  const auto old = body_at(call, version_id(call, kind));
  if (auto refusal = check_version(call, kind, old ? &*old : nullptr)) return std::move(*refusal);
  if (!old) count_version(call, kind);
  const std::string id = old ? text_at(*old, {"id"}) : version_id(call, kind);
  Json properties = common_properties(call, kind, old ? &*old : nullptr);
  complete_version(properties, kind);
  const Resource& made =
      call.world.put(id, dump(asset_json(call, id, type_of(kind, true), std::move(properties), old ? &*old : nullptr)));
  http::Response response = answer(old ? 200 : 201, made.body);
  if (!old) add_location(call, response, id);
  return response;
}

template <const AssetKind& kind>
http::Response get_container(Call& call) {
  return get_or_404(call, container_id(call, kind));
}
template <const AssetKind& kind>
http::Response get_version(Call& call) {
  return get_or_404(call, version_id(call, kind));
}
template <const AssetKind& kind>
http::Response list_containers(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  return list_archived(call, workspace_id(call) + "/" + kind.word);
}
template <const AssetKind& kind>
http::Response list_versions(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  return list_archived(call, container_id(call, kind) + "/versions");
}

template <const AssetKind& kind>
http::Response delete_container(Call& call) {
  const std::string key = to_lower(container_id(call, kind));
  if (call.world.find(key) == nullptr) return answer(204);
  call.world.erase(key);
  return answer(200);
}
template <const AssetKind& kind>
http::Response delete_version(Call& call) {
  const std::string key = to_lower(version_id(call, kind));
  if (call.world.find(key) == nullptr) return answer(204);
  call.world.erase(key);
  return answer(200);
}

/// Where the client may upload a version's files: a folder of its own in the default datastore, by a SAS of its
/// container.
template <const AssetKind& kind>
http::Response start_upload(Call& call) {
  if (auto refusal = check_workspace_ready(call)) return std::move(*refusal);
  if (!is_asset_name(call.name(1))) return bad_asset_name(kind.title, call.name(1));
  const std::string workspace = to_lower(workspace_id(call));
  std::string upload = text_at(call.body, {"pendingUploadId"});
  if (upload.empty()) upload = uuid_of(to_lower(version_id(call, kind)));
  if (!is_asset_name(upload)) return user_error("The pendingUploadId is no name.", "pendingUploadId");
  const auto store = find_place(call.world, workspace, "azureml://datastores/workspaceblobstore/paths");
  if (!store) return user_error(store.error().message);
  const BlobPlace place = store->below("LocalUpload/" + upload);
  const std::string* account = call.world.owner_of("storage:" + store->account);
  const std::string account_id = account == nullptr ? "" : call.world.find(*account)->id;
  Json reference = {{"blobUri", blob_url(call, place)}, {"storageAccountArmId", account_id}};
  reference["credential"] = {
      {"credentialType", "SAS"},
      {"sasUri", blob_url(call, *store) + "?" + sas_query(call.world, *store, "rcwl", upload_lifetime)}};
  return answer(200, Json{{"pendingUploadId", upload},
                          {"pendingUploadType", "TemporaryBlobReference"},
                          {"blobReferenceForConsumption", std::move(reference)}});
}

template <const AssetKind& kind>
void add_routes(Routes& routes) {
  const std::string all = workspace_pattern + "/" + kind.word;
  const std::string versions = all + "/{}/versions";
  routes.add("GET", all, list_containers<kind>);
  routes.add("PUT", all + "/{}", put_container<kind>);
  routes.add("GET", all + "/{}", get_container<kind>);
  routes.add("DELETE", all + "/{}", delete_container<kind>);
  routes.add("GET", versions, list_versions<kind>);
  routes.add("PUT", versions + "/{}", put_version<kind>);
  routes.add("GET", versions + "/{}", get_version<kind>);
  routes.add("DELETE", versions + "/{}", delete_version<kind>);
}

}  // namespace

http::Response list_archived(Call& call, const std::string& collection, Renderer renderer,
                             const std::function<bool(const Resource&)>& passes) {
  const std::string view = call.query("listViewType");
  const std::string prefix = to_lower(collection) + "/";
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    auto it = last.empty() ? all.lower_bound(prefix) : all.upper_bound(last);
    for (; it != all.end() && it->first.starts_with(prefix); ++it) {
      if (it->first.find('/', prefix.size()) != std::string::npos) continue;
      const bool is_archived = it->second.body.find(R"("isArchived":true)") != std::string::npos;
      const bool is_meant = equals_ignore_case(view, "All") || is_archived == equals_ignore_case(view, "ArchivedOnly");
      if (is_meant && (!passes || passes(it->second))) return {it->first, renderer(call, it->second)};
    }
    return {};
  });
}

void add_asset_routes(Routes& routes) {
  add_routes<codes>(routes);
  add_routes<environments>(routes);
  add_routes<data>(routes);
  add_routes<models>(routes);
  const std::string upload = "/{}/versions/{}/startpendingupload";
  routes.add("POST", workspace_pattern + "/codes" + upload, start_upload<codes>);
}

}  // namespace drover::localcloud::ml
