// Reads the environment, makes the drivers, and hands over to the CLI.
#include <cstdlib>

#include "api/handlers.hpp"
#include "app/console.hpp"
#include "app/open_page.hpp"
#include "app/page_files.hpp"
#include "app/serve.hpp"
#include "app/server_control.hpp"
#include "app/server_transport.hpp"
#include "app/signals.hpp"
#include "app/workbench.hpp"
#include "cli/commands.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/programs.hpp"
#include "drivers/system/time_zones.hpp"

namespace {

using namespace drover;

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

bool needs_state(cli::Command command) {
  switch (command) {
    case cli::Command::help:
    case cli::Command::version:
    case cli::Command::validate:
    case cli::Command::schema:
    case cli::Command::forecast_sample:
    case cli::Command::forecast_backtest:
    case cli::Command::scale_replay:
    case cli::Command::cloud_serve:  // these take the folder by themselves
    case cli::Command::serve:
    case cli::Command::open:
      return false;
    default:
      return true;
  }
}

/// Commands that may leave jobs behind which must go on after them.
bool leaves_work(const cli::Invocation& typed) {
  return (typed.command == cli::Command::job_submit && !typed.dry_run) || typed.command == cli::Command::job_cancel;
}

/// Commands that look at a job for as long as it runs, and should not hold the folder meanwhile.
bool follows_work(const cli::Invocation& typed) {
  return typed.command == cli::Command::job_wait || typed.command == cli::Command::job_exec ||
         typed.command == cli::Command::job_port_forward || (typed.command == cli::Command::job_logs && typed.follow);
}

bool has_open_jobs(app::Workbench& workbench) {
  const auto jobs = workbench.jobs();
  if (!jobs) return false;
  return std::ranges::any_of((*jobs)->all(), [](const auto* job) { return !jobs::is_over(job->state); });
}

/// Who works for the command: a server that was named or that owns the state folder.
std::optional<app::ServerRecord> choose_server(const cli::Invocation& typed) {
  if (typed.command == cli::Command::help || typed.command == cli::Command::version ||
      typed.command == cli::Command::scale_replay || typed.command == cli::Command::forecast_backtest)
    return std::nullopt;
  if (const auto url = environment("DROVER_SERVER"); url && !url->empty())
    return app::ServerRecord{.url = url->ends_with('/') ? url->substr(0, url->size() - 1) : *url,
                             .token = environment("DROVER_TOKEN").value_or(""),
                             .version = ""};
  return needs_state(typed.command) ? app::find_server(app::state_folder(typed, environment)) : std::nullopt;
}

/// Whoever follows a job goes on when its server is back: one that was killed is started again by its supervisor.
bool wait_for_server(const cli::Context& context, app::ServerTransport& transport) {
  constexpr Duration patience = std::chrono::minutes(2), pause = std::chrono::milliseconds(500);
  if (const auto url = environment("DROVER_SERVER"); url && !url->empty()) return false;
  system::SystemClock clock;
  context.terminal.err("the server has ended; waiting for another (the job goes on)\n");
  const std::string folder = app::state_folder(context.typed, environment);
  for (const Instant until = clock.now() + patience; clock.now() < until && !app::stop_requested;) {
    if (const auto found = app::find_server(folder)) {
      transport.turn_to(found->url, found->token);
      return true;
    }
    clock.sleep_until(clock.now() + pause);
  }
  return false;
}

int run_at_server(const cli::Context& in_process, const app::ServerRecord& server) {
  // Its own settings hold, whatever is said here.
  for (const auto& [said, option] :
       {std::pair{!in_process.typed.speed.empty(), "--speed"}, {in_process.typed.trace, "--trace"}})
    if (said)
      return cli::complain(
          in_process,
          Error{.code = Code::invalid_input,
                .message = std::string(option) + " is not for a command that the server at " + server.url + " does",
                .hint = "say it to drover serve, or end that with drover serve --stop"});
  const system::SystemClock clock;
  curl::CurlTransport wire(clock, {.ca_file = environment("DROVER_CA_FILE").value_or("")});
  app::ServerTransport transport(wire, server.url, server.token, [] { return app::stop_requested.load(); });
  cli::Context context{in_process.typed, transport, in_process.terminal, in_process.files, environment};
  context.is_remote = true;
  context.run_program = system::run_in_foreground;
  context.reconnect = [&] { return wait_for_server(in_process, transport); };
  return cli::run(context);
}

/// Gives the folder up for a server in the background, and says so.
std::optional<app::ServerRecord> hand_over(const cli::Context& context, std::optional<app::Workbench>& workbench) {
  const auto folder = app::absolute_folder(workbench->folder());
  workbench.reset();            // and with it the folder's lock
  app::stop_requested = false;  // a ctrl-c before this has been dealt with
  auto started = folder ? app::start_in_background(*folder, {}) : std::unexpected(folder.error());
  if (!started) {
    context.terminal.err("Jobs go on when a command looks: " + format_error(started.error()) + "\n");
    return std::nullopt;
  }
  context.terminal.err(
      "drover serve runs in the background from now on, so that what was begun goes on; drover open shows it, "
      "drover serve --stop ends it.\n");
  return std::move(*started);
}

/// The same command as far as it changes nothing, heard only when it fails.
int rehearse(const cli::Context& context) {
  class Silent final : public Terminal {
   public:
    explicit Silent(Terminal& inner) : inner_(inner) {}
    void out(std::string_view) override {}
    void err(std::string_view text) override { inner_.err(text); }
    bool is_live() const override { return inner_.is_live(); }
    int width() const override { return inner_.width(); }
    std::optional<std::string> ask(std::string_view question) override { return inner_.ask(question); }
    std::optional<std::string> ask_secret(std::string_view question) override { return inner_.ask_secret(question); }

   private:
    Terminal& inner_;
  } silent(context.terminal);
  cli::Invocation typed = context.typed;
  typed.dry_run = true;
  if (typed.command == cli::Command::verify) typed.command = cli::Command::validate;
  return cli::run({typed, context.api, silent, context.files, context.environment});
}

int run_here(const cli::Context& context, std::optional<app::Workbench>& workbench) {
  if (needs_state(context.typed.command))
    if (auto opened = workbench->open(); !opened) return cli::complain(context, std::move(opened.error()));
  const bool may_start = environment("DROVER_SERVE").value_or("") != "never";
  if (may_start && follows_work(context.typed) && has_open_jobs(*workbench)) {
    const auto server = hand_over(context, workbench);
    return server ? run_at_server(context, *server) : cli::Exit::failed;
  }
  if (may_start && (context.typed.command == cli::Command::verify ||
                    (context.typed.command == cli::Command::job_submit && !context.typed.dry_run))) {
    // What does not run here needs no server; what does is started by it, and finds it.
    if (const int code = rehearse(context); code != cli::Exit::done) return code;
    const auto server = hand_over(context, workbench);
    return server ? run_at_server(context, *server) : cli::Exit::failed;
  }
  const int code = cli::run(context);
  if (may_start && context.typed.background && code == cli::Exit::done) hand_over(context, workbench);
  if (may_start && leaves_work(context.typed) && has_open_jobs(*workbench)) hand_over(context, workbench);
  return code;
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
  app::heed_signals();
  app::DiskFiles files(system::Pipes::awaited);
  std::optional<app::Workbench> workbench(std::in_place, *typed, environment);
  const system::SystemClock clock;
  api::InProcessTransport transport(*workbench, clock);
  cli::Context context{*typed, transport, console, files, environment};
  context.run_program = [&workbench](const ProgramCall& program) {
    // And with it the folder's lock: a shell in a job is open for hours, and the API is not asked again.
    workbench.reset();
    return system::run_in_foreground(program);
  };
  context.now = [&clock] { return clock.now(); };
  context.time_zone = system::load_time_zone;
  if (typed->command == cli::Command::cloud_serve) return app::serve(context, environment, app::page_files());
  if (typed->command == cli::Command::open) return app::open_page(context, environment);
  if (typed->command == cli::Command::serve)
    return typed->serve_form == cli::ServeForm::foreground ? app::serve(context, environment, app::page_files())
                                                           : app::control_server(context, environment);
  if (const auto server = choose_server(*typed)) return run_at_server(context, *server);
  return run_here(context, workbench);
}
