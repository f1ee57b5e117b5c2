#include "control/scale/job_queue.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jobs/limits.hpp"
#include "jobs/pod_manifest.hpp"

namespace drover::control {
namespace {

using jobs::JobRecord;
using jobs::State;
using nlohmann::json;

constexpr double gib = 1024.0 * 1024 * 1024;

const PoolTarget* target_of(const JobRecord& job, const std::vector<PoolTarget>& targets) {
  const auto found = std::ranges::find_if(targets, [&](const PoolTarget& target) {
    return equals_ignore_case(jobs::target_text(target.target), jobs::target_text(job.target));
  });
  return found == targets.end() ? nullptr : &*found;
}

scaling::NodeResources resources_of(const jobs::JobSpec& spec) {
  const auto limits = jobs::limits_of(spec);
  if (!limits) return {};  // it will say so itself when it begins
  return {.cpus = limits->cpus, .memory_gib = static_cast<double>(limits->memory_bytes) / gib, .gpus = limits->gpus};
}

JobAhead ahead_of(const JobRecord& job, Instant now, double pace) {
  const auto world = [&](Duration real) { return from_seconds(std::max(to_seconds(real), 0.0) * pace); };
  return {.id = job.id,
          .attempt = jobs::process_name(job),
          .is_begun = job.state == State::starting,
          .instances = static_cast<int>(job.spec.instances),
          .each = resources_of(job.spec),
          .begins_in = job.again > now ? world(job.again - now) : Duration{},
          .waited = world(now - job.submitted)};
}

json pod_of(const JobAhead& job, Instant now) {
  json pod = json::object();
  pod["metadata"]["namespace"] = "job";
  pod["metadata"]["name"] = job.id;
  pod["metadata"]["labels"][jobs::label_attempt] = job.attempt;
  pod["metadata"]["creationTimestamp"] = format_iso(now - job.waited);
  json container = json::object();
  json& requests = container["resources"]["requests"];
  requests["cpu"] = job.each.cpus;
  requests["memory"] = job.each.memory_gib * gib;
  requests["nvidia.com/gpu"] = job.each.gpus;
  pod["spec"]["containers"].push_back(std::move(container));
  json condition = json::object();
  condition["type"] = "PodScheduled";
  condition["reason"] = "Unschedulable";
  pod["status"]["phase"] = "Pending";
  pod["status"]["conditions"].push_back(std::move(condition));
  return pod;
}

int pods_of(const JobAhead& job, const std::vector<json>& pods) {
  return static_cast<int>(std::ranges::count_if(pods, [&](const json& pod) {
    const json& labels = json_at(pod, "/metadata/labels");
    return labels.is_object() && labels.value(jobs::label_attempt, json()) == job.attempt;
  }));
}

std::string count(int number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

}  // namespace

JobsAhead jobs_ahead(const std::vector<const JobRecord*>& records, const std::vector<PoolTarget>& targets, Instant now,
                     double pace) {
  JobsAhead ahead;
  std::vector<const JobRecord*> waiting;
  std::size_t begun = 0;
  for (const JobRecord* job : records) {
    const PoolTarget* target = jobs::is_over(job->state) ? nullptr : target_of(*job, targets);
    if (target == nullptr) continue;
    const bool is_queued = job->state == State::queued;
    begun += is_queued ? 0 : 1;
    // What is starting may be on its way still, or a run of the workspace already: there nobody could tell them apart.
    const bool may_be_seen_elsewhere = job->state == State::starting && target->is_attached;
    if ((is_queued || job->state == State::starting) && !may_be_seen_elsewhere && !job->cancel_asked)
      waiting.push_back(job);
    if (!is_queued) ahead.nodes_at_work += static_cast<int>(job->spec.instances);
  }
  std::ranges::sort(waiting, {}, [](const JobRecord* job) {
    return std::tuple(job->state == State::queued, -job->priority, job->order);
  });
  std::size_t room = jobs_at_once - std::min(begun, jobs_at_once);
  for (const JobRecord* job : waiting) {
    if (job->state == State::queued && room-- == 0) break;
    ahead.jobs.push_back(ahead_of(*job, now, pace));
  }
  return ahead;
}

std::vector<json> pods_to_come(const JobsAhead& ahead, const std::vector<json>& pods, Duration lead, Instant now) {
  std::vector<json> coming;
  for (const auto& job : ahead.jobs) {
    if (job.begins_in > lead) continue;
    const int there = job.is_begun ? pods_of(job, pods) : 0;
    for (int i = there; i < job.instances; ++i) coming.push_back(pod_of(job, now));
  }
  return coming;
}

scaling::Wish wish_of_jobs(const JobsAhead& ahead, Duration lead, int nodes_max) {
  using scaling::WishSource;
  int jobs = 0, waiting = 0, starting = 0;
  for (const auto& job : ahead.jobs) {
    if (job.begins_in > lead) continue;
    ++jobs;
    (job.is_begun ? starting : waiting) += job.instances;
  }
  if (jobs == 0)
    return {.source = WishSource::queue,
            .reason = "no job of Drover's queue waits for it, and it brings nodes for what it was given by itself",
            .at_least = 0};
  std::string reason = count(jobs, "job") + " on the way to it";
  // What is starting is among the nodes at work already.
  if (const int others = ahead.nodes_at_work - starting; others > 0)
    reason += ", " + count(others, "node") + " at work";
  return {
      .source = WishSource::queue, .reason = reason, .at_least = std::min(waiting + ahead.nodes_at_work, nodes_max)};
}

}  // namespace drover::control
