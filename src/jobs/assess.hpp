// What a job would need that a place has not: said beforehand, one sentence a need.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// Whether there is something of this machine at an absolute path.
using Exists = std::function<bool(const std::string& path)>;

/// Whether it is a path of this machine, and not an address elsewhere.
bool is_path(std::string_view path);
/// Where a relative path of the job lies.
std::string beside(const std::string& folder, const std::string& path);

/// Empty: it can run as processes of this machine. Each error is invalid_input or precondition, with the place in the
/// job file.
std::vector<Error> missing_here(const JobSpec& spec, const std::string& folder, const Exists& exists);

/// The same for the pods of a Kubernetes cluster, whose images are the cluster's affair.
std::vector<Error> missing_for_pods(const JobSpec& spec, const std::string& folder, const Exists& exists);

/// The same for an Azure ML workspace, which has environments and data of its own; whether those that are named are
/// there is for it to say. `takes_host`: it is one of a local cloud, whose nodes are this machine.
std::vector<Error> missing_for_workspace(const JobSpec& spec, const std::string& folder, const Exists& exists,
                                         bool takes_host);

/// The image that pods run the job in: that of its environment, or "host". "" when that is no image.
std::string image_of(const JobEnvironment& environment);

}  // namespace drover::jobs
