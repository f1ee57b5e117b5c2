#include "api/mlflow.hpp"

#include <algorithm>
#include <span>

#include "api/mlflow_request.hpp"
#include "base/json.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "control/run_query.hpp"
#include "control/tracking.hpp"
#include "control/tracking_rules.hpp"

namespace drover::api {
namespace {

using control::Tracking;

constexpr std::array<std::string_view, 2> prefixes = {"/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"};

constexpr std::int64_t results_max = 50000, results_usual = 1000, history_max = 25000;

struct Call {
  const json& asked;  ///< the fields that the route names, each of its kind
  Tracking& tracking;
  Backend& backend;
  std::string job;  ///< whose token came with it; "" for the server's own

  std::string text(const char* name) const { return asked.value(name, ""); }
  std::string run_id() const { return text("run_id"); }
  json list(const char* name) const { return asked.value(name, json::array()); }
};

constexpr const char* job_tag = "drover.job";  ///< of runs and experiments that a job's script made beside its own

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

bool is_made_by(const json& tags, const std::string& job) {
  return std::ranges::any_of(tags, [&](const json& tag) { return tag.at("key") == job_tag && tag.at("value") == job; });
}

/// A job writes to its own run and to those that it made; it may read all.
Status check_writer(const Call& call) {
  const std::string id = call.run_id();
  if (call.job.empty() || id == control::run_of_job(call.job)) return {};
  DROVER_TRY(run, call.tracking.run(id));
  if (is_made_by(run.at("data").at("tags"), call.job)) return {};
  return fail(Code::permission_denied, "run " + printable(id) + " is not of job " + call.job);
}

/// A job changes experiments that it made, and tags the one that its own run is in, which others share.
Status check_experiment_writer(const Call& call, bool is_own_enough) {
  if (call.job.empty()) return {};
  const std::string id = call.text("experiment_id");
  DROVER_TRY(experiment, call.tracking.experiment(id));
  if (is_made_by(experiment.value("tags", json::array()), call.job)) return {};
  const auto own = call.tracking.run(control::run_of_job(call.job));
  if (is_own_enough && own && own->at("info").value("experiment_id", "") == id) return {};
  return fail(Code::permission_denied, "experiment " + printable(id) + " is not of job " + call.job);
}

/// How many come at once: 1 to `max`.
Result<std::size_t> results_asked(const json& asked, std::int64_t usual, std::int64_t max) {
  const auto most = asked.value("max_results", usual);
  if (most >= 1 && most <= max) return static_cast<std::size_t>(most);
  return std::unexpected(control::invalid_value(
      "max_results", most, most < 1 ? " It must be a positive integer" : " It must be at most " + std::to_string(max)));
}

/// One page of what was found, and the token of the next one.
Result<json> page_of(const Call& call, const char* name, const std::vector<json>& found, std::int64_t usual,
                     std::int64_t max) {
  DROVER_TRY(most, results_asked(call.asked, usual, max));
  const std::string mark = std::string(name) + "-from-";  // as earlier answers have it in next_page_token
  const std::string token = call.text("page_token");
  const auto from =
      token.empty()
          ? std::optional<std::size_t>(0)
          : parse_whole<std::size_t>(token.starts_with(mark) ? std::string_view(token).substr(mark.size()) : "");
  if (!from) return fail(Code::invalid_input, "Invalid page token: it is none that an earlier answer has given");
  const std::size_t begin = std::min(*from, found.size()), end = begin + std::min(most, found.size() - begin);
  json out = {{name, json::array()}};
  for (std::size_t i = begin; i < end; ++i) out[name].push_back(found[i]);
  if (end < found.size()) out["next_page_token"] = mark + std::to_string(end);
  return out;
}

control::TrackingView view_asked(const std::string& name) {
  if (name == "ALL") return control::TrackingView::all;
  return name == "DELETED_ONLY" ? control::TrackingView::deleted : control::TrackingView::active;
}

Result<std::vector<control::RunOrder>> order_asked(const Call& call,
                                                   Result<control::RunOrder> (*parse)(std::string_view)) {
  std::vector<control::RunOrder> order;
  for (const auto& text : texts(call.asked, "order_by")) {
    DROVER_TRY(each, parse(text));
    order.push_back(std::move(each));
  }
  return order;
}

Result<json> create_experiment(const Call& call) {
  json tags = call.list("tags");
  if (!call.job.empty()) tags.push_back({{"key", job_tag}, {"value", call.job}});
  DROVER_TRY(id, call.tracking.create_experiment(call.text("name"), tags, call.backend.real_now(),
                                                 call.text("artifact_location")));
  return json{{"experiment_id", id}};
}

Result<json> get_experiment(const Call& call) {
  DROVER_TRY(found, call.tracking.experiment(call.text("experiment_id")));
  return json{{"experiment", found}};
}

Result<json> get_experiment_by_name(const Call& call) {
  DROVER_TRY(found, call.tracking.experiment_by_name(call.text("experiment_name")));
  return json{{"experiment", found}};
}

Result<json> rename_experiment(const Call& call) {
  DROVER_CHECK(check_experiment_writer(call, false));
  return nothing(
      call.tracking.rename_experiment(call.text("experiment_id"), call.text("new_name"), call.backend.real_now()));
}

Result<json> delete_experiment(const Call& call) {
  DROVER_CHECK(check_experiment_writer(call, false));
  return nothing(call.tracking.delete_experiment(call.text("experiment_id"), call.backend.real_now()));
}

Result<json> restore_experiment(const Call& call) {
  DROVER_CHECK(check_experiment_writer(call, false));
  return nothing(call.tracking.restore_experiment(call.text("experiment_id"), call.backend.real_now()));
}

Result<json> set_experiment_tag(const Call& call) {
  DROVER_CHECK(check_experiment_writer(call, true));
  return nothing(call.tracking.tag_experiment(call.text("experiment_id"), call.text("key"), call.text("value"),
                                              call.backend.real_now()));
}

Result<json> delete_experiment_tag(const Call& call) {
  DROVER_CHECK(check_experiment_writer(call, true));
  return nothing(call.tracking.untag_experiment(call.text("experiment_id"), call.text("key"), call.backend.real_now()));
}

/// The newest first where no order is asked for, as MLflow has it.
Result<json> search_experiments(const Call& call) {
  DROVER_TRY(filter, control::parse_experiment_filter(call.text("filter")));
  DROVER_TRY(order, order_asked(call, control::parse_experiment_order));
  if (order.empty()) order = {*control::parse_experiment_order("creation_time DESC")};
  order.push_back(*control::parse_experiment_order("experiment_id DESC"));
  DROVER_TRY(all, call.tracking.experiments());
  const auto view = view_asked(call.text("view_type"));
  std::vector<json> found;
  for (const auto& experiment : all)
    if (json each = control::experiment_as_run(experiment);
        control::is_in_view(experiment, view) && control::matches(each, filter)) {
      each["experiment"] = experiment;
      found.push_back(std::move(each));
    }
  control::sort_runs(found, order);
  for (auto& each : found) each = json(each["experiment"]);
  return page_of(call, "experiments", found, results_usual, results_max);
}

Result<json> create_run(const Call& call) {
  json asked = call.asked;
  if (!call.job.empty()) asked["tags"].push_back({{"key", job_tag}, {"value", call.job}});
  DROVER_TRY(run, call.tracking.create_run(asked, "", call.backend.real_now()));
  return json{{"run", run}};
}

Result<json> get_run(const Call& call) {
  DROVER_TRY(run, call.tracking.run(call.run_id()));
  return json{{"run", run}};
}

Result<json> update_run(const Call& call) {
  DROVER_CHECK(check_writer(call));
  DROVER_TRY(info, call.tracking.update_run(call.run_id(), call.asked));
  return json{{"run_info", info}};
}

Result<json> delete_run(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.delete_run(call.run_id()));
}

Result<json> restore_run(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.restore_run(call.run_id()));
}

Result<json> search_runs(const Call& call) {
  DROVER_TRY(filter, control::parse_run_filter(call.text("filter")));
  DROVER_TRY(order, order_asked(call, control::parse_run_order));
  DROVER_TRY(runs, call.tracking.runs(texts(call.asked, "experiment_ids"), view_asked(call.text("run_view_type"))));
  std::erase_if(runs, [&](const json& run) { return !control::matches(run, filter); });
  control::sort_runs(runs, order);
  return page_of(call, "runs", runs, results_usual, results_max);
}

Result<json> log_metric(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log(call.run_id(), {.metrics = json::array({call.asked})}));
}

Result<json> log_parameter(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log(call.run_id(), {.params = json::array({call.asked})}));
}

Result<json> set_tag(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log(call.run_id(), {.tags = json::array({call.asked})}));
}

Result<json> delete_tag(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.delete_tag(call.run_id(), call.text("key")));
}

Result<json> log_batch(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log(
      call.run_id(), {.metrics = call.list("metrics"), .params = call.list("params"), .tags = call.list("tags")}));
}

Result<json> log_inputs(const Call& call) {
  DROVER_CHECK(check_writer(call));
  return nothing(call.tracking.log_inputs(call.run_id(), call.list("datasets")));
}

Result<json> log_model(const Call& call) {
  DROVER_CHECK(check_writer(call));
  const std::string text = call.text("model_json");
  const json model = parse_json(text);
  if (!model.is_object())
    return fail(Code::invalid_input, "Malformed model info. \n " + printable(text) + " \n is not a valid JSON.");
  std::string missing;
  for (const char* field : {"artifact_path", "flavors", "run_id", "utc_time_created"})
    if (!model.contains(field)) missing += (missing.empty() ? "'" : ", '") + std::string(field) + "'";
  if (!missing.empty()) return fail(Code::invalid_input, "Model json is missing mandatory fields: {" + missing + "}");
  return nothing(call.tracking.log_model(call.run_id(), model));
}

/// By time, then by step, as MLflow's server has them.
Result<json> metric_history(const Call& call) {
  DROVER_TRY(values, call.tracking.history(call.run_id(), call.text("metric_key")));
  std::ranges::stable_sort(values, std::ranges::less{}, [](const json& value) {
    return std::pair(value.value("timestamp", std::int64_t{0}), value.value("step", std::int64_t{0}));
  });
  return page_of(call, "metrics", values, history_max, history_max);
}

/// Of a job's run: its outputs. Others write where they like.
Result<json> list_artifacts(const Call& call) {
  DROVER_TRY(run, call.tracking.run(call.run_id()));
  const json& info = run.at("info");
  json files = json::array();
  DROVER_TRY(jobs, call.backend.jobs());
  std::string below = call.text("path");
  const auto parts = split(below, '/');
  if (below.starts_with('/') || std::ranges::find(parts, "..") != parts.end())
    return fail(Code::invalid_input, "Invalid path");
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

using enum FieldKind;

constexpr std::array experiment_new = {Field{"name", text, true}, Field{"artifact_location"}, Field{"tags", pairs}};
constexpr std::array experiment_one = {Field{"experiment_id", id, true}};
constexpr std::array experiment_named = {Field{"experiment_name", text, true}};
constexpr std::array experiment_renamed = {Field{"experiment_id", id, true}, Field{"new_name", text, true}};
constexpr std::array experiment_tag = {Field{"experiment_id", id, true}, Field{"key", text, true}, Field{"value"}};
constexpr std::array experiments_asked = {Field{"max_results", whole}, Field{"page_token"}, Field{"filter"},
                                          Field{"order_by", FieldKind::texts}, Field{"view_type", view}};
constexpr std::array run_new = {Field{"experiment_id", id}, Field{"user_id"},     Field{"run_name"},
                                Field{"start_time", whole}, Field{"tags", pairs}, Field{"artifact_uri"}};
constexpr std::array run_one = {Field{"run_id", text, true}};
constexpr std::array run_changes = {Field{"run_id", text, true}, Field{"status", status}, Field{"end_time", whole},
                                    Field{"run_name"}, Field{"artifact_uri"}};
constexpr std::array runs_asked = {Field{"experiment_ids", ids},        Field{"filter"},
                                   Field{"run_view_type", view},        Field{"max_results", whole},
                                   Field{"order_by", FieldKind::texts}, Field{"page_token"}};
constexpr std::array metric_new = {Field{"run_id", text, true}, Field{"key", text, true}, Field{"value", real, true},
                                   Field{"timestamp", whole, true}, Field{"step", whole}};
constexpr std::array pair_new = {Field{"run_id", text, true}, Field{"key", text, true}, Field{"value"}};
constexpr std::array batch_new = {Field{"run_id", text, true}, Field{"metrics", metrics}, Field{"params", pairs},
                                  Field{"tags", pairs}};
constexpr std::array inputs_new = {Field{"run_id", text, true}, Field{"datasets", datasets}, Field{"models", none}};
constexpr std::array model_new = {Field{"run_id", text, true}, Field{"model_json", text, true}};
constexpr std::array history_asked = {Field{"run_id", text, true}, Field{"metric_key", text, true},
                                      Field{"max_results", whole}, Field{"page_token"}};
constexpr std::array artifacts_asked = {Field{"run_id", text, true}, Field{"path"}, Field{"page_token"}};

struct MlflowRoute {
  std::string_view method, path;
  Result<json> (*handler)(const Call&);
  std::span<const Field> fields;
};

constexpr std::array routes = {
    MlflowRoute{"POST", "experiments/create", create_experiment, experiment_new},
    MlflowRoute{"GET", "experiments/get", get_experiment, experiment_one},
    MlflowRoute{"GET", "experiments/get-by-name", get_experiment_by_name, experiment_named},
    MlflowRoute{"POST", "experiments/search", search_experiments, experiments_asked},
    MlflowRoute{"GET", "experiments/search", search_experiments, experiments_asked},
    MlflowRoute{"POST", "experiments/update", rename_experiment, experiment_renamed},
    MlflowRoute{"POST", "experiments/delete", delete_experiment, experiment_one},
    MlflowRoute{"POST", "experiments/restore", restore_experiment, experiment_one},
    MlflowRoute{"POST", "experiments/set-experiment-tag", set_experiment_tag, experiment_tag},
    MlflowRoute{"POST", "experiments/delete-experiment-tag", delete_experiment_tag, experiment_tag},
    MlflowRoute{"POST", "runs/create", create_run, run_new},
    MlflowRoute{"GET", "runs/get", get_run, run_one},
    MlflowRoute{"POST", "runs/update", update_run, run_changes},
    MlflowRoute{"POST", "runs/delete", delete_run, run_one},
    MlflowRoute{"POST", "runs/restore", restore_run, run_one},
    MlflowRoute{"POST", "runs/search", search_runs, runs_asked},
    MlflowRoute{"POST", "runs/log-metric", log_metric, metric_new},
    MlflowRoute{"POST", "runs/log-batch", log_batch, batch_new},
    MlflowRoute{"POST", "runs/log-parameter", log_parameter, pair_new},
    MlflowRoute{"POST", "runs/set-tag", set_tag, pair_new},
    MlflowRoute{"POST", "runs/delete-tag", delete_tag, pair_new},
    MlflowRoute{"POST", "runs/log-inputs", log_inputs, inputs_new},
    MlflowRoute{"POST", "runs/log-model", log_model, model_new},
    MlflowRoute{"GET", "metrics/get-history", metric_history, history_asked},
    MlflowRoute{"GET", "artifacts/list", list_artifacts, artifacts_asked},
};

/// Its words and statuses (mlflow/protos/databricks.proto, mlflow/exceptions.py).
std::pair<const char*, int> code_of(Code code) {
  switch (code) {
    case Code::not_found:
      return {"RESOURCE_DOES_NOT_EXIST", 404};
    case Code::already_exists:
      return {"RESOURCE_ALREADY_EXISTS", 400};
    case Code::permission_denied:
      return {"PERMISSION_DENIED", 403};
    case Code::invalid_input:
      return {"INVALID_PARAMETER_VALUE", 400};
    case Code::precondition:
      return {"INVALID_STATE", 500};
    case Code::unavailable:
      return {"TEMPORARILY_UNAVAILABLE", 503};
    default:
      return {"INTERNAL_ERROR", 500};
  }
}

http::Response refuse_mlflow(const Error& error) {
  const auto [code, status_code] = code_of(error.code);
  return answer({{"error_code", code}, {"message", format_error(error)}}, status_code);
}

Result<json> answer_of(const MlflowRoute& route, const http::Request& request, Backend& backend) {
  DROVER_TRY(asked, read_mlflow(request, route.fields));
  DROVER_TRY(jobs, backend.jobs());
  Tracking tracking(backend.store(), jobs);
  return route.handler({asked, tracking, backend, job_of(request)});
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
    return answer(
        {{"error_code", "ENDPOINT_NOT_FOUND"},
         {"message", "Drover does not answer " + printable(request.method + " " + std::string(path)) + " of MLflow"}},
        404);
  try {
    const auto done = answer_of(*route, request, backend);
    return done ? answer(*done) : refuse_mlflow(done.error());
  } catch (const json::exception&) {  // a record of another form than is written here; its words are a library's
    return refuse_mlflow({.code = Code::internal, .message = "What is kept of this does not read."});
  }
}

}  // namespace drover::api
