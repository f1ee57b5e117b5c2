// Which blobs an address of data means, and the datastores that every workspace begins with.
#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/blob_sas.hpp"
#include "localcloud/containers.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/datastores.hpp"
#include "localcloud/storage.hpp"

namespace drover::localcloud::ml {
namespace {

/// Chains of data assets that name each other end here.
constexpr int references_max = 4;

std::string_view without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::unexpected<Error> no_such(const std::string& what, const std::string& uri) {
  return fail(Code::not_found, what + " (of the address " + printable(uri) + ")");
}

Result<BlobPlace> in_datastore(const World& world, const std::string& workspace, const std::string& name,
                               std::string_view path, const std::string& uri) {
  const Resource* datastore = world.find(workspace + "/datastores/" + to_lower(name));
  if (datastore == nullptr) return no_such("the workspace has no datastore '" + printable(name) + "'", uri);
  const Json body = *parse_body(datastore->body);
  return BlobPlace{text_at(body, {"properties", "accountName"}), text_at(body, {"properties", "containerName"}),
                   std::string(without_slashes(path))};
}

/// ".../datastores/NAME[/paths]/PATH" of an azureml:// address.
Result<BlobPlace> of_azureml(const World& world, const std::string& workspace, const std::string& uri) {
  constexpr std::string_view word = "datastores/";
  const auto begin = to_lower(uri).find(word, 10);
  if (begin == std::string::npos) return fail(Code::invalid_input, "no datastore in the address " + printable(uri));
  std::string_view rest = std::string_view(uri).substr(begin + word.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const std::string name(rest.substr(0, slash));
  rest = without_slashes(rest.substr(slash));
  if (rest == "paths") rest = {};
  if (rest.starts_with("paths/")) rest.remove_prefix(6);
  // Which workspace a long one names; they may look into each other, as in Azure with the same identity.
  const std::string lower = to_lower(uri);
  const auto group = lower.find("/resourcegroups/");
  const auto end = lower.find("/datastores/");
  std::string owner = workspace;
  if (lower.starts_with("azureml://subscriptions/") && group != std::string::npos) {
    const auto parts = split(std::string_view(lower).substr(10, end - 10), '/');
    if (parts.size() >= 6)
      owner = "/subscriptions/" + std::string(parts[1]) + "/resourcegroups/" + std::string(parts[3]) +
              "/providers/microsoft.machinelearningservices/workspaces/" + std::string(parts.back());
  }
  return in_datastore(world, owner, name, rest, uri);
}

Result<BlobPlace> existing(const World& world, BlobPlace place, const std::string& uri) {
  if (world.owner_of("storage:" + place.account) == nullptr)
    return no_such("there is no storage account '" + printable(place.account) + "' in this world", uri);
  return place;
}

Result<BlobPlace> of_wasbs(const World& world, const std::string& uri) {
  const auto at = uri.find('@');
  if (at == std::string::npos) return fail(Code::invalid_input, "no container@account in " + printable(uri));
  const std::string container = uri.substr(uri.find("//") + 2, at - uri.find("//") - 2);
  std::string_view host = std::string_view(uri).substr(at + 1);
  const auto slash = std::min(host.find('/'), host.size());
  const std::string_view path = host.substr(slash);
  host = host.substr(0, slash);
  return existing(world, {std::string(host.substr(0, host.find('.'))), container, std::string(without_slashes(path))},
                  uri);
}

Result<BlobPlace> of_https(const World& world, const std::string& uri) {
  const auto url = http::parse_url(uri);
  if (!url) return fail(Code::invalid_input, printable(uri) + " is not an address");
  std::string path(without_slashes(percent_decode(url->path)));
  std::string account = to_lower(url->host);
  if (const auto blob = account.find(".blob."); blob != std::string::npos) {
    account.resize(blob);
  } else {
    account = path.substr(0, path.find('/'));
    path.erase(0, std::min(path.size(), account.size() + 1));
    if (world.owner_of("storage:" + account) == nullptr)
      return no_such("the local cloud reaches only the storage accounts of its own world", uri);
  }
  const auto slash = std::min(path.find('/'), path.size());
  return existing(world, {account, path.substr(0, slash), std::string(without_slashes(path.substr(slash)))}, uri);
}

/// The dataUri of a data asset that an ARM id or azureml:NAME:VERSION names; "" when `uri` is of neither form.
Result<std::string> of_asset(const World& world, const std::string& workspace, const std::string& uri) {
  std::string key = to_lower(uri);
  if (key.starts_with("azureml:/")) key.erase(0, 8);
  if (!key.starts_with("/subscriptions/")) {
    const auto parts = split(std::string_view(key), ':');
    if (parts.size() != 3 || parts[0] != "azureml") return std::string();
    key = workspace + "/data/" + std::string(parts[1]) + "/versions/" + std::string(parts[2]);
  }
  const Resource* asset = world.find(key);
  if (asset == nullptr || key.find("/data/") == std::string::npos) return no_such("there is no such data asset", uri);
  return text_at(*parse_body(asset->body), {"properties", "dataUri"});
}

void keep_one(World& world, const Resource& workspace, const Json& body, std::string_view name,
              const std::string& container) {
  const std::string id = workspace.id + "/datastores/" + std::string(name);
  if (world.find(to_lower(id)) != nullptr) return;
  const std::string account = text_at(body, {"properties", "storageAccount"});
  const std::string holder = container_id(account, container);
  if (world.find(to_lower(account)) != nullptr && world.find(to_lower(holder)) == nullptr)
    put_container_record(world, holder, "None", "");
  const std::string now = azure_time(world.now());
  Json properties = {{"description", nullptr},
                     {"tags", nullptr},
                     {"properties", nullptr},
                     {"isDefault", name == blob_store},
                     {"credentials", {{"credentialsType", "AccountKey"}}},
                     {"datastoreType", "AzureBlob"},
                     {"accountName", last_name(account)},
                     {"containerName", container},
                     {"endpoint", "core.windows.net"},
                     {"protocol", "https"},
                     {"serviceDataAccessAuthIdentity", "WorkspaceSystemAssignedIdentity"}};
  Json by = {{"createdAt", now},      {"createdBy", "workspace"},      {"createdByType", "Application"},
             {"lastModifiedAt", now}, {"lastModifiedBy", "workspace"}, {"lastModifiedByType", "Application"}};
  world.put(id, dump(Json{{"id", id},
                          {"name", name},
                          {"type", "Microsoft.MachineLearningServices/workspaces/datastores"},
                          {"properties", std::move(properties)},
                          {"systemData", std::move(by)}}));
}

}  // namespace

BlobPlace BlobPlace::below(std::string_view name) const {
  return {account, container, path.empty() ? std::string(name) : path + "/" + std::string(name)};
}

void keep_default_datastores(World& world, const std::string& key) {
  const Resource* found = world.find(key);
  if (found == nullptr) return;
  const Resource workspace = *found;  // what is put below may move it
  const Json body = *parse_body(workspace.body);
  keep_one(world, workspace, body, blob_store,
           "azureml-blobstore-" + to_lower(text_at(body, {"properties", "workspaceId"})));
  keep_one(world, workspace, body, artifact_store, "azureml");
}

Result<BlobPlace> find_place(const World& world, const std::string& workspace, const std::string& asked) {
  std::string uri = asked;
  for (int i = 0; i < references_max; ++i) {
    if (starts_with_ignore_case(uri, "azureml://")) return of_azureml(world, workspace, uri);
    if (starts_with_ignore_case(uri, "wasbs://") || starts_with_ignore_case(uri, "wasb://"))
      return of_wasbs(world, uri);
    if (starts_with_ignore_case(uri, "https://") || starts_with_ignore_case(uri, "http://"))
      return of_https(world, uri);
    DROVER_TRY(next, of_asset(world, workspace, uri));
    if (next.empty()) break;
    uri = std::move(next);
  }
  return fail(Code::invalid_input, "the address " + printable(asked) + " is of no kind that a job can read",
              "azureml://datastores/NAME/paths/PATH, wasbs:// or https:// of a storage account, or a data asset");
}

std::string blob_url(const Call& call, const BlobPlace& place) {
  const std::string path = "/" + place.container + (place.path.empty() ? "" : "/" + percent_encode(place.path, "/"));
  const auto url = http::parse_url(call.base_url);
  if (!url || url->host.ends_with(".azure.com") || url->host.ends_with(".azureml.ms"))
    return "https://" + place.account + ".blob.core.windows.net" + path;
  return call.base_url + "/" + place.account + path;
}

std::string sas_query(World& world, const BlobPlace& place, std::string_view permissions, Duration lifetime) {
  const std::string* account = world.owner_of("storage:" + place.account);
  if (account == nullptr) return "";
  const std::string path = "/" + place.container + (place.path.empty() ? "" : "/" + place.path);
  return make_sas(place.account, path, permissions, world.fleet().now() + lifetime,
                  storage_key(world, *account, "key1"));
}

}  // namespace drover::localcloud::ml
