// Jobs on a Kubernetes cluster that is attached to the workspace: each instance is a batch Job of one pod in the
// namespace of the compute. The service does not scale such a cluster: pods wait until there is room, and say for what.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "localcloud/ml/runner.hpp"

namespace drover::localcloud::ml {

/// Key of the managed or connected cluster behind a compute; "" when the compute is none of type Kubernetes.
std::string attached_cluster(const World& world, const std::string& compute);

/// Makes the Jobs; those that are there (from before a kill) stay. Errors: what the job or the compute lacks;
/// unavailable while the cluster does not answer but may again.
Status start_pods(World& world, const Machine& machine, const JobFolder& folder, const Run& run,
                  const Json& properties);

struct PodsSeen {
  std::string waits_for;           ///< why some pod does not run yet; "" when all run or ran
  std::map<long long, int> exits;  ///< by rank, of containers that have ended
  bool is_gone = false;            ///< no pod is left
  std::string problem;             ///< the cluster is gone or stopped, or somebody else deleted the Jobs
  std::string silence;             ///< why nothing was seen, of a cluster that may be heard of again; else ""
};
PodsSeen see_pods(World& world, const Run& run);

/// Deletes the Jobs and their pods, with the pods' grace period; below a connected cluster also where its agent is
/// silent.
void end_pods(World& world, const Run& run);

/// Files that the containers write to, by rank.
std::vector<std::string> pod_logs(World& world, const Run& run);

/// The instance type of a job as {"requests", "limits"}, and its nodeSelector; not_found when the compute has no such
/// type.
Result<Json> instance_type(const Json& compute, const std::string& name);

}  // namespace drover::localcloud::ml
