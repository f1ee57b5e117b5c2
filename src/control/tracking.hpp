// What scripts say of their runs as MLflow means it (experiments, runs with parameters, metrics and tags), kept in the
// store. Names and forms are those of MLflow's REST API 2.0; who speaks it is api/mlflow.
//
// Kept below "tracking/": experiment/ID and run/ID as JSON; metric/RUN/KEY/N, one record a value, KEY in hexadecimal.
// Every job has a run. It follows from the job's record, and is kept from the first thing on that is said of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "control/jobs/job_loop.hpp"
#include "ports/store.hpp"

namespace drover::control {

/// One request's worth of what a script logs. Bounds are MLflow's own (its REST documentation, "Request Limits").
struct TrackingBatch {
  nlohmann::json metrics = nlohmann::json::array();  ///< {key, value, timestamp, step}
  nlohmann::json params = nlohmann::json::array();   ///< {key, value}
  nlohmann::json tags = nlohmann::json::array();     ///< {key, value}
};

/// Of runs and experiments: those in use, those that were deleted (nothing is lost then), or both.
enum class TrackingView : std::uint8_t { active, deleted, all };
/// Of an experiment, or of a run's info.
bool is_in_view(const nlohmann::json& thing, TrackingView view);

class Tracking {
 public:
  /// The experiment that is always there has the id 0 and the name Default. Without `jobs` only what is kept is known.
  explicit Tracking(Store& store, const JobLoop* jobs = nullptr) : store_(store), jobs_(jobs) {}

  /// Errors: already_exists (the name is taken, also by a deleted one), invalid_input. Artifacts of its runs lie below
  /// `artifact_location` where there is one.
  Result<std::string> create_experiment(const std::string& name, const nlohmann::json& tags, Instant now,
                                        const std::string& artifact_location = "");
  /// Also a deleted one. Errors: not_found.
  Result<nlohmann::json> experiment(const std::string& id);
  Result<nlohmann::json> experiment_by_name(const std::string& name);
  /// All, in the order of their numbers.
  Result<std::vector<nlohmann::json>> experiments();
  /// Errors: not_found, already_exists, invalid_input, precondition (it is deleted).
  Status rename_experiment(const std::string& id, const std::string& name, Instant now);
  /// Its runs go and come back with it. Errors: not_found (none in the other stage).
  Status delete_experiment(const std::string& id, Instant now);
  Status restore_experiment(const std::string& id, Instant now);
  /// Errors: not_found, invalid_input (also: it is deleted).
  Status tag_experiment(const std::string& id, const std::string& key, const std::string& value, Instant now);
  Status untag_experiment(const std::string& id, const std::string& key, Instant now);

  /// `id` "" makes one up from what it is. Errors: not_found (the experiment), already_exists.
  Result<nlohmann::json> create_run(const nlohmann::json& request, std::string id, Instant now);
  /// {info, data: {metrics, params, tags}}. Errors: not_found.
  Result<nlohmann::json> run(const std::string& id);
  /// Changes status, end_time and name where they are given; the info.
  Result<nlohmann::json> update_run(const std::string& id, const nlohmann::json& request);
  /// A later attempt of a job begins: what is kept of its run goes on, with the artifacts of that attempt. Errors:
  /// those of the store.
  Status reopen_run(const jobs::JobRecord& job);
  /// A job has ended; what its script has said of its run's end stands. Errors: those of the store.
  Status close_run(const jobs::JobRecord& job);
  /// The newest first, as MLflow has it where no order is asked for.
  Result<std::vector<nlohmann::json>> runs(const std::vector<std::string>& experiment_ids,
                                           TrackingView view = TrackingView::all);
  /// A deleted run takes nothing new, and is found by its id still. Errors: not_found.
  Status delete_run(const std::string& id);
  Status restore_run(const std::string& id);
  /// Errors: not_found (the run, or such a tag), invalid_input (the run is deleted).
  Status delete_tag(const std::string& run_id, const std::string& key);
  /// Data that a run has read: [{dataset: {name, digest, ...}, tags: [{key, value}]}]; each once. Errors: as log.
  Status log_inputs(const std::string& run_id, const nlohmann::json& datasets);
  /// Adds a model's description to the run's tag "mlflow.log-model.history", as MLflow does. Errors: as log.
  Status log_model(const std::string& run_id, const nlohmann::json& model);
  /// All of it or nothing. Errors: not_found, invalid_input (a parameter would change its value; too much; the run is
  /// deleted).
  Status log(const std::string& run_id, const TrackingBatch& batch);
  /// Values of one metric, in the order in which they came.
  Result<std::vector<nlohmann::json>> history(const std::string& run_id, const std::string& key);

 private:
  Result<std::optional<nlohmann::json>> kept(const std::string& run_id);
  Result<nlohmann::json> record(const std::string& run_id);
  /// A record that may still change. Errors: not_found, invalid_input (it is deleted).
  Result<nlohmann::json> active_record(const std::string& run_id);
  Status put_run(const std::string& run_id, const nlohmann::json& record);
  /// The run's record with another stage, to be written.
  Result<StoreWrite> run_moved(const std::string& run_id, const char* stage);
  Status set_run_stage(const std::string& run_id, const char* stage);
  /// Errors: not_found (none in `stage`).
  Result<nlohmann::json> experiment_in(const std::string& id, const char* stage);
  Result<nlohmann::json> active_experiment(const std::string& id);
  Status put_experiment(nlohmann::json experiment, Instant now, std::vector<StoreWrite> beside = {});
  Status move_experiment(const std::string& id, const char* from, const char* to, Instant now);
  nlohmann::json record_of(const jobs::JobRecord& job, const std::vector<nlohmann::json>& experiments) const;
  std::string artifacts_of(const jobs::JobRecord& job) const;

  Store& store_;
  const JobLoop* jobs_;
};

/// The run of a job, whatever its attempt: it begins with the job's id.
std::string run_of_job(const std::string& job_id);
/// Null where the run is of no job, or of one that has not begun yet.
const jobs::JobRecord* job_of_run(const JobLoop& jobs, const std::string& run_id);

}  // namespace drover::control
