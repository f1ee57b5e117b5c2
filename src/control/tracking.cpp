#include "control/tracking.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "control/tracking_rules.hpp"
#include "jobs/pod_manifest.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

constexpr std::string_view shelf_runs = "tracking/run/", shelf_metrics = "tracking/metric/";
constexpr std::size_t run_id_length = 32;
constexpr const char* name_tag = "mlflow.runName";
constexpr const char* models_tag = "mlflow.log-model.history";

std::int64_t milliseconds(Instant instant) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

std::string hexadecimal(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append({digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

/// So that keys are in the order of numbers.
std::string padded_number(std::uint64_t number) {
  std::string text = std::to_string(number);
  return std::string(12 - std::min<std::size_t>(text.size(), 12), '0') + text;
}

json pairs_of(const json& map) {
  json list = json::array();
  for (const auto& [key, value] : map.items()) list.push_back({{"key", key}, {"value", value}});
  return list;
}

/// As the API gives a run, from how it is kept.
json shown(const json& record) {
  json metrics = json::array();
  for (const auto& [key, last] : record.at("latest").items())
    metrics.push_back(
        {{"key", key}, {"value", last.at("value")}, {"timestamp", last.at("timestamp")}, {"step", last.at("step")}});
  json out = {
      {"info", record.at("info")},
      {"data",
       {{"metrics", metrics}, {"params", pairs_of(record.at("params"))}, {"tags", pairs_of(record.at("tags"))}}}};
  if (const auto inputs = record.find("inputs"); inputs != record.end()) out["inputs"] = {{"dataset_inputs", *inputs}};
  return out;
}

/// Where one of several stands in a request: "params[2].key"; of one alone: "key".
std::string place(const json& list, const char* what, std::size_t index, const char* member) {
  return list.size() == 1 ? std::string(member) : std::string(what) + "[" + std::to_string(index) + "]." + member;
}

Result<std::string> name_of(const json& list, const char* what, std::size_t index) {
  const std::string path = place(list, what, index, "key");
  const auto it = list[index].find("key");
  if (it == list[index].end() || !it->is_string()) return std::unexpected(missing_value(path));
  DROVER_CHECK(check_tracking_name(path, it->get_ref<const std::string&>()));
  return it->get<std::string>();
}

/// The member as a whole number; `otherwise` where there is none.
Result<std::int64_t> whole_number(const json& from, const char* name, std::int64_t otherwise) {
  const auto it = from.find(name);
  return it == from.end() || it->is_null() ? otherwise : read_whole(name, *it);
}

Error changed_param(const std::string& key, const std::string& known, const std::string& run_id,
                    const std::string& value) {
  return {.code = Code::invalid_input,
          .message = "Changing param values is not allowed. Param with key='" + key +
                     "' was already logged with value='" + known + "' for run ID='" + run_id +
                     "'. Attempted logging new value '" + value + "'."};
}

Status put_params(json& into, const json& params, const std::string& run_id) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    DROVER_TRY(key, name_of(params, "params", i));
    const std::string value = params[i].value("value", "");
    DROVER_CHECK(check_length(place(params, "params", i, "value"), value, param_value_characters_max));
    if (const auto known = into.find(key); known != into.end() && *known != value)
      return std::unexpected(changed_param(key, known->get<std::string>(), run_id, value));
    into[key] = value;
  }
  return {};
}

Status put_tags(json& into, const json& tags) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    DROVER_TRY(key, name_of(tags, "tags", i));
    const std::string value = tags[i].value("value", "");
    DROVER_CHECK(check_length(place(tags, "tags", i, "value"), value, tag_value_characters_max));
    into[key] = value;
  }
  return {};
}

/// As numbers compare in MLflow's own stores, where NaN counts as 0.
double rank_of(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "Infinity") return HUGE_VAL;
  return value == "-Infinity" ? -HUGE_VAL : 0.0;
}

/// Whether a value is the one to show: of the highest step, then the latest, then the greatest.
bool is_later(const json& one, const json& other) {
  const auto order = [](const json& each) {
    return std::tuple(each.at("step").get<std::int64_t>(), each.at("timestamp").get<std::int64_t>(),
                      rank_of(each.at("value")));
  };
  return order(one) > order(other);
}

/// A value to keep, from {key, value, timestamp, step}.
Result<json> new_value(const json& metrics, std::size_t index) {
  const json& entry = metrics[index];
  const auto path = [&](const char* member) { return place(metrics, "metrics", index, member); };
  for (const char* member : {"value", "timestamp"})
    if (!entry.contains(member)) return std::unexpected(missing_value(path(member)));
  DROVER_TRY(value, read_real(path("value"), entry.at("value")));
  DROVER_TRY(timestamp, read_whole(path("timestamp"), entry.at("timestamp")));
  if (timestamp < 0)
    return std::unexpected(
        invalid_value(path("timestamp"), timestamp, "Timestamp must be a nonnegative long (64-bit integer)"));
  const auto step = entry.find("step");
  if (step == entry.end() || step->is_null()) return json{{"value", value}, {"timestamp", timestamp}, {"step", 0}};
  DROVER_TRY(number, read_whole(path("step"), *step));
  return json{{"value", value}, {"timestamp", timestamp}, {"step", number}};
}

/// Whether `made` is what was kept last: a client asks again where an answer was lost, and MLflow keeps a value once.
bool is_same_again(const json& latest, const json& made) {
  return latest.is_object() && latest.contains("last") && latest.at("last") == made;
}

/// Values to be kept beside the run's record, whose latest ones are brought up to date.
Status put_metrics(json& record, const std::string& run_id, const json& metrics, std::vector<StoreWrite>& writes) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    DROVER_TRY(key, name_of(metrics, "metrics", i));
    DROVER_TRY(made, new_value(metrics, i));
    json& latest = record["latest"][key];
    if (is_same_again(latest, made)) continue;
    const auto count = latest.is_object() ? latest.value("count", std::uint64_t{0}) : std::uint64_t{0};
    writes.push_back(
        {std::string(shelf_metrics) + run_id + "/" + hexadecimal(key) + "/" + padded_number(count), made.dump()});
    if (count == 0 || is_later(made, latest)) latest = made;
    latest["count"] = count + 1;
    latest["last"] = std::move(made);
  }
  return {};
}

/// Of a run that begins.
json empty_record(const std::string& id, const std::string& name, Instant started) {
  return {{"info",
           {{"run_id", id},
            {"run_uuid", id},
            {"run_name", name},
            {"status", "RUNNING"},
            {"start_time", milliseconds(started)},
            {"lifecycle_stage", "active"}}},
          {"params", json::object()},
          {"tags", {{name_tag, name}}},
          {"latest", json::object()}};
}

/// From the request, or its tag; they may not differ. Errors: invalid_input.
Result<std::string> run_name(const json& request, const json& tags, const std::string& id) {
  std::string asked = request.value("run_name", ""), tagged = tags.value(name_tag, "");
  if (!asked.empty() && !tagged.empty() && asked != tagged)
    return fail(
        Code::invalid_input,
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='" +
            asked + "', mlflow.runName='" + tagged + "').");
  if (!asked.empty()) return asked;
  return tagged.empty() ? "run-" + id.substr(0, 8) : tagged;
}

/// What is kept of a run that is asked for. Errors: invalid_input.
Result<json> new_record(const json& request, const std::string& id, Instant now) {
  DROVER_TRY(start_time, whole_number(request, "start_time", milliseconds(now)));
  json tags = json::object();
  DROVER_CHECK(put_tags(tags, request.value("tags", json::array())));
  DROVER_TRY(name, run_name(request, tags, id));
  DROVER_CHECK(check_length("run_name", name, tag_value_characters_max));
  json made = empty_record(id, name, now);
  made["info"]["start_time"] = start_time;
  for (const char* what : {"experiment_id", "user_id", "artifact_uri"}) made["info"][what] = request.value(what, "");
  if (made["info"]["experiment_id"] == "") made["info"]["experiment_id"] = "0";
  made["tags"].update(tags);
  made["tags"][name_tag] = name;
  return made;
}

/// The end of a job, told of its run.
void put_end(json& info, const jobs::JobRecord& job) {
  info["status"] = job.state == jobs::State::completed  ? "FINISHED"
                   : job.state == jobs::State::canceled ? "KILLED"
                                                        : "FAILED";
  info["end_time"] = milliseconds(job.ended);
}

}  // namespace

bool is_in_view(const json& thing, TrackingView view) {
  return view == TrackingView::all ||
         (thing.value("lifecycle_stage", "active") == "active") == (view == TrackingView::active);
}

std::string run_of_job(const std::string& job_id) {
  if (job_id.size() >= run_id_length) return job_id;
  return job_id + sha256_hex("drover run of job " + job_id).substr(0, run_id_length - job_id.size());
}

const jobs::JobRecord* job_of_run(const JobLoop& jobs, const std::string& run_id) {
  const auto found = jobs.find(run_id.substr(0, job_id_length));
  return found && (*found)->attempt > 0 && run_of_job((*found)->id) == run_id ? *found : nullptr;
}

Result<std::optional<json>> Tracking::kept(const std::string& run_id) {
  DROVER_TRY(text, store_.get(std::string(shelf_runs) + run_id));
  if (!text) return std::nullopt;
  json kept = parse_json(*text);
  if (!kept.is_object()) return fail(Code::corrupt, "the record of run " + printable(run_id) + " does not read");
  return kept;
}

Result<json> Tracking::record(const std::string& run_id) {
  DROVER_TRY(known, kept(run_id));
  if (known) return std::move(*known);
  if (const auto* job = jobs_ == nullptr ? nullptr : job_of_run(*jobs_, run_id)) {
    DROVER_TRY(all, experiments());
    return record_of(*job, all);
  }
  return fail(Code::not_found, "Run with id=" + printable(run_id) + " not found");
}

Result<json> Tracking::active_record(const std::string& run_id) {
  DROVER_TRY(found, record(run_id));
  const std::string stage = found.at("info").value("lifecycle_stage", "active");
  if (stage == "active") return found;
  return fail(Code::invalid_input,
              "The run " + printable(run_id) + " must be in the 'active' state. Current state is " + stage + ".");
}

Status Tracking::put_run(const std::string& run_id, const json& record) {
  return store_.commit({{std::string(shelf_runs) + run_id, record.dump()}});
}

json Tracking::record_of(const jobs::JobRecord& job, const std::vector<json>& experiments) const {
  const std::string& name = job.spec.display_name.empty() ? job.id : job.spec.display_name;
  const auto experiment = std::ranges::find_if(
      experiments, [&](const json& each) { return each.value("name", "") == job.spec.experiment; });
  json made = empty_record(run_of_job(job.id), name, job.started);
  json& info = made["info"];
  info["experiment_id"] = experiment == experiments.end() ? "0" : experiment->value("experiment_id", "0");
  info["user_id"] = job.owner;
  info["artifact_uri"] = artifacts_of(job);
  if (jobs::is_over(job.state)) put_end(info, job);
  return made;
}

/// What it writes to its outputs; in a pod, these come back with them.
std::string Tracking::artifacts_of(const jobs::JobRecord& job) const {
  if (jobs::kind_of(job.target) == jobs::PlaceKind::cluster)
    return "file://" + std::string(jobs::folder_in_pod) + "/outputs";
  return jobs_ == nullptr ? "" : "file://" + jobs_->outputs_path(job);
}

Result<json> Tracking::run(const std::string& id) {
  DROVER_TRY(kept, record(id));
  return shown(kept);
}

Result<json> Tracking::create_run(const json& request, std::string id, Instant now) {
  std::string experiment_id = request.value("experiment_id", "");
  if (experiment_id.empty()) experiment_id = "0";
  DROVER_TRY(experiment, active_experiment(experiment_id));
  if (id.empty()) {
    DROVER_TRY(all, store_.scan(shelf_runs));
    id = sha256_hex("drover run " + std::to_string(all.size()) + " " + format_iso(now)).substr(0, run_id_length);
  }
  DROVER_TRY(there, store_.get(std::string(shelf_runs) + id));
  if (there) return fail(Code::already_exists, "there is a run " + id);
  DROVER_TRY(kept, new_record(request, id, now));
  const std::string location = experiment.value("artifact_location", "");
  if (!location.empty() && kept["info"].value("artifact_uri", "").empty())
    kept["info"]["artifact_uri"] = location + (location.ends_with('/') ? "" : "/") + id + "/artifacts";
  DROVER_CHECK(put_run(id, kept));
  return shown(kept);
}

Status Tracking::reopen_run(const jobs::JobRecord& job) {
  const std::string id = run_of_job(job.id);
  DROVER_TRY(known, kept(id));
  if (!known) return {};
  (*known)["info"]["status"] = "RUNNING";
  (*known)["info"]["artifact_uri"] = artifacts_of(job);
  return put_run(id, *known);
}

Status Tracking::close_run(const jobs::JobRecord& job) {
  const std::string id = run_of_job(job.id);
  DROVER_TRY(known, kept(id));
  if (!known || (*known)["info"].value("status", "") != "RUNNING") return {};
  put_end((*known)["info"], job);
  return put_run(id, *known);
}

Result<json> Tracking::update_run(const std::string& id, const json& request) {
  DROVER_TRY(kept, active_record(id));
  json& info = kept["info"];
  constexpr std::array statuses = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
  if (const std::string status = request.value("status", ""); !status.empty()) {
    if (std::ranges::find(statuses, status) == statuses.end())
      return std::unexpected(
          invalid_value("status", status, "It must be one of RUNNING, SCHEDULED, FINISHED, FAILED and KILLED."));
    info["status"] = status;
  }
  if (const auto end = request.find("end_time"); end != request.end() && !end->is_null()) {
    DROVER_TRY(end_time, read_whole("end_time", *end));
    info["end_time"] = end_time;
  }
  if (const std::string uri = request.value("artifact_uri", ""); !uri.empty()) info["artifact_uri"] = uri;
  if (const std::string name = request.value("run_name", ""); !name.empty()) {
    DROVER_CHECK(check_length("run_name", name, tag_value_characters_max));
    info["run_name"] = kept["tags"][name_tag] = name;
  }
  DROVER_CHECK(put_run(id, kept));
  return info;
}

Result<std::vector<json>> Tracking::runs(const std::vector<std::string>& experiment_ids, TrackingView view) {
  DROVER_TRY(all, store_.scan(shelf_runs));
  std::vector<json> list;
  const auto add = [&](const json& record) {
    const std::string experiment_id = record.at("info").value("experiment_id", "");
    if (std::ranges::find(experiment_ids, experiment_id) != experiment_ids.end() && is_in_view(record.at("info"), view))
      list.push_back(shown(record));
  };
  std::set<std::string, std::less<>> known;
  for (const auto& [key, text] : all) {
    const json kept = parse_json(text);
    if (!kept.is_object()) return fail(Code::corrupt, key + " does not read");
    known.insert(key.substr(shelf_runs.size()));
    add(kept);
  }
  DROVER_TRY(named, experiments());
  if (jobs_ != nullptr)
    for (const auto* job : jobs_->all())
      if (job->attempt > 0 && !known.contains(run_of_job(job->id))) add(record_of(*job, named));
  const auto order = [](const json& run) {
    return std::pair(-run.at("info").value("start_time", std::int64_t{0}), run.at("info").value("run_id", ""));
  };
  std::ranges::stable_sort(list, std::ranges::less{}, order);
  return list;
}

Result<StoreWrite> Tracking::run_moved(const std::string& run_id, const char* stage) {
  DROVER_TRY(kept, record(run_id));
  kept["info"]["lifecycle_stage"] = stage;
  return StoreWrite{std::string(shelf_runs) + run_id, kept.dump()};
}

Status Tracking::set_run_stage(const std::string& run_id, const char* stage) {
  DROVER_TRY(write, run_moved(run_id, stage));
  return store_.commit({write});
}

Status Tracking::delete_run(const std::string& id) { return set_run_stage(id, "deleted"); }
Status Tracking::restore_run(const std::string& id) { return set_run_stage(id, "active"); }

Status Tracking::delete_tag(const std::string& run_id, const std::string& key) {
  DROVER_TRY(kept, active_record(run_id));
  if (kept["tags"].erase(key) == 0)
    return fail(Code::not_found, "No tag with name: " + printable(key) + " in run with id " + run_id);
  return put_run(run_id, kept);
}

Status Tracking::log_inputs(const std::string& run_id, const json& datasets) {
  DROVER_TRY(kept, active_record(run_id));
  json& inputs = kept["inputs"];
  const auto same = [](const json& one, const json& other) {
    return one.at("dataset").at("name") == other.at("dataset").at("name") &&
           one.at("dataset").at("digest") == other.at("dataset").at("digest");
  };
  for (const auto& made : datasets)
    if (std::ranges::none_of(inputs, [&](const json& known) { return same(known, made); })) inputs.push_back(made);
  return inputs.is_null() ? Status() : put_run(run_id, kept);
}

Status Tracking::log_model(const std::string& run_id, const json& model) {
  DROVER_TRY(kept, active_record(run_id));
  json models = parse_json(kept["tags"].value(models_tag, "[]"));
  if (!models.is_array()) models = json::array();
  models.push_back(model);
  kept["tags"][models_tag] = models.dump();
  return put_run(run_id, kept);
}

Status Tracking::log(const std::string& run_id, const TrackingBatch& batch) {
  DROVER_CHECK(check_batch(batch));
  DROVER_TRY(kept, active_record(run_id));
  std::vector<StoreWrite> writes;
  DROVER_CHECK(put_params(kept["params"], batch.params, run_id));
  DROVER_CHECK(put_tags(kept["tags"], batch.tags));
  if (const auto name = std::ranges::find(batch.tags, name_tag, [](const json& tag) { return tag.value("key", ""); });
      name != batch.tags.end())
    kept["info"]["run_name"] = kept["tags"][name_tag];
  DROVER_CHECK(put_metrics(kept, run_id, batch.metrics, writes));
  writes.push_back({std::string(shelf_runs) + run_id, kept.dump()});
  return store_.commit(writes);
}

Result<std::vector<json>> Tracking::history(const std::string& run_id, const std::string& key) {
  DROVER_CHECK(record(run_id));
  DROVER_TRY(values, store_.scan(std::string(shelf_metrics) + run_id + "/" + hexadecimal(key) + "/"));
  std::vector<json> list;
  for (const auto& [where, text] : values) {
    json value = parse_json(text);
    if (!value.is_object()) return fail(Code::corrupt, where + " does not read");
    value["key"] = key;
    list.push_back(std::move(value));
  }
  return list;
}

}  // namespace drover::control
