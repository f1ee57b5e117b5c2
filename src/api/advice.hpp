// Where a job would best run: what is known of each place of an estate, and of jobs that ran there.
#pragma once

#include "api/exchange.hpp"
#include "jobs/advice.hpp"

namespace drover::api {

/// As submit_job takes it -> a row a place, the best first.
http::Response advise_job(const Exchange& exchange);

/// For a job whose `compute` is not settled yet. Errors: those of the estate, or of its cloud.
std::expected<jobs::Advice, std::vector<Error>> find_advice(const Exchange& exchange, const jobs::JobRecord& job);

/// Places where jobs of an estate may run, as compute: takes them: local first. Only local without an estate.
std::vector<std::string> place_names(const estate::Lowered* lowered);

}  // namespace drover::api
