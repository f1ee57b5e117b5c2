// Reads the environment, makes the drivers, and hands over to the CLI.
#include <csignal>
#include <cstdlib>

#include "api/handlers.hpp"
#include "app/console.hpp"
#include "app/serve.hpp"
#include "app/workbench.hpp"
#include "cli/commands.hpp"
#include "drivers/system/clocks.hpp"

namespace {

using namespace drover;

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

/// The first signal asks for an orderly end; the second ends at once, which loses nothing either.
void on_signal(int signal) {
  if (app::stop_requested.exchange(true)) std::_Exit(128 + signal);
}

bool needs_state(cli::Command command) {
  switch (command) {
    case cli::Command::help:
    case cli::Command::version:
    case cli::Command::validate:
    case cli::Command::schema:
    case cli::Command::forecast_sample:
    case cli::Command::cloud_serve:  // takes the folder by itself
      return false;
    default:
      return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  app::Console console;
  std::string complaint;
  const auto typed = cli::parse(argc, argv, complaint);
  if (!typed) {
    console.err(complaint);
    return cli::Exit::bad_input;
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  app::DiskFiles files;
  app::Workbench workbench(*typed, environment);
  const system::SystemClock clock;
  api::InProcessTransport transport(workbench, clock);
  const cli::Context context{*typed, transport, console, files, environment};
  if (typed->command == cli::Command::cloud_serve) return app::serve(context, environment);
  if (needs_state(typed->command))
    if (auto opened = workbench.open(); !opened) return cli::complain(context, std::move(opened.error()));
  return cli::run(context);
}
