// What a job would need that a place has not: said beforehand, one sentence a need.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// What this machine can give. Addresses are absolute paths here.
struct Place {
  std::string environment;  ///< "host": run in this machine's own files, whatever the job asks for
  std::function<bool(const std::string& path)> exists;
};

/// Where a relative path of the job lies.
std::string beside(const std::string& folder, const std::string& path);

/// Empty: it can run on this machine. Each error is invalid_input or precondition, with the place in the job file.
std::vector<Error> missing_here(const JobSpec& spec, const std::string& folder, const Place& place);

}  // namespace drover::jobs
