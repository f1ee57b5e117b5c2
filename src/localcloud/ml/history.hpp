// The run-history service of a region (https://REGION.api.azureml.ms), as far as azure-ai-ml asks it: details of a run
// with the addresses of its logs, and where everything is (discovery).
#pragma once

#include "localcloud/call.hpp"

namespace drover::localcloud::ml {

/// True for what the service's host, or its paths under the one host of a served cloud, answer.
bool is_history_path(std::string_view host, std::string_view path);
http::Response answer_history(Call& call);

}  // namespace drover::localcloud::ml
