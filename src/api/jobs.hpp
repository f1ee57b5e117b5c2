// submit, list, show, follow, cancel, delete: the handlers of training jobs.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

using Submission = std::expected<jobs::JobRecord, std::vector<Error>>;

/// A job as its file ({"file", "text", "folder"}) and the request want it, its place not settled yet. Errors:
/// invalid_input, with the place in the file.
Submission read_job(const Exchange& exchange, const json& file);

/// {"job": {"file", "text", "folder"}, "environment", "set": {KEY: VALUE}, "owner", "priority", "confined",
/// "dry_run"} -> the job, and what it waits for. What this machine lacks for it comes as errors, all of them.
http::Response submit_job(const Exchange& exchange);
/// The same with "jobs", a list of files -> {"jobs", "now_us"}, none of them for a dry run.
http::Response submit_jobs(const Exchange& exchange);
/// {"open_max", "ended_max", "metrics"} -> {"jobs", "now_us", "open", "ended"}: all jobs, or the choice of
/// api/job_choice; with "metrics": 1 the last values of each.
http::Response list_jobs(const Exchange& exchange);
/// {"id"} -> the job, why, and its outputs.
http::Response show_job(const Exchange& exchange);
/// {"id", "from"} -> events until it is over: log {text, next}, state {state, why}, end {the job}; without a stream one
/// answer {"text", "next"}: a piece of the log from byte "from" on, and where the next begins.
http::Response follow_job(const Exchange& exchange);
/// {"id", "rank", "terminal"} -> {"exec", "forward", "no_forward", "environment"}: programs of this machine that lead
/// into a job that runs.
http::Response access_job(const Exchange& exchange);
http::Response cancel_job(const Exchange& exchange);
/// {"older_s", "dry_run"}: deletes jobs that ended so long ago -> {"jobs": ids}. Never one that is not over.
http::Response prune_jobs(const Exchange& exchange);
http::Response delete_job(const Exchange& exchange);
/// {"id", "to"}: copies its outputs to a folder that is not there yet -> {"files"}.
http::Response download_job(const Exchange& exchange);

}  // namespace drover::api
