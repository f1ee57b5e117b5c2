// drover cloud serve: the local cloud of a state folder over TLS, and nothing else, until it is told to stop.
#pragma once

#include "app/workbench.hpp"
#include "cli/context.hpp"

namespace drover::app {

/// Owns the state folder while it runs. The exit code.
int serve_cloud(const cli::Context& context, const Environment& environment);

}  // namespace drover::app
