// drover serve: one process for what must go on in a state folder, which is its one writer meanwhile: the API over
// HTTP, the loop of jobs, the local cloud's endpoints.
#pragma once

#include "app/workbench.hpp"
#include "cli/context.hpp"

namespace drover::app {

/// In the foreground until it is told to stop. The exit code.
int serve(const cli::Context& context, const Environment& environment);

}  // namespace drover::app
