// The commands. Each reads what was typed, speaks to the API, prints, and gives the exit code.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/context.hpp"

namespace drover::cli {

int validate(const Context& context);
int plan(const Context& context);
int apply(const Context& context);  ///< also destroy
int status(const Context& context);
int show(const Context& context);
int schema(const Context& context);
int kubeconfig(const Context& context);
int set_secret(const Context& context);
int train(const Context& context);
int show_models(const Context& context);
int write_sample(const Context& context);
int scale(const Context& context);     ///< once and watch
int set_hand(const Context& context);  ///< scale pin, pause and resume
int explain_scaling(const Context& context);
int replay_scaling(const Context& context);
int submit_job(const Context& context);
int list_jobs(const Context& context);
int show_job(const Context& context);
int show_log(const Context& context);
int cancel_job(const Context& context);
int wait_for_job(const Context& context);
int explain_job(const Context& context);
int delete_job(const Context& context);
int prune_jobs(const Context& context);
int download_job(const Context& context);
int exec_in_job(const Context& context);
int forward_port(const Context& context);
int advise_compute(const Context& context);
int verify(const Context& context);

/// A job file as requests about it carry it, with the estate beside it. Errors: invalid_input.
Result<nlohmann::json> job_request(const Context& context);

/// Runs the command that was typed; all but serve and cloud serve, which app/ hosts itself.
int run(const Context& context);

}  // namespace drover::cli
