// What was typed, as a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace drover::cli {

enum class Command {
  help,
  version,
  validate,
  plan,
  apply,
  destroy,
  status,
  show,
  schema,
  secret_set,
  forecast_train,
  forecast_show,
  forecast_sample,
  forecast_backtest,
  scale_once,
  scale_watch,
  scale_replay,
  scale_pin,
  scale_pause,
  scale_resume,
  scale_explain,
  kubeconfig,
  cloud_serve,
  serve,
  open,
  job_submit,
  job_list,
  job_show,
  job_logs,
  job_cancel,
  job_wait,
  job_why,
  job_delete,
  job_prune,
  job_download,
  job_exec,
  job_port_forward,
  compute_advise,
  verify
};

/// What only scale replay takes, as it was typed.
struct ReplayWords {
  double slo_percent = 99.5;  ///< of the steps
  std::string lead = "5m", smooth = "0s";
  std::string train;          ///< "": 14 days, or two thirds of a shorter log
  double nodes_at_p999 = 30;  ///< the 99.9th percentile of the load needs so many nodes
  double node_capacity = 0;   ///< or a node carries so much; 0: by the percentile
  double price = 0;           ///< of a node-hour; 0: hours are printed
  std::string from, to;
  bool zeros_missing = false;
  std::string timezone;                ///< "": UTC
  std::vector<std::string> holidays;   ///< local days
  bool boosted = false;                ///< with boosted trees among the policies
  std::vector<std::string> forecasts;  ///< CSVs of loads that others forecast, a column each
  std::string load_out;                ///< file to write the load to, as it is replayed
  double lead_spread = 0;              ///< of the logarithm of a boot's time; the lead is then the 95th percentile
  std::string boot_failures = "0%";    ///< share of boots that come to nothing
  std::string stock_out = "0s", gap = "0s";  ///< a day into the replay: no nodes to be had; no metrics
};

/// What scale pin, pause and explain take, as it was typed.
struct HandWords {
  int nodes = 0;
  std::string length;  ///< a duration; "" = 8 hours
  std::string until;   ///< or a time
  std::string reason;
  std::string at;  ///< explain: "" = the newest decision
  int last = 1;    ///< explain: so many decisions
};

enum class ServeForm { foreground, background, stop, status, unit };

struct Invocation {
  Command command = Command::help;
  std::string estate;  ///< file; "" = estate.yaml in the current folder
  std::string cloud;   ///< local, azure or ""
  std::string speed;   ///< of the local world: a number, "instant" or "" (as last time)
  bool json = false;   ///< -o json
  bool yes = false;
  bool force_conflicts = false;  ///< plan, apply: take over fields of clusters' objects that others own
  bool trace = false;            ///< every exchange with the cloud to standard error
  bool detailed_exitcode = false;
  std::vector<std::string> only, except, also;  ///< plan, apply, destroy: names
  std::string out;                              ///< file to write: a plan, a report, a log
  std::string saved_plan;                       ///< apply FILE
  std::string name;                             ///< show NAME, secret set NAME, kubeconfig CLUSTER, open JOB
  bool admin = false;                           ///< kubeconfig: as the cluster's administrators
  bool history = false;
  bool api = false;  ///< schema: of the API instead of estates
  std::string log, log_format, log_step, time_column, value_column, scaler;
  bool dry_run = false;
  std::string wanted;  ///< forecast backtest --daily: LOW..HIGH
  bool daily = false;  ///< forecast backtest: days by a target's model
  ReplayWords replay = {};
  HandWords hand = {};
  std::string every;                      ///< scale watch: world time between decisions
  int times = 0;                          ///< scale watch: how often; 0 = until stopped
  bool background = false, stop = false;  ///< scale watch: the server's business from now on, or no more
  int days = 365;                         ///< forecast sample
  long long seed = 1;
  int port = 0;  ///< serve, cloud serve; 0 = any free one
  ServeForm serve_form = ServeForm::foreground;
  int retry_after_ms = 0;  ///< cloud serve: for impatient clients
  std::string help;        ///< what to print for help

  std::vector<std::string> job_files;  ///< job submit FILE...
  std::string job_environment;         ///< "host": whatever the file asks for, run in this machine's own files
  std::vector<std::string> settings;   ///< KEY=VALUE
  bool wait = false, follow = false, unconfined = false;
  std::string state;    ///< job list: only those of this state; "" = all
  long long limit = 0;  ///< job list: only so many, the last ones; 0 = all
  std::string store;    ///< of --store
  long long priority = 0;
  double timeout_s = 1800;         ///< verify
  std::vector<std::string> words;  ///< job exec ID -- WORDS...
  std::string ports;               ///< job port-forward ID LOCAL:REMOTE
  long long rank = 0;              ///< of a distributed job
  int retries = 0;
  std::string older;  ///< job prune: a duration such as 30d
};

/// How it ended, for the shell.
enum Exit : int { done = 0, failed = 1, bad_input = 2 };

/// The invocation, or the exit code after usage was printed to `complaint`.
std::optional<Invocation> parse(int argc, const char* const* argv, std::string& complaint);

}  // namespace drover::cli
