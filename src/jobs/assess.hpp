// What a job would need that a place has not: said beforehand, one sentence a need.
#pragma once

#include <cstdint>
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

/// What this machine has. 0, and an empty function: not known, and then nothing is held against a job.
struct MachineFacts {
  double cpus = 0;
  std::int64_t memory_bytes = 0;
  std::function<int()> gpus = nullptr;  ///< asked only for a job that wants some
};

/// Empty: it can run as processes of this machine. Each error is invalid_input or precondition, with the place in the
/// job file.
std::vector<Error> missing_here(const JobSpec& spec, const std::string& folder, const Exists& exists,
                                const MachineFacts& machine = {});

/// The same for the pods of a Kubernetes cluster, whose images are the cluster's affair.
std::vector<Error> missing_for_pods(const JobSpec& spec, const std::string& folder, const Exists& exists);

/// The same for an Azure ML workspace, which has environments and data of its own; whether those that are named are
/// there is for it to say. `takes_host`: it is one of a local cloud, whose nodes are this machine.
std::vector<Error> missing_for_workspace(const JobSpec& spec, const std::string& folder, const Exists& exists,
                                         bool takes_host);

/// What the job file asks for and a place of this kind does not do, though the job runs there: each with its place in
/// the file.
std::vector<Error> left_undone(const JobSpec& spec, PlaceKind place);

/// The image that pods run the job in: that of its environment, or "host". "" when that is no image.
std::string image_of(const JobEnvironment& environment);

}  // namespace drover::jobs
