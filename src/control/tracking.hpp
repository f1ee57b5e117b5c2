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

class Tracking {
 public:
  /// The experiment that is always there has the id 0 and the name Default. Without `jobs` only what is kept is known.
  explicit Tracking(Store& store, const JobLoop* jobs = nullptr) : store_(store), jobs_(jobs) {}

  /// Errors: already_exists (the name is taken), invalid_input.
  Result<std::string> create_experiment(const std::string& name, const nlohmann::json& tags, Instant now);
  /// Errors: not_found.
  Result<nlohmann::json> experiment(const std::string& id);
  Result<nlohmann::json> experiment_by_name(const std::string& name);
  Result<std::vector<nlohmann::json>> experiments();

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
  Result<std::vector<nlohmann::json>> runs(const std::vector<std::string>& experiment_ids);
  /// All of it or nothing. Errors: not_found, invalid_input (a parameter would change its value; too much).
  Status log(const std::string& run_id, const TrackingBatch& batch, Instant now);
  /// Values of one metric, in the order in which they came.
  Result<std::vector<nlohmann::json>> history(const std::string& run_id, const std::string& key);

 private:
  Result<std::optional<nlohmann::json>> kept(const std::string& run_id);
  Result<nlohmann::json> record(const std::string& run_id);
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
