#include "api/mlflow.hpp"

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "base/text.hpp"
#include "control/run_query.hpp"
#include "control/tracking.hpp"

namespace drover::api {
namespace {

using control::Tracking;

constexpr std::array<std::string_view, 2> prefixes = {"/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"};

struct Call {
  const json& asked;  ///< the body, or the query's pairs
  Tracking& tracking;
  Backend& backend;
  std::string job;  ///< whose token came with it; "" for the server's own
};

constexpr const char* job_tag = "drover.job";  ///< of runs that a job's script made beside its own

/// The job of a token that was let in (app/workbench makes them): Bearer job-ID-DIGEST.
std::string job_of(const http::Request& request) {
  const std::string_view mark = "Bearer job-";
  const std::string said(request.headers.get("Authorization").value_or(""));
  if (!said.starts_with(mark)) return "";
  return said.substr(mark.size(), said.find('-', mark.size()) - mark.size());
}

Result<json> nothing(Status done) {
  DROVER_CHECK(std::move(done));
  return json::object();
}

/// MLflow 1 said run_uuid.
std::string run_id(const json& asked) { return asked.value("run_id", asked.value("run_uuid", "")); }

/// A job writes to its own run and to those that it made; it may read all.
Status check_writer(const Call& call) {
  const std::string id = run_id(call.asked);
  if (call.job.empty() || id == control::run_of_job(call.job)) return {};
  DROVER_TRY(run, call.tracking.run(id));
  for (const auto& tag : run.at("data").at("tags"))
    if (tag.at("key") == job_tag && tag.at("value") == call.job) return {};
  return fail(Code::permission_denied, "run " + printable(id) + " is not of job " + call.job);
}

Result<json> create_experiment(const Call& call) {
  DROVER_TRY(id, call.tracking.create_experiment(call.asked.value("name", ""), call.asked.value("tags", json::array()),
                                                 call.backend.real_now()));
  return json{{"experiment_id", id}};
}

Result<json> get_experiment(const Call& call) {
  DROVER_TRY(found, call.tracking.experiment(call.asked.value("experiment_id", "")));
  return json{{"experiment", found}};
}

Result<json> get_experiment_by_name(const Call& call) {
  DROVER_TRY(found, call.tracking.experiment_by_name(call.asked.value("experiment_name", "")));
  return json{{"experiment", found}};
}

/// What is asked of experiments beyond a plain list is refused, never passed over.
Status check_plain(const json& asked) {
  for (const char* key : {"filter", "page_token"})
    if (!asked.value(key, "").empty())
      return fail(Code::invalid_input, std::string(key) + ": a search takes none here yet");
  if (const auto order = asked.find("order_by"); order != asked.end() && !order->empty())
    return fail(Code::invalid_input, "order_by: a search takes none here yet");
  return {};
}

template <class List>
json first_of(const List& list, const json& asked) {
  const auto most = asked.value("max_results", std::int64_t{1000});
  json out = json::array();
  for (const auto& each : list)
    if (static_cast<std::int64_t>(out.size()) < most) out.push_back(each);
  return out;
}

constexpr const char* page_mark = "runs-from-";

/// Where the page begins that an earlier answer's next_page_token is of.
Result<std::size_t> page_begin(std::string_view token) {
  if (token.empty()) return std::size_t{0};
  std::size_t from = 0;
  const std::string_view mark = page_mark;
  if (token.starts_with(mark)) {
    token.remove_prefix(mark.size());
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), from);
    if (!token.empty() && error == std::errc{} && end == token.data() + token.size()) return from;
  }
  return fail(Code::invalid_input, "page_token is none that a search has given");
}

Result<json> search_experiments(const Call& call) {
  DROVER_CHECK(check_plain(call.asked));
  DROVER_TRY(all, call.tracking.experiments());
  return json{{"experiments", first_of(all, call.asked)}};
}

Result<json> create_run(const Call& call) {
  json asked = call.asked;
  if (!call.job.empty()) asked["tags"].push_back({{"key", job_tag}, {"value", call.job}});
  DROVER_TRY(run, call.tracking.create_run(asked, "", call.backend.real_now()));
  return json{{"run", run}};
}

Result<json> get_run(const Call& call) {
  DROVER_TRY(run, call.tracking.run(run_id(call.asked)));
  return json{{"run", run}};
}

Result<json> update_run(const Call& call) {
  DROVER_CHECK(check_writer(call));
  DROVER_TRY(info, call.tracking.update_run(run_id(call.asked), call.asked));
  return json{{"run_info", info}};
}

Result<json> search_runs(const Call& call) {
  DROVER_TRY(filter, control::parse_run_filter(call.asked.value("filter", "")));
  std::vector<control::RunOrder> order;
  for (const auto& text : texts(call.asked, "order_by")) {
    DROVER_TRY(each, control::parse_run_order(text));
    order.push_back(std::move(each));
  }
  DROVER_TRY(from, page_begin(call.asked.value("page_token", "")));
  DROVER_TRY(runs, call.tracking.runs(texts(call.asked, "experiment_ids")));
  std::erase_if(runs, [&](const json& run) { return !control::matches(run, filter); });
  control::sort_runs(runs, order);
  const std::size_t begin = std::min(from, runs.size());
  runs.erase(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(begin));
  json out = {{"runs", first_of(runs, call.asked)}};
  const std::size_t end = begin + out["runs"].size();
  if (out["runs"].size() < runs.size()) out["next_page_token"] = page_mark + std::to_string(end);
  return out;
}

Result<json> log_metric(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(
      call.tracking.log(run_id(call.asked), {.metrics = json::array({call.asked})}, call.backend.real_now()));
}

Result<json> log_parameter(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log(run_id(call.asked), {.params = json::array({call.asked})}, call.backend.real_now()));
}

Result<json> set_tag(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log(run_id(call.asked), {.tags = json::array({call.asked})}, call.backend.real_now()));
}

Result<json> log_batch(const Call& call) {
  DROVER_CHECK(check_writer(call));
  const json none = json::array();
  return nothing(call.tracking.log(run_id(call.asked),
                                   {.metrics = call.asked.value("metrics", none),
                                    .params = call.asked.value("params", none),
                                    .tags = call.asked.value("tags", none)},
                                   call.backend.real_now()));
}

Result<json> metric_history(const Call& call) {
  DROVER_TRY(values, call.tracking.history(run_id(call.asked), call.asked.value("metric_key", "")));
  return json{{"metrics", values}};
}

/// Of a job's run: its outputs. Others write where they like.
Result<json> list_artifacts(const Call& call) {
  DROVER_TRY(run, call.tracking.run(run_id(call.asked)));
  const json& info = run.at("info");
  json files = json::array();
  DROVER_TRY(jobs, call.backend.jobs());
  std::string below = call.asked.value("path", "");
  if (!below.empty()) below += '/';
  if (const auto* job = control::job_of_run(*jobs, info.value("run_id", ""))) {
    DROVER_TRY(outputs, jobs->outputs(*job));
    for (const auto& entry : outputs) {
      if (!entry.path.starts_with(below)) continue;
      const auto slash = entry.path.find('/', below.size());
      json file = {{"path", entry.path.substr(0, slash)}, {"is_dir", slash != std::string::npos}};
      if (slash == std::string::npos) file["file_size"] = entry.bytes;
      if (files.empty() || files.back()["path"] != file["path"]) files.push_back(std::move(file));
    }
  }
  return json{{"root_uri", info.value("artifact_uri", "")}, {"files", files}};
}

struct MlflowRoute {
  std::string_view method, path;
  Result<json> (*handler)(const Call&);
};

constexpr std::array routes = {
    MlflowRoute{"POST", "experiments/create", create_experiment},
    MlflowRoute{"GET", "experiments/get", get_experiment},
    MlflowRoute{"GET", "experiments/get-by-name", get_experiment_by_name},
    MlflowRoute{"POST", "experiments/search", search_experiments},
    MlflowRoute{"GET", "experiments/search", search_experiments},
    MlflowRoute{"POST", "runs/create", create_run},
    MlflowRoute{"GET", "runs/get", get_run},
    MlflowRoute{"POST", "runs/update", update_run},
    MlflowRoute{"POST", "runs/search", search_runs},
    MlflowRoute{"POST", "runs/log-metric", log_metric},
    MlflowRoute{"POST", "runs/log-batch", log_batch},
    MlflowRoute{"POST", "runs/log-parameter", log_parameter},
    MlflowRoute{"POST", "runs/set-tag", set_tag},
    MlflowRoute{"GET", "metrics/get-history", metric_history},
    MlflowRoute{"GET", "artifacts/list", list_artifacts},
};

/// Its words and statuses (mlflow/protos/databricks.proto).
http::Response refuse_mlflow(const Error& error) {
  const auto said = [&](const char* code, int status) {
    return answer({{"error_code", code}, {"message", format_error(error)}}, status);
  };
  switch (error.code) {
    case Code::not_found:
      return said("RESOURCE_DOES_NOT_EXIST", 404);
    case Code::already_exists:
      return said("RESOURCE_ALREADY_EXISTS", 400);
    case Code::permission_denied:
      return said("PERMISSION_DENIED", 403);
    case Code::invalid_input:
      return said("INVALID_PARAMETER_VALUE", 400);
    default:
      return said("INTERNAL_ERROR", 500);
  }
}

json asked_of(const http::Request& request, std::string_view query) {
  if (request.method != "GET") return request.body.empty() ? json::object() : parse_json(request.body);
  json asked = json::object();
  for (const auto& [name, value] : http::parse_query(query)) asked[name] = value;
  if (const auto most = asked.find("max_results"); most != asked.end())
    *most = std::atoll(most->get<std::string>().c_str());
  return asked;
}

}  // namespace

bool is_mlflow(std::string_view path) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return path.starts_with(prefix); });
}

http::Response answer_mlflow(const http::Request& request, Backend& backend) {
  const auto url = http::parse_url(request.url);
  std::string_view path = url ? url->path : "";
  for (const auto prefix : prefixes)
    if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  const auto route = std::ranges::find_if(
      routes, [&](const MlflowRoute& each) { return each.path == path && each.method == request.method; });
  if (route == routes.end())
    return answer({{"error_code", "ENDPOINT_NOT_FOUND"},
                   {"message", "Drover does not answer " + request.method + " " + printable(path) + " of MLflow"}},
                  404);
  const json asked = asked_of(request, url->query);
  if (!asked.is_object())
    return refuse_mlflow({.code = Code::invalid_input, .message = "the request's body is not a JSON object"});
  const auto jobs = backend.jobs();
  if (!jobs) return refuse_mlflow(jobs.error());
  Tracking tracking(backend.store(), *jobs);
  try {
    auto done = route->handler({asked, tracking, backend, job_of(request)});
    return done ? answer(*done) : refuse_mlflow(done.error());
  } catch (const json::exception& error) {  // a member of another type than MLflow says
    return refuse_mlflow({.code = Code::invalid_input, .message = error.what()});
  }
}

}  // namespace drover::api
