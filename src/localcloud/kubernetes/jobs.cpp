// Jobs: pods until so many have ended well, or too many badly. What counts is the pods that are there, as in Kubernetes
// before it tracked them by finalizers.
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/request.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Failures are answered after 10 s, doubled each time up to six minutes.
constexpr std::chrono::seconds backoff_first{10};
constexpr std::chrono::seconds backoff_max{360};
constexpr const char* index_key = "batch.kubernetes.io/job-completion-index";

struct Count {
  std::vector<Object> active, succeeded, failed;
  long long ready = 0;
  long long terminating = 0;
  long long restarts = 0;
  Instant last_failure{};
  std::set<long long> done;  ///< completed indexes
  std::set<long long> busy;  ///< indexes with an active pod
};

std::optional<long long> index_of(const Json& pod) {
  const auto value = parse_body(text_at(pod, {"metadata", "annotations", index_key}));
  if (!value || !value->is_number_integer()) return std::nullopt;
  return value->get<long long>();
}

Instant finish_time(const Json& pod) {
  Instant last = time_at(pod, {"metadata", "creationTimestamp"});
  if (const Json* statuses = at(pod, {"status", "containerStatuses"}))
    for (const auto& status : *statuses) last = std::max(last, time_at(status, {"state", "terminated", "finishedAt"}));
  return last;
}

Count count_pods(const Cluster& cluster, const Json& job) {
  Count count;
  for (const auto& pod : owned_by(cluster, type_named("pods"), job)) {
    const std::string phase = text_at(*pod, {"status", "phase"});
    const auto index = index_of(*pod);
    if (phase == "Succeeded") {
      if (index) count.done.insert(*index);
      count.succeeded.push_back(pod);
    } else if (phase == "Failed") {
      count.last_failure = std::max(count.last_failure, finish_time(*pod));
      count.failed.push_back(pod);
    } else if (is_being_deleted(*pod)) {
      ++count.terminating;
    } else {
      if (index) count.busy.insert(*index);
      if (has_condition(*pod, "Ready")) ++count.ready;
      count.active.push_back(pod);
    }
    for (const char* list : {"containerStatuses", "initContainerStatuses"})
      if (const Json* statuses = at(*pod, {"status", list}))
        for (const auto& status : *statuses) count.restarts += number_at(status, {"restartCount"}).value_or(0);
  }
  return count;
}

/// "0-2,4"
std::string format_indexes(const std::set<long long>& indexes) {
  std::vector<std::string> parts;
  for (auto it = indexes.begin(); it != indexes.end();) {
    const long long first = *it;
    long long last = first;
    while (++it != indexes.end() && *it == last + 1) last = *it;
    if (first == last)
      parts.push_back(std::to_string(first));
    else
      parts.push_back(std::to_string(first) + (last == first + 1 ? "," : "-") + std::to_string(last));
  }
  return join(parts, ",");
}

/// What a pod failure policy says of a failed pod: "FailJob", "Ignore", "Count" or "".
std::string policy_action(const Json& job, const Json& pod, std::string& why) {
  const Json* rules = at(job, {"spec", "podFailurePolicy", "rules"});
  for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
    const Json& rule = (*rules)[i];
    const Json* codes = member(rule, "onExitCodes");
    const Json* statuses = at(pod, {"status", "containerStatuses"});
    for (std::size_t k = 0; codes != nullptr && statuses != nullptr && k < statuses->size(); ++k) {
      const Json& status = (*statuses)[k];
      const auto code = number_at(status, {"state", "terminated", "exitCode"});
      const std::string only = text_at(*codes, {"containerName"});
      if (!code || *code == 0 || (!only.empty() && only != text_at(status, {"name"}))) continue;
      const Json* values = member(*codes, "values");
      const bool listed = values != nullptr && std::ranges::find(*values, Json(*code)) != values->end();
      if (listed != (text_at(*codes, {"operator"}) == "In")) continue;
      why = "Container " + text_at(status, {"name"}) + " for pod " + space_of(pod) + "/" + name_of(pod) +
            " failed with exit code " + std::to_string(*code) + " matching " + text_at(rule, {"action"}) +
            " rule at index " + std::to_string(i);
      return text_at(rule, {"action"});
    }
    const Json* conditions = member(rule, "onPodConditions");
    for (std::size_t k = 0; conditions != nullptr && k < conditions->size(); ++k)
      if (has_condition(pod, text_at((*conditions)[k], {"type"}), "True")) return text_at(rule, {"action"});
  }
  return "";
}

struct Verdict {
  std::string reason;  ///< "" while the job goes on
  std::string message;
};

Verdict judge(Cluster& cluster, const Json& job, const Count& count) {
  long long failures = 0;
  for (const auto& pod : count.failed) {
    std::string why;
    const std::string action = policy_action(job, *pod, why);
    if (action == "FailJob") return {"PodFailurePolicy", why};
    if (action != "Ignore") ++failures;
  }
  const long long limit = number_at(job, {"spec", "backoffLimit"}).value_or(6);
  const bool restarts_in_place = text_at(job, {"spec", "template", "spec", "restartPolicy"}) == "OnFailure";
  if (failures > limit || (restarts_in_place && count.restarts > 0 && count.restarts >= limit))
    return {"BackoffLimitExceeded", "Job has reached the specified backoff limit"};
  const auto seconds = number_at(job, {"spec", "activeDeadlineSeconds"});
  if (!seconds || at(job, {"status", "startTime"}) == nullptr) return {};
  const Instant end = time_at(job, {"status", "startTime"}) + std::chrono::seconds(*seconds);
  if (cluster.now() >= end) return {"DeadlineExceeded", "Job was active longer than specified deadline"};
  cluster.due = std::min(cluster.due, end);
  return {};
}

void start_pod(Cluster& cluster, const Json& job, std::optional<long long> index) {
  const ResourceType& jobs = type_named("jobs");
  const std::string middle = index ? "-" + std::to_string(*index) : "";
  Json pod = make_pod(jobs, job, job["spec"]["template"], generated_name(cluster, name_of(job) + middle + "-"));
  if (index) {
    const std::string text = std::to_string(*index);
    pod["metadata"]["annotations"][index_key] = text;
    pod["metadata"]["labels"][index_key] = text;
    pod["spec"]["hostname"] = name_of(job) + middle;
    for (const char* list : {"containers", "initContainers"})
      if (pod["spec"].contains(list))
        for (auto& container : pod["spec"][list]) {
          if (!container.contains("env")) container["env"] = Json::array();
          container["env"].push_back(Json{{"name", "JOB_COMPLETION_INDEX"}, {"value", text}});
        }
  }
  create_pod(cluster, jobs, job, std::move(pod), "job-controller");
}

/// Pods to have at once, by what is still to be done.
long long wanted_active(const Json& job, const Count& count) {
  const long long parallelism = number_at(job, {"spec", "parallelism"}).value_or(1);
  const auto completions = number_at(job, {"spec", "completions"});
  if (!completions)  // a work queue: as many as may be, until the first has ended well
    return count.succeeded.empty() ? parallelism
                                   : std::min<long long>(parallelism, static_cast<long long>(count.active.size()));
  const bool is_indexed = text_at(job, {"spec", "completionMode"}) == "Indexed";
  const auto done = static_cast<long long>(is_indexed ? count.done.size() : count.succeeded.size());
  return std::min(parallelism, std::max<long long>(0, *completions - done));
}

void balance(Cluster& cluster, const Json& job, const Count& count) {
  const long long wanted = wanted_active(job, count);
  const auto active = static_cast<long long>(count.active.size());
  for (long long i = wanted; i < active; ++i) delete_pod(cluster, count.active[static_cast<std::size_t>(i)]);
  if (active >= wanted) return;
  if (!count.failed.empty()) {
    const long long factor = 1LL << std::min<std::size_t>(count.failed.size() - 1, 10);
    const Instant again = count.last_failure + std::min<Duration>(backoff_first * factor, backoff_max);
    if (cluster.now() < again) {
      cluster.due = std::min(cluster.due, again);
      return;
    }
  }
  if (text_at(job, {"spec", "completionMode"}) != "Indexed") {
    for (long long i = active; i < wanted; ++i) start_pod(cluster, job, std::nullopt);
    return;
  }
  long long missing = wanted - active;
  for (long long index = 0; missing > 0 && index < number_at(job, {"spec", "completions"}).value_or(0); ++index) {
    if (count.done.contains(index) || count.busy.contains(index)) continue;
    start_pod(cluster, job, index);
    --missing;
  }
}

bool is_complete(const Json& job, const Count& count) {
  const auto completions = number_at(job, {"spec", "completions"});
  if (!completions) return !count.succeeded.empty() && count.active.empty() && count.terminating == 0;
  const bool is_indexed = text_at(job, {"spec", "completionMode"}) == "Indexed";
  return static_cast<long long>(is_indexed ? count.done.size() : count.succeeded.size()) >= *completions;
}

void write_counts(Json& job, const Count& count) {
  Json& status = job["status"];
  const auto set = [&](const char* name, long long value) {
    if (value > 0)
      status[name] = value;
    else
      status.erase(name);
  };
  set("active", static_cast<long long>(count.active.size()));
  set("succeeded", static_cast<long long>(count.succeeded.size()));
  set("failed", static_cast<long long>(count.failed.size()));
  status["ready"] = count.ready;
  status["terminating"] = count.terminating;
  status["uncountedTerminatedPods"] = Json::object();
  if (text_at(job, {"spec", "completionMode"}) == "Indexed") status["completedIndexes"] = format_indexes(count.done);
}

bool is_finished(const Json& job) { return has_condition(job, "Complete") || has_condition(job, "Failed"); }

/// A finished job goes by itself when it says so.
void expire(Cluster& cluster, const Object& job) {
  const auto seconds = number_at(*job, {"spec", "ttlSecondsAfterFinished"});
  if (!seconds || is_being_deleted(*job)) return;
  const char* type = has_condition(*job, "Complete") ? "Complete" : "Failed";
  const Json* condition = element_with(at(*job, {"status", "conditions"}), "type", type);
  const Instant end = time_at(*condition, {"lastTransitionTime"}) + std::chrono::seconds(*seconds);
  if (cluster.now() < end)
    cluster.due = std::min(cluster.due, end);
  else
    begin_deletion(cluster, type_named("jobs"), job, {{"propagationPolicy", "Background"}});
}

void fail_job(Cluster& cluster, Json& job, const Count& count, const Verdict& verdict) {
  for (const auto& pod : count.active) delete_pod(cluster, pod);
  set_condition(job, "Failed", "True", verdict.reason, verdict.message, cluster.now());
  note_event(cluster, type_named("jobs"), job, true, verdict.reason, verdict.message, "job-controller");
}

void step_job(Cluster& cluster, const Object& stored) {
  const ResourceType& jobs = type_named("jobs");
  if (is_being_deleted(*stored)) return;
  Json job = *stored;
  Count count = count_pods(cluster, job);
  if (is_finished(job)) {
    write_counts(job, count);
    // Pods that a user deletes later do not undo what was counted.
    for (const char* name : {"succeeded", "failed", "completedIndexes"})
      if (const Json* kept = at(*stored, {"status", name})) job["status"][name] = *kept;
    cluster.update(jobs, job);
    return expire(cluster, stored);
  }
  const bool is_suspended = true_at(job, {"spec", "suspend"});
  if (is_suspended) {
    for (const auto& pod : count.active) delete_pod(cluster, pod);
    set_condition(job, "Suspended", "True", "JobSuspended", "Job suspended", cluster.now());
    job["status"].erase("startTime");
  } else {
    if (at(job, {"status", "startTime"}) == nullptr) job["status"]["startTime"] = time_text(cluster.now());
    if (has_condition(job, "Suspended"))
      set_condition(job, "Suspended", "False", "JobResumed", "Job resumed", cluster.now());
    const Verdict verdict = judge(cluster, job, count);
    if (!verdict.reason.empty()) {
      fail_job(cluster, job, count, verdict);
    } else if (is_complete(job, count)) {
      for (const auto& pod : count.active) delete_pod(cluster, pod);
      set_condition(job, "Complete", "True", "", "", cluster.now());
      job["status"]["completionTime"] = time_text(cluster.now());
      note_event(cluster, jobs, job, false, "Completed", "Job completed", "job-controller");
    } else {
      balance(cluster, job, count);
    }
  }
  count = count_pods(cluster, job);
  write_counts(job, count);
  cluster.update(jobs, std::move(job));
}

}  // namespace

void run_jobs(Cluster& cluster) {
  for (const auto& job : cluster.list(type_named("jobs"))) step_job(cluster, job);
}

}  // namespace drover::localcloud::kubernetes
