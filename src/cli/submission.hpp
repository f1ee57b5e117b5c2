// What a submission of jobs says beside its files: who submits, from where, and with what settings.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "cli/context.hpp"

namespace drover::cli {

/// All that is the caller's is resolved here (paths, KUBECONFIG, variables, the estate), since a server may stand
/// elsewhere. Errors: invalid_input for a setting without a value, and for a kubeconfig that is a pipe.
Result<nlohmann::json> submission(const Context& context);

}  // namespace drover::cli
