// Whether all places of an estate take jobs: a tiny one each, all at once.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

/// {"estate", "cloud", "environment", "timeout_s", "owner"} -> events place {name, ok, why, job, start_s} as each has
/// ended, and the answer with all of them. A place that fails is an answer, not an error.
http::Response verify(const Exchange& exchange);

}  // namespace drover::api
