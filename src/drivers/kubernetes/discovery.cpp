#include "drivers/kubernetes/discovery.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace drover::kubernetes {
namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

const json& list_at(const json& object, const char* key) {
  static const json none = json::array();
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_array() ? *it : none;
}

ApiResource read_resource(const json& entry, const std::string& group, const std::string& version) {
  ApiResource resource{.group = group,
                       .version = version,
                       .kind = text_at(entry, "kind"),
                       .plural = text_at(entry, "name"),
                       .namespaced = entry.is_object() && entry.value("namespaced", json()) == true,
                       .verbs = {}};
  // A subresource may take a kind of another group: pods/eviction takes policy's Eviction.
  if (!text_at(entry, "version").empty()) {
    resource.group = text_at(entry, "group");
    resource.version = text_at(entry, "version");
  }
  for (const auto& verb : list_at(entry, "verbs"))
    if (verb.is_string()) resource.verbs.push_back(verb.get<std::string>());
  return resource;
}

Error no_such_kind(const ObjectKind& kind) {
  const std::string where = kind.group.empty() ? "the core group" : kind.group;
  return {.code = Code::not_found,
          .message = "the server has no " + kind.kind + " in " + where +
                     (kind.version.empty() ? "" : " in version " + kind.version),
          .hint = "kubectl api-resources lists what it has; a custom resource needs its definition first"};
}

}  // namespace

std::string collection_path(const ApiResource& resource, const std::string& space) {
  std::string path = resource.group.empty() ? "/api/" : "/apis/";
  path += resource.api_version();
  if (resource.namespaced && !space.empty()) path += "/namespaces/" + percent_encode(space);
  return path + "/" + resource.plural;
}

Flow<Status> Discovery::load_groups() {
  if (has_groups_) co_return Status{};
  auto core = co_await get_("/api");
  if (!core) co_return std::unexpected(std::move(core.error()));
  auto named = co_await get_("/apis");
  if (!named) co_return std::unexpected(std::move(named.error()));
  groups_.clear();
  for (const auto& version : list_at(*core, "versions"))
    if (version.is_string()) groups_[""].versions.push_back(version.get<std::string>());
  for (const auto& entry : list_at(*named, "groups")) {
    Group group;
    const json preferred = entry.is_object() ? entry.value("preferredVersion", json()) : json();
    const std::string favourite = text_at(preferred, "version");
    if (!favourite.empty()) group.versions.push_back(favourite);
    for (const auto& version : list_at(entry, "versions"))
      if (const auto name = text_at(version, "version"); !name.empty() && name != favourite)
        group.versions.push_back(name);
    groups_[text_at(entry, "name")] = std::move(group);
  }
  has_groups_ = true;
  co_return Status{};
}

Flow<Result<const std::vector<ApiResource>*>> Discovery::resources(std::string group, std::string version) {
  const std::string path = (group.empty() ? "/api/" : "/apis/" + group + "/") + version;
  if (const auto it = resources_.find(path); it != resources_.end()) co_return &it->second;
  auto list = co_await get_(path);
  if (!list) co_return std::unexpected(std::move(list.error()));
  std::vector<ApiResource> found;
  for (const auto& entry : list_at(*list, "resources")) found.push_back(read_resource(entry, group, version));
  co_return &(resources_[path] = std::move(found));
}

Flow<Result<ApiResource>> Discovery::look(ObjectKind kind) {
  auto loaded = co_await load_groups();
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));
  const auto group = groups_.find(kind.group);
  if (group == groups_.end()) co_return std::unexpected(no_such_kind(kind));
  const std::vector<std::string> versions = group->second.versions;
  for (const auto& version : versions) {
    if (!kind.version.empty() && version != kind.version) continue;
    auto list = co_await resources(kind.group, version);
    if (!list && list.error().code == Code::not_found) continue;
    if (!list) co_return std::unexpected(std::move(list.error()));
    for (const auto& resource : **list)
      if (resource.kind == kind.kind && resource.plural.find('/') == std::string::npos) co_return resource;
  }
  co_return std::unexpected(no_such_kind(kind));
}

Flow<Result<ApiResource>> Discovery::find(ObjectKind kind) {
  const bool was_known = has_groups_;
  auto found = co_await look(kind);
  if (found || found.error().code != Code::not_found || !was_known) co_return found;
  has_groups_ = false;
  resources_.clear();
  auto again = co_await look(kind);
  co_return again;
}

Flow<Result<ApiResource>> Discovery::find_subresource(ObjectKind kind, std::string name) {
  auto owner = co_await find(kind);
  if (!owner) co_return owner;
  auto list = co_await resources(owner->group, owner->version);
  if (!list) co_return std::unexpected(std::move(list.error()));
  for (const auto& resource : **list)
    if (resource.plural == owner->plural + "/" + name) co_return resource;
  co_return fail(Code::not_found, "the server has no " + owner->plural + "/" + name);
}

}  // namespace drover::kubernetes
