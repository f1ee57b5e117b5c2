#include "control/contents/looks.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "control/contents/fields.hpp"

namespace drover::control {
namespace {

using kubernetes::ObjectKind;
using nlohmann::json;
using planning::ManifestName;
using planning::PruneLook;
using planning::WantedLook;

/// What people lose when a namespace goes. Kinds that a server lacks are passed over; custom resources are not looked
/// for.
const std::vector<ObjectKind>& kinds_of_value() {
  static const std::vector<ObjectKind> kinds = {
      {"", "Pod"},      {"", "PersistentVolumeClaim"}, {"", "Service"},       {"", "ConfigMap"},
      {"", "Secret"},   {"apps", "Deployment"},        {"apps", "DaemonSet"}, {"apps", "StatefulSet"},
      {"batch", "Job"}, {"batch", "CronJob"}};
  return kinds;
}

std::pair<std::string, std::string> group_and_version(const std::string& api_version) {
  const auto slash = api_version.find('/');
  if (slash == std::string::npos) return {"", api_version};
  return {api_version.substr(0, slash), api_version.substr(slash + 1)};
}

/// Made by the cluster in every namespace, or by something that goes as well.
bool comes_by_itself(const json& object) {
  if (has_field(object, "metadata/ownerReferences")) return true;
  if (has_field(object, "metadata/deletionTimestamp")) return true;
  return text_at(object, "type") == "kubernetes.io/service-account-token";
}

/// Put into every namespace by the cluster itself, or by what is installed in it: certificates of authorities.
bool is_of_every_space(const ObjectKind& kind, const json& object) {
  static const std::set<std::string, std::less<>> names = {"kube-root-ca.crt", "istio-ca-root-cert",
                                                           "openshift-service-ca.crt"};
  if (kind.kind != "ConfigMap") return false;
  if (names.contains(text_at(object, "metadata/name"))) return true;
  const auto metadata = object.find("metadata");
  const json managers = metadata == object.end() ? json() : metadata->value("managedFields", json());
  return !managers.empty() && std::ranges::all_of(managers, [](const json& entry) {
    return text_at(entry, "manager") == "kube-controller-manager";
  });
}

Flow<Result<std::vector<std::string>>> strangers_of(kubernetes::Cluster& cluster, std::vector<ObjectKind> kinds,
                                                    std::string space, const std::set<ManifestName>& known) {
  std::vector<std::string> strangers;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const ObjectKind kind = kinds[i];
    kubernetes::ObjectSelection selection;
    selection.kind = kind;
    selection.space = space;
    auto list = co_await cluster.list(std::move(selection));
    if (!list && list.error().code == Code::not_found) continue;
    if (!list) co_return std::unexpected(std::move(list.error()));
    for (const auto& object : *list) {
      const ManifestName name{kind.group, kind.kind, text_at(object, "metadata/namespace"),
                              text_at(object, "metadata/name")};
      if (!known.contains(name) && !comes_by_itself(object) && !is_of_every_space(kind, object))
        strangers.push_back(planning::format_manifest(name));
    }
  }
  co_return strangers;
}

bool is_definition(const ManifestName& name) {
  return name.kind == "CustomResourceDefinition" && name.group == "apiextensions.k8s.io";
}
bool is_space(const ManifestName& name) { return name.kind == "Namespace" && name.group.empty(); }

std::string hint_for(const Error& error, const ManifestName& name) {
  if (error.code == Code::conflict) return "leave the fields to it, or take them over with --force-conflicts";
  if (error.message.find("immutable") != std::string::npos)
    return "Kubernetes does not change it in place: delete it first, or give it another name";
  if (error.code == Code::not_found && !name.space.empty())
    return "put the namespace under namespaces:, or among the manifests";
  return error.hint;
}

}  // namespace

Coming coming_of(const std::vector<Manifest>& manifests) {
  Coming coming;
  for (const auto& manifest : manifests) {
    const json& object = manifest.object;
    const std::string kind = text_at(object, "kind");
    if (kind == "Namespace") coming.spaces.insert(text_at(object, "metadata/name"));
    if (kind == "CustomResourceDefinition")
      coming.kinds[{text_at(object, "spec/group"), text_at(object, "spec/names/kind")}] =
          text_at(object, "spec/scope") != "Cluster";
  }
  return coming;
}

kubernetes::ObjectName object_name(const ManifestName& name, const std::string& version) {
  return {{name.group, name.kind, version}, name.space, name.name};
}

bool is_about_the_cluster(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::deadline || error.code == Code::throttled ||
         error.code == Code::unauthenticated || error.code == Code::cancelled || error.code == Code::corrupt;
}

Error spoken(Error error, const ManifestName& name) {
  error.hint = hint_for(error, name);
  if (name.kind == "Secret" && name.group.empty() && error.code == Code::invalid_input)
    error.message =
        "the cluster takes it for invalid; what it says is left out, as it may repeat what the secret holds";
  return error;
}

Flow<Result<ManifestName>> name_in_cluster(kubernetes::Cluster& cluster, const Manifest& manifest,
                                           const Coming& coming) {
  const json& object = manifest.object;
  const auto [group, version] = group_and_version(text_at(object, "apiVersion"));
  ManifestName name{group, text_at(object, "kind"), text_at(object, "metadata/namespace"),
                    text_at(object, "metadata/name")};
  bool has_space = true;
  ObjectKind kind{name.group, name.kind, version};
  auto resource = co_await cluster.discover(std::move(kind));
  if (resource) {
    has_space = resource->namespaced;
  } else {
    const auto comes = coming.kinds.find({name.group, name.kind});
    if (resource.error().code != Code::not_found || comes == coming.kinds.end())
      co_return std::unexpected(std::move(resource.error()));
    has_space = comes->second;
  }
  if (!has_space)
    name.space.clear();
  else if (name.space.empty())
    name.space = "default";
  co_return name;
}

Flow<Result<WantedLook>> look_at_wanted(kubernetes::Cluster& cluster, const Manifest& manifest,
                                        const ManifestName& name, const Coming& coming, bool force) {
  WantedLook look;
  kubernetes::ObjectName asked = object_name(name, group_and_version(text_at(manifest.object, "apiVersion")).second);
  auto live = co_await cluster.get(std::move(asked));
  if (!live && live.error().code != Code::not_found) {
    if (is_about_the_cluster(live.error())) co_return std::unexpected(std::move(live.error()));
    const Error error = spoken(std::move(live.error()), name);
    look.refusal = error.message;
    look.hint = error.hint;
    co_return look;
  }
  // What is being deleted is waited for, and then made anew.
  const bool is_leaving = live && has_field(*live, "metadata/deletionTimestamp");
  look.is_there = live && !is_leaving;
  if (is_leaving) co_return look;
  const bool comes_later = coming.kinds.contains({name.group, name.kind}) || coming.spaces.contains(name.space);
  kubernetes::ApplyOptions options;
  options.field_manager = field_manager;
  options.force = force;
  options.dry_run = true;
  options.warnings = &look.warnings;
  json object = manifest.object;
  auto made = co_await cluster.apply(std::move(object), options);
  if (made) {
    if (look.is_there) look.fields = planning::changed_fields(*live, *made, field_manager);
    co_return look;
  }
  if (is_about_the_cluster(made.error())) co_return std::unexpected(std::move(made.error()));
  if (made.error().code == Code::not_found && comes_later && !look.is_there) co_return look;
  const Error error = spoken(std::move(made.error()), name);
  look.refusal = error.message;
  look.hint = error.hint;
  co_return look;
}

Flow<Result<PruneLook>> look_at_unwanted(kubernetes::Cluster& cluster, const ManifestName& name,
                                         const std::string& estate, const std::set<ManifestName>& known) {
  PruneLook look;
  auto live = co_await cluster.get(object_name(name));
  if (!live && live.error().code == Code::not_found) co_return look;  // the object, or its whole kind
  if (!live) co_return std::unexpected(std::move(live.error()));
  look.is_there = !has_field(*live, "metadata/deletionTimestamp");
  const json& notes = field_at(*live, "metadata/annotations");
  look.is_ours = notes.is_object() && notes.value(planning::estate_annotation, json()) == estate;
  look.uid = text_at(*live, "metadata/uid");
  std::vector<ObjectKind> kinds;
  if (is_space(name)) kinds = kinds_of_value();
  if (is_definition(name)) kinds.push_back({text_at(*live, "spec/group"), text_at(*live, "spec/names/kind")});
  if (kinds.empty() || !look.is_ours || planning::is_of_kubernetes(name)) co_return look;
  std::string space = is_space(name) ? name.name : "";
  auto strangers = co_await strangers_of(cluster, std::move(kinds), std::move(space), known);
  if (!strangers) co_return std::unexpected(std::move(strangers.error()));
  look.strangers = std::move(*strangers);
  co_return look;
}

}  // namespace drover::control
