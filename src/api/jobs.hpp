// submit, list, show, follow, cancel, delete: the handlers of training jobs.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

/// The job that a request brings, its place not settled yet. Errors: invalid_input, with the place in the file.
std::expected<jobs::JobRecord, std::vector<Error>> read_job(const Exchange& exchange);

/// {"job": {"file", "text", "folder"}, "environment", "set": {KEY: VALUE}, "owner", "priority", "confined",
/// "dry_run"} -> the job, and what it waits for. What this machine lacks for it comes as errors, all of them.
http::Response submit_job(const Exchange& exchange);
http::Response list_jobs(const Exchange& exchange);
/// {"id"} -> the job, why, and its outputs.
http::Response show_job(const Exchange& exchange);
/// {"id", "from"} -> events until it is over: log {text}, state {state, why}, end {the job}; without a stream one
/// answer {"text", "next"}: a piece of the log from byte "from" on, and where the next begins.
http::Response follow_job(const Exchange& exchange);
http::Response cancel_job(const Exchange& exchange);
http::Response delete_job(const Exchange& exchange);
/// {"id", "to"}: copies its outputs to a folder that is not there yet -> {"files"}.
http::Response download_job(const Exchange& exchange);

}  // namespace drover::api
