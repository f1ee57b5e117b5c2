#include "localcloud/ml/history.hpp"

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/ml/datastores.hpp"
#include "localcloud/ml/names.hpp"
#include "localcloud/ml/staging.hpp"
#include "localcloud/ml/training.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud::ml {
namespace {

constexpr std::array<std::string_view, 2> prefixes = {"/history/v1.0", "/data/v1.0"};
/// Lifetime of the address of a log, in the client's time: clients ask anew each time they look.
constexpr Duration log_lifetime = std::chrono::hours(24);

Json time_or_null(Instant instant) { return instant == Instant{} ? Json(nullptr) : Json(azure_time(instant)); }

/// Names of the logs with their addresses, by what is in the artifacts.
Json log_files(Call& call, const Run& run) {
  Json files = Json::object();
  const auto artifacts = artifact_place(call.world, run);
  if (!artifacts) return files;
  const std::string folder = artifacts->key() + "/";
  const auto& blobs = call.world.blobs();
  for (auto it = blobs.lower_bound(folder); it != blobs.end() && it->first.starts_with(folder); ++it) {
    const std::string name = it->first.substr(folder.size());
    if (!name.starts_with("user_logs/") && !name.starts_with("logs/")) continue;
    const BlobPlace place = artifacts->below(name);
    files[name] = blob_url(call, place) + "?" + sas_query(call.world, place, "r", log_lifetime);
  }
  return files;
}

Json error_of(const Run& run) {
  if (run.error_code.empty()) return nullptr;
  return {{"error",
           {{"code", run.error_code},
            {"message", run.message},
            {"messageParameters", Json::object()},
            {"details", Json::array()}}},
          {"time", time_or_null(run.ended)}};
}

/// What the client prints as warnings: what a job waits for.
Json warnings_of(const Run& run) {
  if (run.note.empty()) return Json::array();
  return Json::array({{{"source", "compute"}, {"message", run.note}}});
}

Json details(Call& call, const Run& run) {
  const Json job = *parse_body(call.world.find(run.key)->body);
  const Json& properties = job["properties"];
  Json made = {{"runId", job["name"]}, {"runUuid", run.uid}, {"rootRunUuid", run.uid}, {"rootRunId", job["name"]}};
  made["target"] = last_name(text_at(properties, {"computeId"}));
  made["status"] = status_of(run);
  made["createdTimeUtc"] = time_or_null(run.created);
  made["startTimeUtc"] = time_or_null(run.started);
  made["endTimeUtc"] = time_or_null(run.ended);
  made["error"] = error_of(run);
  made["warnings"] = warnings_of(run);
  made["tags"] = properties["tags"];
  made["properties"] = properties["properties"];
  made["parameters"] = Json::object();
  made["services"] = Json::object();
  made["inputDatasets"] = Json::array();
  made["outputDatasets"] = Json::array();
  made["runDefinition"] = nullptr;
  made["logFiles"] = log_files(call, run);
  made["revision"] = run.attempt;
  return made;
}

/// "UriFolder" of "uri_folder": the run history's spelling.
std::string history_type(const std::string& type) {
  for (const auto& [ours, theirs] :
       {std::pair("uri_file", "UriFile"), std::pair("uri_folder", "UriFolder"), std::pair("mltable", "MLTable"),
        std::pair("custom_model", "CustomModel"), std::pair("mlflow_model", "MLFlowModel"),
        std::pair("triton_model", "TritonModel")})
    if (type == ours) return theirs;
  return type;
}

/// A run as clients know it beside its details.
Json metadata(Call& call, const Run& run) {
  Json made = details(call, run);
  made.erase("logFiles");
  const Json job = *parse_body(call.world.find(run.key)->body);
  made["displayName"] = job["properties"]["displayName"];
  made["experimentId"] = uuid_of(run.workspace() + "/experiments/" + text_at(job, {"properties", "experimentName"}));
  made["outputs"] = Json::object();
  const Json* outputs = at(job, {"properties", "outputs"});
  if (outputs != nullptr)
    for (const auto& [name, output] : outputs->items())
      if (name != "default")
        made["outputs"][name] = {{"assetId", text_at(output, {"uri"})},
                                 {"type", history_type(text_at(output, {"jobOutputType"}))}};
  return made;
}

http::Response run_not_found(const std::string& name) {
  return refuse(404, "UserError", "Run " + printable(name) + " was not found.");
}

const Run* run_of(const Call& call, const std::string& name) {
  return call.world.training().find(to_lower(workspace_id(call) + "/jobs/" + name));
}

http::Response get_details(Call& call) {
  const Run* run = run_of(call, call.name(1));
  return run == nullptr ? run_not_found(call.name(1)) : answer(200, details(call, *run));
}

http::Response get_run(Call& call) {
  const Run* run = run_of(call, call.name(1));
  return run == nullptr ? run_not_found(call.name(1)) : answer(200, metadata(call, *run));
}

http::Response get_children(Call& call) {
  if (run_of(call, call.name(1)) == nullptr) return run_not_found(call.name(1));
  return answer(200, Json{{"value", Json::array()}});
}

http::Response get_run_data(Call& call) {
  const std::string name = text_at(call.body, {"runId"});
  const Run* run = run_of(call, name);
  if (run == nullptr) return run_not_found(name);
  return answer(200,
                Json{{"runMetadata", metadata(call, *run)}, {"runDefinition", nullptr}, {"jobSpecification", nullptr}});
}

/// Where the data assets that runs made lie; here an output's id is its address already.
http::Response resolve_uris(Call& call) {
  Json values = Json::object();
  if (const Json* asked = member(call.body, "values"); asked != nullptr && asked->is_array())
    for (const auto& id : *asked)
      if (id.is_string()) values[id.get<std::string>()] = {{"uri", id}, {"type", "uri_folder"}};
  return answer(200, Json{{"values", std::move(values)}});
}

const Routes& routes() {
  static const Routes all = [] {
    Routes made;
    made.add("GET", workspace_pattern + "/runs/{}/details", get_details);
    made.add("GET", workspace_pattern + "/runs/{}/children", get_children);
    made.add("GET", workspace_pattern + "/runs/{}", get_run);
    made.add("POST", workspace_pattern + "/rundata", get_run_data);
    // The pattern has a variable where the path has a word.
    made.add("POST", workspace_pattern + "/dataversion/{}", resolve_uris);
    return made;
  }();
  return all;
}

/// Which address each service of the region has: all of them are here.
http::Response discovery(const Call& call) {
  Json all = Json::object();
  for (const auto* name : {"api", "history", "experimentation", "mlflow", "studio", "modelmanagement"})
    all[name] = call.base_url;
  return answer(200, all);
}

}  // namespace

bool is_history_path(std::string_view host, std::string_view path) {
  return host.ends_with(".api.azureml.ms") || path.starts_with("/history/v1.0/") || path.starts_with("/data/v1.0/") ||
         path == "/discovery" || path.starts_with("/discovery/workspaces");
}

http::Response answer_history(Call& call) {
  // Asked without credentials, before the client knows whom to show them to.
  if (call.url.path.starts_with("/discovery")) return discovery(call);
  auto caller = authenticate(call, Audience::arm);
  if (!caller) return std::move(caller.error());
  call.caller = std::move(*caller);
  const auto* const prefix =
      std::ranges::find_if(prefixes, [&](std::string_view word) { return call.url.path.starts_with(word); });
  if (prefix == prefixes.end()) return refuse(404, "NotFound", "The run history has no such path.");
  MatchedPath matched = match_path(call.url.path.substr(prefix->size()));
  const Handler handler = routes().find(call.request.method, matched.pattern);
  if (handler == nullptr) return refuse(404, "NotFound", "The run history of the local cloud has no such call.");
  call.names = std::move(matched.names);
  if (!call.request.body.empty()) {
    auto body = parse_body(call.request.body);
    if (!body || !body->is_object()) return invalid_content("an object was expected");
    call.body = std::move(*body);
  }
  return handler(call);
}

}  // namespace drover::localcloud::ml
