// Where `compute:` of a job file sends it.
#pragma once

#include "api/exchange.hpp"
#include "jobs/job.hpp"

namespace drover::api {

/// Sets the job's target: this machine, a context of the user's kubeconfig, or a cluster of the estate that the request
/// brings (then its kubeconfig is fetched and kept in the state folder). Errors: invalid_input with what there is.
std::expected<void, std::vector<Error>> settle_place(const Exchange& exchange, jobs::JobRecord& job);

}  // namespace drover::api
