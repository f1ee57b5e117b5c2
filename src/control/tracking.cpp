#include "control/tracking.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "jobs/pod_manifest.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

constexpr std::string_view shelf_experiments = "tracking/experiment/", shelf_runs = "tracking/run/",
                           shelf_metrics = "tracking/metric/";

constexpr std::size_t metrics_max = 1000, pairs_max = 100, key_bytes_max = 250, value_bytes_max = 6000;
constexpr std::size_t run_id_length = 32;

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

json default_experiment() {
  return {{"experiment_id", "0"}, {"name", "Default"}, {"artifact_location", ""}, {"lifecycle_stage", "active"}};
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
  return {{"info", record.at("info")},
          {"data",
           {{"metrics", metrics}, {"params", pairs_of(record.at("params"))}, {"tags", pairs_of(record.at("tags"))}}}};
}

Result<std::string> key_of(const json& entry) {
  const auto it = entry.find("key");
  if (it == entry.end() || !it->is_string() || it->get_ref<const std::string&>().empty() ||
      it->get_ref<const std::string&>().size() > key_bytes_max)
    return fail(Code::invalid_input, "a key has 1 to " + std::to_string(key_bytes_max) + " bytes");
  return it->get<std::string>();
}

/// Numbers, and the three that JSON has no number for, as MLflow writes them.
bool is_metric_value(const json& value) {
  return value.is_number() || (value.is_string() && (value == "NaN" || value == "Infinity" || value == "-Infinity"));
}

/// A whole number, which Protocol Buffers' JSON also writes as a text; `otherwise` where there is none.
Result<std::int64_t> whole_number(const json& from, const char* name, std::int64_t otherwise) {
  const auto it = from.find(name);
  if (it == from.end() || it->is_null()) return otherwise;
  if (it->is_number()) return it->get<std::int64_t>();
  if (it->is_string()) {
    const auto& text = it->get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return number;
  }
  return fail(Code::invalid_input, std::string(name) + " is no whole number");
}

Status put_pairs(json& into, const json& pairs, const char* what, bool may_change) {
  for (const auto& pair : pairs) {
    DROVER_TRY(key, key_of(pair));
    const std::string value = pair.value("value", "");
    if (value.size() > value_bytes_max)
      return fail(Code::invalid_input,
                  std::string(what) + " " + key + ": at most " + std::to_string(value_bytes_max) + " bytes");
    if (const auto known = into.find(key); !may_change && known != into.end() && *known != value)
      return fail(Code::invalid_input, std::string(what) + " " + key + " is " + known->get<std::string>() +
                                           " already, and does not change its value");
    into[key] = value;
  }
  return {};
}

/// Values to be kept beside the run's record, whose latest ones are brought up to date.
Status put_metrics(json& record, const std::string& run_id, const json& metrics, Instant now,
                   std::vector<StoreWrite>& writes) {
  for (const auto& entry : metrics) {
    DROVER_TRY(key, key_of(entry));
    const json value = entry.value("value", json());
    if (!is_metric_value(value)) return fail(Code::invalid_input, "metric " + key + ": its value is no number");
    DROVER_TRY(timestamp, whole_number(entry, "timestamp", milliseconds(now)));
    DROVER_TRY(step, whole_number(entry, "step", 0));
    json kept = {{"value", value}, {"timestamp", timestamp}, {"step", step}};
    json& latest = record["latest"][key];
    const auto count = latest.is_object() ? latest.value("count", std::uint64_t{0}) : std::uint64_t{0};
    writes.push_back(
        {std::string(shelf_metrics) + run_id + "/" + hexadecimal(key) + "/" + padded_number(count), kept.dump()});
    // The latest is the one of the highest step, as MLflow's own stores have it.
    const bool is_later = count == 0 || kept["step"] >= latest.at("step");
    if (is_later) latest = std::move(kept);
    latest["count"] = count + 1;
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
          {"tags", {{"mlflow.runName", name}}},
          {"latest", json::object()}};
}

/// What is kept of a run that is asked for. Errors: invalid_input.
Result<json> new_record(const json& request, const std::string& id, Instant now) {
  DROVER_TRY(start_time, whole_number(request, "start_time", milliseconds(now)));
  json tags = json::object();
  DROVER_CHECK(put_pairs(tags, request.value("tags", json::array()), "tag", true));
  std::string name = request.value("run_name", "");
  if (name.empty()) name = tags.value("mlflow.runName", "run-" + id.substr(0, 8));
  json made = empty_record(id, name, now);
  made["info"]["start_time"] = start_time;
  for (const char* what : {"experiment_id", "user_id", "artifact_uri"}) made["info"][what] = request.value(what, "");
  if (made["info"]["experiment_id"] == "") made["info"]["experiment_id"] = "0";
  made["tags"].update(tags);
  made["tags"]["mlflow.runName"] = name;
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

std::string run_of_job(const std::string& job_id) {
  if (job_id.size() >= run_id_length) return job_id;
  return job_id + sha256_hex("drover run of job " + job_id).substr(0, run_id_length - job_id.size());
}

const jobs::JobRecord* job_of_run(const JobLoop& jobs, const std::string& run_id) {
  const auto found = jobs.find(run_id.substr(0, job_id_length));
  return found && (*found)->attempt > 0 && run_of_job((*found)->id) == run_id ? *found : nullptr;
}

Result<std::vector<json>> Tracking::experiments() {
  DROVER_TRY(kept, store_.scan(shelf_experiments));
  std::vector<json> list = {default_experiment()};
  for (const auto& [key, text] : kept) list.push_back(parse_json(text));
  return list;
}

Result<json> Tracking::experiment(const std::string& id) {
  DROVER_TRY(all, experiments());
  for (auto& each : all)
    if (each.value("experiment_id", "") == id) return std::move(each);
  return fail(Code::not_found, "there is no experiment " + printable(id));
}

Result<json> Tracking::experiment_by_name(const std::string& name) {
  DROVER_TRY(all, experiments());
  for (auto& each : all)
    if (each.value("name", "") == name) return std::move(each);
  return fail(Code::not_found, "there is no experiment named " + printable(name));
}

Result<std::string> Tracking::create_experiment(const std::string& name, const json& tags, Instant now) {
  if (name.empty() || name.size() > key_bytes_max)
    return fail(Code::invalid_input, "an experiment's name has 1 to " + std::to_string(key_bytes_max) + " bytes");
  if (experiment_by_name(name)) return fail(Code::already_exists, "there is an experiment named " + printable(name));
  DROVER_TRY(all, experiments());
  std::string id = std::to_string(all.size());
  const json kept = {{"experiment_id", id},
                     {"name", name},
                     {"artifact_location", ""},
                     {"lifecycle_stage", "active"},
                     {"creation_time", milliseconds(now)},
                     {"last_update_time", milliseconds(now)},
                     {"tags", tags.is_array() ? tags : json::array()}};
  DROVER_CHECK(store_.commit({{std::string(shelf_experiments) + padded_number(all.size()), kept.dump()}}));
  return id;
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
  return fail(Code::not_found, "there is no run " + printable(run_id));
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
  if (job.target.starts_with("kubernetes")) return "file://" + std::string(jobs::folder_in_pod) + "/outputs";
  return jobs_ == nullptr ? "" : "file://" + jobs_->outputs_path(job);
}

Result<json> Tracking::run(const std::string& id) {
  DROVER_TRY(kept, record(id));
  return shown(kept);
}

Result<json> Tracking::create_run(const json& request, std::string id, Instant now) {
  DROVER_CHECK(experiment(request.value("experiment_id", "0")));
  if (id.empty()) {
    DROVER_TRY(all, store_.scan(shelf_runs));
    id = sha256_hex("drover run " + std::to_string(all.size()) + " " + format_iso(now)).substr(0, run_id_length);
  }
  DROVER_TRY(there, store_.get(std::string(shelf_runs) + id));
  if (there) return fail(Code::already_exists, "there is a run " + id);
  DROVER_TRY(kept, new_record(request, id, now));
  DROVER_CHECK(store_.commit({{std::string(shelf_runs) + id, kept.dump()}}));
  return shown(kept);
}

Status Tracking::reopen_run(const jobs::JobRecord& job) {
  const std::string id = run_of_job(job.id);
  DROVER_TRY(known, kept(id));
  if (!known) return {};
  (*known)["info"]["status"] = "RUNNING";
  (*known)["info"]["artifact_uri"] = artifacts_of(job);
  return store_.commit({{std::string(shelf_runs) + id, known->dump()}});
}

Status Tracking::close_run(const jobs::JobRecord& job) {
  const std::string id = run_of_job(job.id);
  DROVER_TRY(known, kept(id));
  if (!known || (*known)["info"].value("status", "") != "RUNNING") return {};
  put_end((*known)["info"], job);
  return store_.commit({{std::string(shelf_runs) + id, known->dump()}});
}

Result<json> Tracking::update_run(const std::string& id, const json& request) {
  DROVER_TRY(kept, record(id));
  json& info = kept["info"];
  constexpr std::array statuses = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
  if (const std::string status = request.value("status", ""); !status.empty()) {
    if (std::ranges::find(statuses, status) == statuses.end())
      return fail(Code::invalid_input, printable(status) + " is no status of a run");
    info["status"] = status;
  }
  if (request.contains("end_time")) {
    DROVER_TRY(end_time, whole_number(request, "end_time", 0));
    info["end_time"] = end_time;
  }
  if (const std::string uri = request.value("artifact_uri", ""); !uri.empty()) info["artifact_uri"] = uri;
  if (const std::string name = request.value("run_name", ""); !name.empty())
    info["run_name"] = kept["tags"]["mlflow.runName"] = name;
  DROVER_CHECK(store_.commit({{std::string(shelf_runs) + id, kept.dump()}}));
  return info;
}

Result<std::vector<json>> Tracking::runs(const std::vector<std::string>& experiment_ids) {
  DROVER_TRY(all, store_.scan(shelf_runs));
  std::vector<json> list;
  const auto add = [&](const json& record) {
    const std::string experiment_id = record.at("info").value("experiment_id", "");
    if (std::ranges::find(experiment_ids, experiment_id) != experiment_ids.end()) list.push_back(shown(record));
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
  // The newest first, as MLflow has it where no order is asked for.
  std::ranges::stable_sort(list, std::ranges::greater{},
                           [](const json& run) { return run.at("info").value("start_time", std::int64_t{0}); });
  return list;
}

Status Tracking::log(const std::string& run_id, const TrackingBatch& batch, Instant now) {
  if (batch.metrics.size() > metrics_max || batch.params.size() > pairs_max || batch.tags.size() > pairs_max)
    return fail(Code::invalid_input, "at most 1000 metrics, 100 params and 100 tags come at once");
  DROVER_TRY(kept, record(run_id));
  std::vector<StoreWrite> writes;
  DROVER_CHECK(put_pairs(kept["params"], batch.params, "param", false));
  DROVER_CHECK(put_pairs(kept["tags"], batch.tags, "tag", true));
  DROVER_CHECK(put_metrics(kept, run_id, batch.metrics, now, writes));
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
