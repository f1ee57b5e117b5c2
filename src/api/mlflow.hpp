// MLflow's REST API 2.0 (docs.mlflow.org, "REST API"), as far as scripts that log use it, answered from the store.
#pragma once

#include <string_view>

#include "api/exchange.hpp"

namespace drover::api {

/// Paths below /api/2.0/mlflow/ and /ajax-api/2.0/mlflow/.
bool is_mlflow(std::string_view path);

/// Errors have MLflow's form: {"error_code", "message"}.
http::Response answer_mlflow(const http::Request& request, Backend& backend);

}  // namespace drover::api
