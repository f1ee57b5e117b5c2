#include <cmath>

#include "cli/grammar.hpp"

#include "base/text.hpp"

namespace drover::cli {
namespace {

/// CLI11's own say the largest number there is, in 300 digits.
CLI::Validator number_check(const char* wanted, bool (*fits)(double)) {
  return {[wanted, fits](const std::string& text) {
            double number = 0;
            const bool is_number = CLI::detail::lexical_cast(text, number);
            return is_number && fits(number) ? "" : printable(text) + " is no number " + wanted;
          },
          std::string("NUMBER ") + wanted};
}
CLI::Validator from_0_up() {
  return number_check("from 0 up", [](double number) { return number >= 0 && std::isfinite(number); });
}
CLI::Validator above_0() {
  return number_check("above 0", [](double number) { return number > 0 && std::isfinite(number); });
}

}  // namespace

CLI::App* Grammar::add(CLI::App& parent, const std::string& name, const std::string& what, Command command,
                       bool takes_estate) {
  CLI::App* sub = parent.add_subcommand(name, what);
  sub->callback([this, command] { typed.command = command; });
  if (takes_estate) {
    sub->add_option("-f,--estate", typed.estate, "Estate file (default: estate.yaml here)");
    sub->add_option("--cloud", typed.cloud, "local or azure; overrides the estate's")
        ->check(CLI::IsMember({"local", "azure"}));
    sub->add_option(
        "--speed", typed.speed,
        "How fast the local cloud's clock runs for this command: a factor (60 if not said), instant (no waiting) or "
        "zero (no operation takes time). DROVER_SPEED says it for every command");
    sub->add_flag("--trace", typed.trace, "Show every exchange with the cloud");
  }
  sub->add_option(
         "-o,--output",
         [this](const CLI::results_t& value) {
           typed.json = value.front() == "json";
           return value.front() == "json" || value.front() == "text";
         },
         "json or text")
      ->check(CLI::IsMember({"json", "text"}))
      ->type_name("FORMAT");
  return sub;
}

void Grammar::add_plan_options(CLI::App* sub) {
  sub->add_option("--only", typed.only, "Only these (by name), and what they need")->delimiter(',');
  sub->add_option("--except", typed.except, "All but these (by name)")->delimiter(',');
  sub->add_option("--also", typed.also,
                  "These (by name or ARM id), which Drover did not make, may be deleted with what they lie in")
      ->delimiter(',');
  sub->add_flag("--force-conflicts", typed.force_conflicts,
                "Take over fields of clusters' objects that another manager owns");
}

void Grammar::add_forecast() {
  CLI::App* forecast = app.add_subcommand("forecast", "Learn load from a log, and look ahead");
  forecast->require_subcommand(1);
  CLI::App* train = add(*forecast, "train", "Learn models from a log and keep them", Command::forecast_train);
  train->add_option("--log", typed.log, "Log file: daily table, service log, CSV or Common Log Format")->required();
  train->add_option("--format", typed.log_format, "auto, daily-table, service-log, csv or common-log");
  train->add_option("--time-column", typed.time_column, "Column of times of a CSV");
  train->add_option("--value-column", typed.value_column, "Column of values of a CSV");
  train->add_option("--scaler", typed.scaler, "CLUSTER/POOL; the only one if left out");
  CLI::App* show = add(*forecast, "show", "The models that are kept, with their errors", Command::forecast_show);
  show->add_option("--scaler", typed.scaler, "CLUSTER/POOL");
  CLI::App* sample =
      add(*forecast, "sample", "Make up a service log, for trying things out", Command::forecast_sample, false);
  sample->add_option("--days", typed.days, "Days of log")->check(CLI::Range(28, 3650));
  sample->add_option("--seed", typed.seed, "Same seed, same log");
  sample->add_option("--out", typed.out, "File to write")->required();
  CLI::App* backtest = add(*forecast, "backtest", "How good forecasts of a recorded load would have been",
                           Command::forecast_backtest, false);
  add_load_options(backtest);
  auto* daily = backtest->add_flag("--daily", typed.daily, "Forecast the next day, as the scaler of a target does");
  backtest->add_option("--wanted", typed.wanted, "LOW..HIGH: how often more or fewer nodes would be asked for")
      ->needs(daily);
}

void Grammar::add_scale() {
  CLI::App* scale = app.add_subcommand("scale", "Scale a pool ahead of demand");
  scale->require_subcommand(1);
  CLI::App* once = add(*scale, "once", "Forecast, decide, and set the pool's nodes", Command::scale_once);
  once->add_flag("--dry-run", typed.dry_run, "Say what would be done, and do nothing");
  once->add_option("--report", typed.out, "Write a report (HTML, with the chart beside it as SVG)");
  once->add_option("--scaler", typed.scaler, "CLUSTER/POOL");
  CLI::App* report =
      add(*scale, "report", "Write the report of what scale once would do, and do nothing", Command::scale_once);
  report->callback([this] {
    typed.command = Command::scale_once;
    typed.dry_run = true;
  });
  report->add_option("--out", typed.out, "File to write (HTML, with the chart beside it as SVG)")->required();
  report->add_option("--scaler", typed.scaler, "CLUSTER/POOL");
  add_replay(*scale);
  CLI::App* watch = add(*scale, "watch", "Do that again and again", Command::scale_watch);
  add_hand(*scale);
  watch->add_option("--every", typed.every,
                    "World time between decisions (default: a step of its load; 1d for a target)");
  watch->add_flag("--background", typed.background, "Let drover serve go on with it, after a restart too");
  watch->add_flag("--stop", typed.stop, "No more of that");
  watch->add_option("--times", typed.times, "Stop after so many");
  watch->add_flag("--dry-run", typed.dry_run, "Only say what would be done");
  watch->add_option("--scaler", typed.scaler, "CLUSTER/POOL");
}

void Grammar::add_hand(CLI::App& scale) {
  HandWords& words = typed.hand;
  const auto named = [&](CLI::App* command) {
    command->add_option("pool,--scaler", typed.scaler, "CLUSTER/POOL; the only one if left out");
    return command;
  };
  const auto timed = [&](CLI::App* command) {
    auto* length = command->add_option("--for", words.length, "How long (default 8h)");
    command->add_option("--until", words.until, "Or until when: 2026-11-23T08:00:00Z")->excludes(length);
    command->add_option("--reason", words.reason, "Why, for those who wonder");
  };
  CLI::App* pin = named(add(scale, "pin", "Keep a pool at a count, whatever its load says", Command::scale_pin));
  pin->add_option("--nodes", words.nodes, "The count")->required()->check(CLI::Range(0, 1000));
  timed(pin);
  timed(named(add(scale, "pause", "Leave a pool's count as it is", Command::scale_pause)));
  named(add(scale, "resume", "Take a pin or a pause back", Command::scale_resume));
  CLI::App* explain = named(add(scale, "explain", "What was decided, and from what", Command::scale_explain));
  explain->add_option("--at", words.at, "The decision that held then (default: the newest)");
  explain->add_option("--last", words.last, "So many decisions (default 1)")->check(CLI::Range(1, 10000));
}

void Grammar::add_load_options(CLI::App* sub) {
  ReplayWords& words = typed.replay;
  sub->add_option("--log", typed.log, "CSV with times and numbers, or another log")->required();
  sub->add_option("--format", typed.log_format, "auto, daily-table, service-log, csv or common-log");
  sub->add_option("--time-column", typed.time_column, "Column of times; recognised if left out");
  sub->add_option("--step", typed.log_step, "Take the log in steps of so much time; recognised if left out");
  sub->add_option("--value-column", typed.value_column, "Column of the load, or several: A+B; recognised if left out");
  sub->add_option("--lead", words.lead, "From asking for a node until it is ready (default 5m)");
  sub->add_option("--train", words.train,
                  "The first part, which only teaches (default 14d, or two thirds of a shorter log)");
  auto* nodes = sub->add_option("--nodes-at-p999", words.nodes_at_p999,
                                "Nodes for the 99.9th percentile of the load (default 30)");
  sub->add_option("--node-capacity", words.node_capacity, "Load that one node carries")
      ->check(above_0())
      ->excludes(nodes);
  nodes->check(above_0());
  sub->add_option("--from", words.from, "Take the log from then on");
  sub->add_option("--to", words.to, "and up to then");
  sub->add_option("--smooth", words.smooth, "Take the mean of so much time for each step");
  sub->add_option("--timezone", words.timezone, "Where its users live: Europe/Berlin (default UTC)");
  sub->add_option("--holidays", words.holidays, "Days there on which they do not work: 2026-12-25,2026-12-26")
      ->delimiter(',');
  sub->add_flag("--zero-is-missing", words.zeros_missing,
                "No zero was measured (rare stretches of zeros on a plateau are taken so anyway)");
}

void Grammar::add_replay(CLI::App& scale) {
  CLI::App* replay = add(scale, "replay", "What each policy would have cost and missed on a recorded load",
                         Command::scale_replay, false);
  ReplayWords& words = typed.replay;
  add_load_options(replay);
  replay->add_option("--slo", words.slo_percent, "Per cent of steps with enough nodes, 99.5 or 99.5% (the default)")
      ->transform([](std::string typed_share) {
        if (typed_share.ends_with('%')) typed_share.pop_back();
        return typed_share;
      });
  replay->add_option("--price", words.price, "Of a node-hour")->check(from_0_up());
  replay
      ->add_option("--lead-spread", words.lead_spread,
                   "Deviation of the logarithm of boot times, 0.3 is usual: --lead is then what 95 % of boots keep, "
                   "and policies plan with what they learn from 100 boots")
      ->check(CLI::Range(0.0, 2.0));
  replay->add_option("--boot-failures", words.boot_failures, "Share of boots that come to nothing: 1%");
  replay->add_option("--stock-out", words.stock_out, "A day into the replay, so long no nodes are to be had: 30m");
  replay->add_option("--metric-gap", words.gap, "Six hours after that begins, so long the load is not known: 10m");
  replay->add_flag("--boosted", words.boosted, "Let boosted trees correct the forecast (a second of a core a day)");
  replay->add_option("--report", typed.out, "Write a report (HTML)");
  // For those who bring forecasts of their own (docs/scaling.md); not in the help.
  replay->add_option("--forecasts", words.forecasts)->delimiter(',')->group("");
  replay->add_option("--load-out", words.load_out)->group("");
}

void Grammar::add_cloud() {
  CLI::App* cloud = app.add_subcommand("cloud", "The local cloud");
  cloud->require_subcommand(1);
  CLI::App* serve = add(*cloud, "serve", "Serve it over TLS, for az and others", Command::cloud_serve);
  serve->add_flag("--unconfined", typed.unconfined, "Let pods and ML jobs of the local cloud see all of this machine");
  serve->add_option("--port", typed.port, "Port on the loopback address; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  serve->add_option("--retry-after-ms", typed.retry_after_ms,
                    "Tell pollers to come back after so long, which Azure itself does not");
}

void Grammar::add_serve() {
  CLI::App* serve =
      add(app, "serve", "Go on in this state folder: the API, jobs, the local cloud", Command::serve, false);
  serve->add_option("-f,--estate", typed.estate, "Estate file, beside which the state lies");
  serve->add_option("--speed", typed.speed, "How fast the local world's clock runs: a factor, instant or zero");
  serve->add_flag("--unconfined", typed.unconfined, "Let pods and ML jobs of the local cloud see all of this machine");
  serve->add_option("--port", typed.port, "Port on the loopback address; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  CLI::App* open =
      add(app, "open", "The page of this state folder in your browser; starts drover serve where none runs",
          Command::open, false);
  open->add_option("JOB", typed.name, "A job to look at: its id");
  open->add_option("-f,--estate", typed.estate, "Estate file, beside which the state lies");
  std::vector<CLI::Option*> forms;
  const auto add_form = [&](const char* name, const char* what, ServeForm form) {
    forms.push_back(serve->add_flag_callback(name, [this, form] { typed.serve_form = form; }, what));
  };
  add_form("--background", "Start it, and come back when it answers", ServeForm::background);
  add_form("--stop", "Ask it to end, and wait for that", ServeForm::stop);
  add_form("--status", "Whether it runs, and where", ServeForm::status);
  add_form("--unit", "Print a systemd unit for it", ServeForm::unit);
  for (auto* form : forms)
    for (auto* other : forms)
      if (form != other) form->excludes(other);
}

void Grammar::add_job_options(CLI::App* sub) {
  sub->add_option("FILE", typed.job_files, "Job file")->required();
  sub->add_option("--environment", typed.job_environment, "host: run it with what this machine has; or an image");
  sub->add_option("--set", typed.settings, "KEY=VALUE, such as inputs.data.path=FILE")->allow_extra_args(false);
}

void Grammar::add_compute() {
  CLI::App* compute = app.add_subcommand("compute", "Where jobs run");
  compute->require_subcommand(1);
  add_job_options(add(*compute, "advise", "Where a job would best run, when it would end, and what it costs",
                      Command::compute_advise));
  CLI::App* verify =
      add(app, "verify", "Run a tiny job on all computes and clusters of the estate, all at once", Command::verify);
  verify->add_option("ESTATE", typed.estate, "Estate file");
  verify->add_option("--environment", typed.job_environment, "Image to run in (default: host, this machine's files)");
  verify->add_flag("--unconfined", typed.unconfined, "Let the one here see all of this machine");
  verify->add_option("--timeout", typed.timeout_s, "Seconds until what has not ended is canceled")
      ->check(CLI::Range(1.0, 86400.0));
}

void Grammar::add_jobs() {
  CLI::App* job = app.add_subcommand("job", "Training jobs");
  job->require_subcommand(1);
  CLI::App* submit = add(*job, "submit", "Run command-job files, as az ml job create takes them", Command::job_submit);
  add_job_options(submit);
  submit->get_option("FILE")->description("Job files; several are submitted together, all or none");
  submit->add_option("--store", typed.store,
                     "On Kubernetes: container of blobs (URL with a signature, sp=rcwl) for what is over 1 MiB");
  submit->add_option("--priority", typed.priority, "Higher ones first")->check(CLI::Range(-1000, 1000));
  submit->add_option("--retry", typed.retries, "Try again so often when its command fails")->check(CLI::Range(0, 10));
  submit->add_flag("--wait", typed.wait, "Follow its log until it is over; of several jobs, wait for all");
  submit->add_flag("--dry-run", typed.dry_run, "Only say whether it can run here, and what it lacks");
  submit->add_flag("--unconfined", typed.unconfined, "Let it see all of this machine");
  CLI::App* list = add(*job, "list", "Jobs, and how they are", Command::job_list, false);
  list->add_option("--state", typed.state, "Only those of this state")
      ->check(CLI::IsMember({"queued", "starting", "running", "stopping", "completed", "failed", "canceled"}));
  list->add_option("--limit", typed.limit, "Only so many, the last ones")->check(CLI::PositiveNumber);
  const auto add_one = [&](const char* name, const char* what, Command command) {
    CLI::App* sub = add(*job, name, what, command, false);
    sub->add_option("ID", typed.name, "Its id, or the beginning of it, or its name or display name")->required();
    return sub;
  };
  add_one("show", "One job, in full", Command::job_show);
  CLI::App* logs = add_one("logs", "What it printed", Command::job_logs);
  logs->add_flag("-f,--follow", typed.follow, "Go on until it is over");
  add_one("cancel", "End it", Command::job_cancel);
  add_one("wait", "Wait until it is over; exit 0 if it completed", Command::job_wait);
  add_one("why", "What it waits for, or ended of, in one sentence", Command::job_why);
  CLI::App* exec = add_one("exec", "Run a command in it: drover job exec ID -- COMMAND", Command::job_exec);
  exec->add_option("COMMAND", typed.words, "What to run, after --")->required();
  // As fingers have it from kubectl; whether a person is there is seen.
  exec->add_flag("-i,--stdin,-t,--tty")->description("A terminal is given where one is");
  CLI::App* forward =
      add_one("port-forward", "Make a port of it one of this machine, until ctrl-c", Command::job_port_forward);
  forward->add_option("LOCAL:REMOTE", typed.ports, "Ports, such as 8888:8888")->required();
  for (CLI::App* sub : {logs, exec, forward})
    sub->add_option("--rank", typed.rank, "Of a distributed job; 0 if left out")->check(from_0_up());
  add_one("delete", "Forget it, with its log and outputs", Command::job_delete);
  CLI::App* prune =
      add(*job, "prune", "Delete jobs that ended long ago, with logs and outputs", Command::job_prune, false);
  prune->add_option("--older", typed.older, "How long ago they ended, such as 30d")->required();
  prune->add_flag("--dry-run", typed.dry_run, "Only say which");
  add_one("download", "Copy its outputs", Command::job_download)
      ->add_option("--out", typed.out, "Folder to make (default: NAME-outputs here)");
}

Grammar::Grammar() {
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string(DROVER_VERSION));
  add(app, "validate", "Check an estate file", Command::validate)->add_option("ESTATE", typed.estate, "Estate file");
  CLI::App* plan = add(app, "plan", "Show what apply would do, and why", Command::plan);
  plan->add_option("ESTATE", typed.estate, "Estate file");
  plan->add_flag("--detailed-exitcode", typed.detailed_exitcode, "0 nothing to do, 1 error, 2 changes");
  plan->add_option("--out", typed.out, "Keep the plan in a file, to be applied exactly");
  add_plan_options(plan);
  CLI::App* apply = add(app, "apply", "Bring the world to what the estate wants", Command::apply);
  apply->add_option("FILE", typed.saved_plan, "Estate file, or a plan kept with plan --out");
  apply->add_flag("--yes", typed.yes, "Do not ask");
  add_plan_options(apply);
  CLI::App* destroy = add(app, "destroy", "Delete what Drover made, in reverse order", Command::destroy);
  destroy->add_option("ESTATE", typed.estate, "Estate file");
  destroy->add_flag("--yes", typed.yes, "Do not ask");
  add_plan_options(destroy);
  CLI::App* status = add(app, "status", "What there is, and how it differs from the estate", Command::status);
  status->add_option("ESTATE", typed.estate, "Estate file");
  status->add_flag("--history", typed.history, "What Drover has done, from its journal");
  CLI::App* show = add(app, "show", "One resource, in full", Command::show);
  show->add_option("NAME", typed.name, "Its name")->required();
  CLI::App* kubeconfig =
      add(app, "kubeconfig", "Credentials of a cluster of the estate, for kubectl", Command::kubeconfig);
  kubeconfig->add_option("CLUSTER", typed.name, "Its name")->required();
  kubeconfig->add_flag("--admin", typed.admin, "As its administrators");
  kubeconfig->add_option("--out", typed.out, "File to write, for your eyes only; printed if left out");
  add_forecast();
  add_scale();
  CLI::App* secret = app.add_subcommand("secret", "Secrets of the sealed store");
  secret->require_subcommand(1);
  CLI::App* set = add(*secret, "set", "Keep a secret, read from the terminal or standard input", Command::secret_set);
  set->add_option("NAME", typed.name, "Its name, as in ${secret:NAME}")->required();
  add(app, "schema", "JSON Schema of estate files, for editors", Command::schema, false)
      ->add_flag("--api", typed.api, "The OpenAPI document of drover serve instead");
  add_jobs();
  add_compute();
  add_cloud();
  add_serve();
}

}  // namespace drover::cli
