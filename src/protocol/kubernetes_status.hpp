// What a Kubernetes API server means when it refuses: its Status objects as Errors.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "protocol/http/message.hpp"

namespace drover::kubernetes {

/// `status` is a Status object (meta/v1), as body of an answer or in an ERROR event; `http_status` counts where it has
/// no code of its own. The reason ("AlreadyExists") becomes the service_code. An eviction that a PodDisruptionBudget
/// does not allow now (429) is a precondition, and so is a namespace that is going away; an expired resource version
/// (410) is a conflict.
Error status_error(const nlohmann::json& status, int http_status);

/// The same for an answer that is not 2xx, whatever its body is.
Error error_of(const http::Response& response);

/// The texts of an answer's Warning fields of code 299 (RFC 7234, section 5.5), each once: what admission policies only
/// warn of, and versions that will go. As they are but for what does not belong on a terminal, and at most 1,000 bytes
/// each. Kubernetes sends them with writes, from 1.19 on.
std::vector<std::string> warnings_of(const http::Response& response);

/// The eviction waits for a PodDisruptionBudget: a 429 that is no throttling, so that sending it again at once is no
/// use.
bool is_refused_by_budget(const http::Response& response);

}  // namespace drover::kubernetes
