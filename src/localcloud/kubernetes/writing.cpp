// create, update and patch: how an object gets into the cluster.
#include <algorithm>

#include "base/text.hpp"
#include "localcloud/kubernetes/admission.hpp"
#include "localcloud/kubernetes/managed_fields.hpp"
#include "localcloud/kubernetes/patches.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/kubernetes/schema.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// The letters of generated names: no vowels, so that no words come out.
constexpr std::string_view name_letters = "bcdfghjklmnpqrstvwxz2456789";
constexpr int name_suffix_length = 5;

/// Where the API keeps its own: callers' values of these are not taken.
constexpr const char* server_fields[] = {"uid",        "creationTimestamp", "deletionTimestamp",
                                         "generation", "resourceVersion",   "deletionGracePeriodSeconds"};

const Structure& structure_of(const ResourceType& type) { return *find_structure(type.kind); }

/// The object is of the path's type, and says so or says nothing.
std::optional<http::Response> check_type(const ApiCall& call, Json& object) {
  const ResourceType& type = *call.target.type;
  const std::string version = text_at(object, {"apiVersion"});
  const std::string kind = text_at(object, {"kind"});
  if ((!kind.empty() && kind != type.kind) || (!version.empty() && version != type.api_version()))
    return bad_request(std::string(type.kind) + " in version \"" + std::string(type.version) +
                       "\" cannot be handled as a " + std::string(type.kind) + ": the object is a " + kind + " of " +
                       version);
  object["apiVersion"] = type.api_version();
  object["kind"] = type.kind;
  if (!object.contains("metadata") || !object["metadata"].is_object()) object["metadata"] = Json::object();
  Json& metadata = object["metadata"];
  const std::string space = text_at(metadata, {"namespace"});
  if (type.namespaced && !space.empty() && space != call.target.space)
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  if (type.namespaced)
    metadata["namespace"] = call.target.space;
  else
    metadata.erase("namespace");
  return std::nullopt;
}

/// Refuses what has the wrong form; unknown fields are dropped, and refused or warned of as the caller asks.
std::optional<http::Response> check_fields(const ApiCall& call, Json& object, std::vector<std::string>& warnings) {
  Complaints complaints;
  check_structure(structure_of(*call.target.type), object, "", complaints);
  const std::string prefix = std::string(call.target.type->kind) + " in version \"" +
                             std::string(call.target.type->version) + "\" cannot be handled as a " +
                             std::string(call.target.type->kind) + ": ";
  if (!complaints.mismatched.empty()) return bad_request(prefix + "json: " + join(complaints.mismatched, ", "));
  std::vector<std::string> unknown;
  for (const auto& path : complaints.unknown) unknown.push_back("unknown field \"" + path + "\"");
  const std::string wanted = call.query("fieldValidation");
  if (!unknown.empty() && wanted == "Strict") return bad_request("strict decoding error: " + join(unknown, ", "));
  if (wanted != "Ignore") warnings = std::move(unknown);
  return std::nullopt;
}

void add_warnings(http::Response& response, const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings)
    response.headers.add("Warning", "299 - \"" + replace_all(warning, "\"", "\\\"") + "\"");
}

std::optional<http::Response> check_space(const ApiCall& call) {
  const Target& target = call.target;
  if (!target.type->namespaced) return std::nullopt;
  if (target.space.empty()) return bad_request("an empty namespace may not be set during creation");
  const Object space = call.cluster->find(type_named("namespaces"), "", target.space);
  if (!space) return not_found(type_named("namespaces"), target.space);
  if (!is_being_deleted(*space)) return std::nullopt;
  return problem(403, "Forbidden",
                 target.type->qualified() + " is forbidden: unable to create new content in namespace " + target.space +
                     " because it is being terminated",
                 {{"name", ""},
                  {"kind", target.type->plural},
                  {"causes", Json::array({{{"reason", "NamespaceTerminating"},
                                           {"message", "namespace " + target.space + " is being terminated"},
                                           {"field", "metadata.namespace"}}})}});
}

void name_it(Cluster& cluster, Json& object) {
  Json& metadata = object["metadata"];
  const std::string prefix = text_at(metadata, {"generateName"});
  if (!name_of(object).empty() || prefix.empty()) return;
  std::string name = prefix.substr(0, 63 - name_suffix_length);
  for (int i = 0; i < name_suffix_length; ++i) name += name_letters[cluster.world().rng().below(name_letters.size())];
  metadata["name"] = name;
}

Writer writer_of(const ApiCall& call) {
  return {call.manager(), call.target.type->api_version(), call.target.subresource};
}

/// Jobs say by a label of their pods which they are.
void label_job(Json& object) {
  if (true_at(object, {"spec", "manualSelector"}) || at(object, {"spec", "selector"}) != nullptr) return;
  Json& labels = object["spec"]["template"]["metadata"]["labels"];
  const std::string uid = uid_of(object);
  for (const char* key : {"controller-uid", "batch.kubernetes.io/controller-uid"}) labels[key] = uid;
  for (const char* key : {"job-name", "batch.kubernetes.io/job-name"}) labels[key] = name_of(object);
  object["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = uid;
}

/// Stores a new object that has been read and checked for form.
http::Response store_new(ApiCall& call, Json object, const std::vector<std::string>& warnings, bool is_applied) {
  Cluster& cluster = *call.cluster;
  const ResourceType& type = *call.target.type;
  if (auto refusal = check_space(call)) return std::move(*refusal);
  name_it(cluster, object);
  Json& metadata = object["metadata"];
  for (const char* field : server_fields) metadata.erase(field);
  metadata["uid"] = cluster.world().rng().uuid();
  metadata["creationTimestamp"] = time_text(cluster.now());
  if (type.has_status && type.plural != "nodes") object.erase("status");
  set_defaults(type, object);
  if (type.plural == "jobs") label_job(object);
  if (at(object, {"spec", "template"}) != nullptr || type.plural == "poddisruptionbudgets") metadata["generation"] = 1;
  if (const auto causes = validate(type, object, nullptr); !causes.empty())
    return invalid(type, name_of(object), causes);
  if (cluster.find(type, space_of(object), name_of(object))) return already_exists(type, name_of(object));
  if (!is_applied) track_update(structure_of(type), nullptr, object, writer_of(call), cluster.now());
  const Object stored =
      call.is_dry_run() ? std::make_shared<const Json>(std::move(object)) : cluster.create(type, std::move(object));
  http::Response response = answer_object(call, 201, stored);
  add_warnings(response, warnings);
  return response;
}

/// What of `object` the caller may not change is put back to what it was.
void keep_what_is_not_asked(const ApiCall& call, const Json& before, Json& object) {
  const ResourceType& type = *call.target.type;
  const auto take = [&](const char* part) {
    if (const Json* value = member(before, part))
      object[part] = *value;
    else
      object.erase(part);
  };
  if (call.target.subresource == "status") {
    for (const char* part : {"spec", "metadata"}) take(part);
  } else if (type.has_status && call.target.subresource.empty()) {
    take("status");
  }
  for (const char* field :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
    if (const Json* value = member(metadata_of(before), field))
      object["metadata"][field] = *value;
    else
      object["metadata"].erase(field);
  }
}

void count_generation(const Json& before, Json& object) {
  const auto generation = number_at(before, {"metadata", "generation"});
  if (generation && object.value("spec", Json()) != before.value("spec", Json()))
    object["metadata"]["generation"] = *generation + 1;
}

/// True when nothing holds a deleted object any longer.
bool may_go(const Json& object) {
  const Json* finalizers = at(object, {"metadata", "finalizers"});
  return is_being_deleted(object) && (finalizers == nullptr || finalizers->empty()) &&
         number_at(object, {"metadata", "deletionGracePeriodSeconds"}).value_or(0) == 0;
}

http::Response store_next(ApiCall& call, const Object& before, Json object, const std::vector<std::string>& warnings,
                          bool is_applied) {
  Cluster& cluster = *call.cluster;
  const ResourceType& type = *call.target.type;
  const std::string name = name_of(*before);
  const std::string expected = text_at(object, {"metadata", "resourceVersion"});
  if (!expected.empty() && expected != text_at(*before, {"metadata", "resourceVersion"})) return conflict(type, name);
  const std::string uid = uid_of(object);
  if (!uid.empty() && uid != uid_of(*before))
    return conflict(type, name,
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + uid_of(*before));
  if (name_of(object) != name)
    return bad_request("the name of the object (" + name_of(object) + ") does not match the name on the URL (" + name +
                       ")");
  keep_what_is_not_asked(call, *before, object);
  object["metadata"]["resourceVersion"] = text_at(*before, {"metadata", "resourceVersion"});
  set_defaults(type, object);
  if (const auto causes = validate(type, object, before.get()); !causes.empty() && call.target.subresource.empty())
    return invalid(type, name, causes);
  count_generation(*before, object);
  if (!is_applied) {
    track_update(structure_of(type), before.get(), object, writer_of(call), cluster.now());
    // A write that changes nothing leaves no trace.
    Json without = object;
    without["metadata"]["managedFields"] = metadata_of(*before).value("managedFields", Json());
    if (without["metadata"]["managedFields"].is_null()) without["metadata"].erase("managedFields");
    if (without == *before) object = *before;
  }
  Object stored = std::make_shared<const Json>(object);
  if (!call.is_dry_run() && type.plural != "namespaces" && may_go(object))
    cluster.remove(type, space_of(object), name);
  else if (!call.is_dry_run())
    stored = cluster.update(type, std::move(object));
  http::Response response = answer_object(call, 200, stored);
  add_warnings(response, warnings);
  return response;
}

Expected<Json> patched(const ApiCall& call, const Json& before) {
  const auto patch = parse_body(call.request.body);
  if (!patch) return std::unexpected(bad_request("error decoding patch: the body is no JSON"));
  const std::string kind = call.header("Content-Type").substr(0, call.header("Content-Type").find(';'));
  const auto refuse = [&](const Error& error) {
    return std::unexpected(
        error.code == Code::precondition
            ? problem(422, "Invalid",
                      "the server rejected our request due to an error in our request: " + error.message)
            : bad_request(error.message));
  };
  if (kind == "application/merge-patch+json") return merge_patch(before, *patch);
  if (kind == "application/json-patch+json") {
    auto made = json_patch(before, *patch);
    if (!made) return refuse(made.error());
    return std::move(*made);
  }
  if (kind == "application/strategic-merge-patch+json") {
    auto made = strategic_patch(structure_of(*call.target.type), before, *patch);
    if (!made) return refuse(made.error());
    return std::move(*made);
  }
  return std::unexpected(problem(415, "UnsupportedMediaType",
                                 "the body of the request was in an unknown format - accepted media types include: "
                                 "application/json-patch+json, application/merge-patch+json, "
                                 "application/strategic-merge-patch+json, application/apply-patch+yaml"));
}

http::Response conflicting(const ApiCall& call, const std::vector<FieldConflict>& conflicts) {
  Json causes = Json::array();
  std::vector<std::string> lines;
  for (const auto& one : conflicts) {
    const std::string text = "conflict with \"" + one.manager + "\" using " + one.api_version;
    causes.push_back({{"reason", "FieldManagerConflict"}, {"message", text}, {"field", one.path}});
    lines.push_back(text + ": " + one.path);
  }
  const std::string count = std::to_string(conflicts.size()) + (conflicts.size() == 1 ? " conflict: " : " conflicts: ");
  return problem(409, "Conflict", "Apply failed with " + count + join(lines, "\n"),
                 {{"name", call.target.name}, {"kind", call.target.type->plural}, {"causes", std::move(causes)}});
}

http::Response apply_object(ApiCall& call) {
  if (call.query("fieldManager").empty())
    return problem(
        422, "Invalid",
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
  auto config = parse_body(call.request.body);
  if (!config || !config->is_object())
    return bad_request("error decoding the applied configuration: only JSON is read here");
  if (auto refusal = check_type(call, *config)) return std::move(*refusal);
  if (at(*config, {"metadata", "managedFields"}) != nullptr) return bad_request("metadata.managedFields must be nil");
  std::vector<std::string> warnings;
  if (auto refusal = check_fields(call, *config, warnings)) return std::move(*refusal);
  (*config)["metadata"]["name"] = call.target.name;
  const ResourceType& type = *call.target.type;
  const Object before = call.cluster->find(type, call.target.space, call.target.name);
  Json live =
      before ? *before : Json{{"apiVersion", type.api_version()}, {"kind", type.kind}, {"metadata", Json::object()}};
  Applied applied =
      apply_config(structure_of(type), live, *config, writer_of(call), call.asks("force"), call.cluster->now());
  if (!applied.conflicts.empty()) return conflicting(call, applied.conflicts);
  return before ? store_next(call, before, std::move(applied.object), warnings, true)
                : store_new(call, std::move(applied.object), warnings, true);
}

}  // namespace

http::Response create_object(ApiCall& call) {
  auto object = read_object(call);
  if (!object) return object.error();
  if (auto refusal = check_type(call, *object)) return std::move(*refusal);
  std::vector<std::string> warnings;
  if (auto refusal = check_fields(call, *object, warnings)) return std::move(*refusal);
  return store_new(call, std::move(*object), warnings, false);
}

http::Response replace_object(ApiCall& call) {
  auto object = read_object(call);
  if (!object) return object.error();
  if (auto refusal = check_type(call, *object)) return std::move(*refusal);
  std::vector<std::string> warnings;
  if (auto refusal = check_fields(call, *object, warnings)) return std::move(*refusal);
  const Object before = call.cluster->find(*call.target.type, call.target.space, call.target.name);
  if (!before) return not_found(*call.target.type, call.target.name);
  return store_next(call, before, std::move(*object), warnings, false);
}

http::Response patch_object(ApiCall& call) {
  if (call.header("Content-Type").starts_with("application/apply-patch+")) return apply_object(call);
  const Object before = call.cluster->find(*call.target.type, call.target.space, call.target.name);
  if (!before) return not_found(*call.target.type, call.target.name);
  auto object = patched(call, *before);
  if (!object) return object.error();
  if (!object->is_object()) return bad_request("the patched object is no object");
  if (auto refusal = check_type(call, *object)) return std::move(*refusal);
  std::vector<std::string> warnings;
  if (auto refusal = check_fields(call, *object, warnings)) return std::move(*refusal);
  return store_next(call, before, std::move(*object), warnings, false);
}

}  // namespace drover::localcloud::kubernetes
