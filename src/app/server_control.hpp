// drover serve's other forms: in the background, its end, how it is, and its systemd unit.
#pragma once

#include <string>

#include "app/server_record.hpp"
#include "app/workbench.hpp"
#include "cli/context.hpp"

namespace drover::app {

/// What a server is started with.
struct ServeOptions {
  int port = 0;
  std::string speed;
  bool unconfined = false;
};

/// Starts one that outlives this process and its terminal, and waits until it answers. The caller does not hold the
/// folder's lock. Errors: failed (with the last lines of its log).
Result<ServerRecord> start_in_background(const std::string& folder, const ServeOptions& options);

/// --background, --stop, --status and --unit. The exit code.
int control_server(const cli::Context& context, const Environment& environment);

}  // namespace drover::app
