// What a job has logged and made, for whoever draws it or takes it away: the values of its metrics, the bytes of its
// outputs.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

/// {"id"} -> {"metrics": [{"key", "count", "values"}], "params", "tags"}; of a metric with very many values, some
/// evenly chosen ones with the first and the last among them. Empty where it logs nothing.
http::Response show_metrics(const Exchange& exchange);

/// {"id", "path", "from"} -> bytes of one of its output files from byte "from" on, as many as go at once; none after
/// its end. Errors: not_found when that is no output of it.
http::Response read_output(const Exchange& exchange);

/// Adds "metrics" (the last values) to a job as it is answered, where it logs any.
void add_last_metrics(json& job, Store& store);

}  // namespace drover::api
