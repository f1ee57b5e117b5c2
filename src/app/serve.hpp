// drover serve: one process for what must go on in a state folder, which is its one writer meanwhile: the API over
// HTTP, the loop of jobs, the local cloud's endpoints.
#pragma once

#include <span>

#include "app/workbench.hpp"
#include "cli/context.hpp"
#include "server/file_shelf.hpp"

namespace drover::app {

/// In the foreground until it is told to stop. The exit code. `page` is what browsers are given; empty: they are told
/// how to get it.
int serve(const cli::Context& context, const Environment& environment, std::span<const server::ShelvedFile> page);

}  // namespace drover::app
