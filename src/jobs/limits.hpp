// What a job may use at most, from resources.docker_args (`--memory 2g --cpus 1.5 --gpus 1 --shm-size 2g --ipc=host`)
// and resources.shm_size, whose forms are docker's (docs.docker.com, docker run).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// 0: no limit.
struct Limits {
  std::int64_t memory_bytes = 0;
  double cpus = 0;
  std::int64_t shared_memory_bytes = 0;
  int gpus = 0;                  ///< whole ones, in a cluster; jobs on this machine see all that it has
  bool shares_host_ipc = false;  ///< --ipc=host: shared memory without a bound, which jobs on this machine have anyway
};

/// "512m" -> 536870912; b, k, m and g as docker has them. invalid_input for anything else.
Result<std::int64_t> parse_size(std::string_view text);

/// Errors: invalid_input, with their place in the job file, for arguments other than these.
Result<Limits> limits_of(const JobSpec& spec);

}  // namespace drover::jobs
