// The portfolio on every shared trace, at three SLOs and three sizes of pool: what it costs over the optimum and where
// it misses. Series are split into those that constants may be tuned on and those that are only looked at.
// drover_scaling_ground SHARED-DATA [--hardships] [--boosted] [--spans] [--only six|tune|test] [--nodes 3,30,300]
// [--each] [--optima FILE] [--shares 0.001,0.005] [--made-up SEEDS] [--set OPTION=VALUE]...
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/text.hpp"
#include "codec/load_log.hpp"
#include "forecast/load_choice.hpp"
#include "scaling/optimum.hpp"
#include "scaling/replay.hpp"
#include "tests/property/made_up_loads.hpp"

namespace {

using namespace drover;
using namespace drover::scaling;
using namespace std::chrono_literals;
constexpr Duration day = 24h;
/// Of violations that the SLO allows.
std::vector<double> shares = {0.001, 0.005, 0.01};
/// Of a two-core machine that others use as well.
constexpr int threads_max = 2;

struct Ground {
  std::string name;
  std::vector<double> load;
  forecast::LoadAxis axis;
  int first_step = 0;
  double node_capacity = 0;  ///< of the pool of 30; 0: by its percentile
  bool is_headline = false;
  bool is_tuned_on = false;
};

struct Cell {
  double ratio = 0, missed = 0, unserved = 0;
  int steps = 0;
  bool is_miss = false, shrunk_blind = false;
};

struct Settings {
  std::filesystem::path data = "../shared/data";
  bool has_hardships = false, shows_each = false, has_spans = false;
  int made_up_seeds = 0;  ///< of each kind of made-up load, in the place of the recorded ones
  std::string only = {}, optima = {};
  std::vector<double> nodes = {3, 30, 300};
  PortfolioOptions options = {};
};

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The rule of the split: series that were looked at before there was one are tuned on; of the others, those whose
/// name's FNV-1a hash is even.
bool is_tuned_on(const std::string& name) {
  constexpr std::array before = {"mongo-01",   "nasa",      "azure-vm", "wc98", "helios", "philly", "ingress-01",
                                 "machine-01", "nasa-july", "asg-cpu",  "elb",  "api-01", "bike"};
  if (std::ranges::find(before, name) != before.end()) return true;
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash % 2 == 0;
}

/// As `drover scale replay` trains where nothing else is said.
int training_steps(const Ground& ground) {
  const auto whole = static_cast<int>(ground.load.size());
  return std::min(14 * ground.axis.steps_a_day(), whole * 2 / 3);
}

struct FileGround {
  std::string name, file;
  std::string column = {}, from = {}, to = {};
  Duration smoothing = {}, lead = 5min, train = {};
  double node_capacity = 0;
  bool is_headline = false;
};

const std::vector<FileGround>& file_grounds() {
  static const std::vector<FileGround> all = {
      {.name = "mongo-01", .file = "loads/mongo-01.csv", .train = 180h, .is_headline = true},
      {.name = "nasa",
       .file = "loads/nasa_requests_1min.csv",
       .from = "1995-08-04",
       .to = "1995-09-01",
       .smoothing = 5min,
       .is_headline = true},
      {.name = "azure-vm", .file = "loads/azure_vm_cpu_5min.csv", .column = "avg_cpu", .is_headline = true},
      {.name = "wc98",
       .file = "loads/worldcup98_requests_1min.csv",
       .from = "1998-05-11",
       .to = "1998-07-13",
       .is_headline = true},
      {.name = "helios",
       .file = "gpu/helios_earth_16vc_total_1min.csv",
       .lead = 10min,
       .node_capacity = 32,
       .is_headline = true},
      {.name = "philly",
       .file = "gpu/philly_active_nodes_1min.csv",
       .to = "2017-12-15",
       .lead = 10min,
       .train = 28 * day,
       .node_capacity = 12,
       .is_headline = true},
      {.name = "ingress-01", .file = "loads/ingress-01.csv", .train = 180h},
      {.name = "machine-01", .file = "loads/machine-01.csv", .train = 180h},
      {.name = "nasa-july", .file = "loads/nasa_requests_1min.csv", .to = "1995-07-28", .smoothing = 5min},
      {.name = "asg-cpu", .file = "loads/cpu_utilization_asg_misconfiguration.csv"},
      {.name = "elb", .file = "loads/elb_request_count_8c0756.csv"},
      {.name = "api-01", .file = "loads/api-01.csv"},
      {.name = "bike", .file = "accuracy/bike_sharing_users_hourly.csv", .column = "users"},
      {.name = "nasa-raw", .file = "loads/nasa_requests_1min.csv", .from = "1995-08-04", .to = "1995-09-01"},
      {.name = "wc98-may", .file = "loads/worldcup98_requests_1min.csv", .to = "1998-06-01"},
      {.name = "azure-vm-low", .file = "loads/azure_vm_cpu_5min.csv", .column = "min_cpu"},
      {.name = "azure-vm-high", .file = "loads/azure_vm_cpu_5min.csv", .column = "max_cpu"},
      {.name = "helios-running",
       .file = "gpu/helios_earth_16vc_total_1min.csv",
       .column = "running_gpu_num",
       .lead = 10min},
      {.name = "helios-jobs",
       .file = "gpu/helios_earth_16vc_total_1min.csv",
       .column = "running_gpujob_num+pending_gpujob_num",
       .lead = 10min},
  };
  return all;
}

Result<Ground> ground_of(const std::filesystem::path& data, const FileGround& source) {
  const std::string text = read_file(data / source.file);
  DROVER_TRY(log, codec::read_load_log(text, source.file, {.malformed_share_max = 0.2}));
  forecast::LoadChoice choice{.column = source.column, .smoothing = source.smoothing};
  if (!source.from.empty()) choice.from = parse_iso(source.from + "T00:00:00Z");
  if (!source.to.empty()) choice.to = parse_iso(source.to + "T00:00:00Z");
  DROVER_TRY(chosen, forecast::choose_load(log.load, choice));
  Ground ground{.name = source.name,
                .load = std::move(chosen.series.values),
                .axis = {.step = chosen.series.step, .start = chosen.series.start},
                .node_capacity = source.node_capacity,
                .is_headline = source.is_headline};
  ground.axis.lead_steps = ground.axis.steps(source.lead);
  ground.first_step =
      source.train > Duration{} ? static_cast<int>(source.train / chosen.series.step) : training_steps(ground);
  return ground;
}

/// What a span [from_s, to_s) of work adds to each minute that it touches.
void add_work(std::vector<double>& load, double from_s, double to_s, double amount) {
  const auto last = std::min(load.size(), static_cast<std::size_t>(std::max(0.0, std::ceil(to_s / 60))));
  for (auto t = static_cast<std::size_t>(std::max(0.0, from_s / 60)); t < last; ++t) load[t] += amount;
}

Ground gpu_ground(std::string name, std::vector<double> load, Instant start) {
  Ground ground{.name = std::move(name), .load = std::move(load), .axis = {.start = start, .lead_steps = 10}};
  ground.first_step = training_steps(ground);
  return ground;
}

/// GPUs that the jobs of each virtual cluster of Philly would hold if none of them waited. The first week only fills.
void add_philly_clusters(std::vector<Ground>& grounds, const std::filesystem::path& data) {
  const Instant beginning = *parse_iso("2017-09-11T00:00:00Z");
  constexpr int days = 90, jobs_min = 300;
  std::map<std::string, std::pair<int, std::vector<double>>> clusters;
  const std::string text = read_file(data / "gpu/philly_jobs.csv");
  const auto lines = split(text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(trim(lines[i]), ',');
    const auto submitted = fields.size() > 4 ? parse_iso(fields[0]) : std::nullopt;
    if (!submitted) continue;
    auto& [jobs, load] = clusters[std::string(fields[4])];
    load.resize(static_cast<std::size_t>(days) * 1440);
    ++jobs;
    const double from_s = to_seconds(*submitted - beginning);
    add_work(load, from_s, from_s + std::strtod(std::string(fields[1]).c_str(), nullptr),
             std::strtod(std::string(fields[2]).c_str(), nullptr));
  }
  for (auto& [name, cluster] : clusters)
    if (cluster.first >= jobs_min)
      grounds.push_back(gpu_ground("philly-vc-" + name, std::move(cluster.second), beginning));
}

/// GPUs of Alibaba's pods from the day on by which a twentieth of them had come.
void add_openb(std::vector<Ground>& grounds, const std::filesystem::path& data) {
  const std::string text = read_file(data / "gpu/openb2023_pods.csv");
  struct Pod {
    double from_s = 0, to_s = 0, gpus = 0;
  };
  std::vector<Pod> pods;
  const auto lines = split(text, '\n');
  const auto number = [](std::string_view field) { return std::strtod(std::string(field).c_str(), nullptr); };
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(trim(lines[i]), ',');
    if (fields.size() > 9)
      pods.push_back({number(fields[8]), number(fields[9]), number(fields[3]) * number(fields[4]) / 1000});
  }
  if (pods.empty()) return;
  std::ranges::sort(pods, {}, &Pod::from_s);
  const double begins_s = std::floor(pods[pods.size() / 20].from_s / 86400) * 86400, ends_s = pods.back().from_s;
  std::vector<double> load(static_cast<std::size_t>((ends_s - begins_s) / 60));
  for (const Pod& pod : pods) add_work(load, pod.from_s - begins_s, pod.to_s - begins_s, pod.gpus);
  grounds.push_back(gpu_ground("openb", std::move(load), Instant{}));
}

/// Every 17th of M4's hourly series: hours for steps.
void add_m4(std::vector<Ground>& grounds, const std::filesystem::path& data) {
  const std::string train = read_file(data / "accuracy/train.csv");
  const auto lines = split(train, '\n');
  for (std::size_t i = 5; i < lines.size(); i += 17) {
    const auto fields = split(trim(lines[i]), ',');
    Ground ground{.name = "m4-" + std::string(fields.front()), .axis = {.step = 1h, .lead_steps = 1}};
    for (std::size_t j = 1; j < fields.size() && !trim(fields[j]).empty(); ++j)
      ground.load.push_back(std::max(0.0, std::strtod(std::string(trim(fields[j])).c_str(), nullptr)));
    if (ground.load.size() < 480) continue;
    ground.first_step = training_steps(ground);
    grounds.push_back(std::move(ground));
  }
}

/// Machines of PlanetLab that are there on all ten days, their days put one after the other: each third of them.
void add_planetlab(std::vector<Ground>& grounds, const std::filesystem::path& data) {
  std::map<std::string, std::vector<double>> machines;
  const std::string text = read_file(data / "idle/planetlab_cpu_5min.csv");
  const auto lines = split(text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(trim(lines[i]), ',');
    for (std::size_t j = 2; j < fields.size(); ++j)
      machines[std::string(fields[1])].push_back(std::strtod(std::string(fields[j]).c_str(), nullptr));
  }
  int number = 0;
  for (auto& [name, load] : machines) {
    if (load.size() != 2880 || number++ % 3 != 0) continue;
    Ground ground{.name = "planetlab-" + name, .load = std::move(load), .axis = {.step = 5min, .lead_steps = 1}};
    ground.first_step = training_steps(ground);
    grounds.push_back(std::move(ground));
  }
}

/// What is long, in pieces as short as many logs are: eleven days of minutes, two thirds of them to learn from. Many
/// short runs tell more of how often an SLO is missed than one long run does.
std::vector<Ground> spans_of(const Ground& whole) {
  const Duration span = whole.axis.step < 5min ? 11 * day : whole.axis.step < 1h ? 14 * day : 30 * day;
  const auto steps = static_cast<std::size_t>(span / whole.axis.step);
  std::vector<Ground> spans;
  for (std::size_t at = 0; at + steps <= whole.load.size(); at += steps / 2) {
    Ground piece{.name = whole.name + "+" + std::to_string(at), .axis = whole.axis, .is_tuned_on = whole.is_tuned_on};
    piece.load.assign(whole.load.begin() + static_cast<std::ptrdiff_t>(at),
                      whole.load.begin() + static_cast<std::ptrdiff_t>(at + steps));
    piece.axis.start += static_cast<std::int64_t>(at) * whole.axis.step;
    piece.first_step = training_steps(piece);
    const auto judged = std::span(piece.load).subspan(static_cast<std::size_t>(piece.first_step));
    if (std::ranges::max(judged) > 0) spans.push_back(std::move(piece));
  }
  return spans;
}

/// Made-up loads: even seeds are tuned on. Five-minute steps for a fortnight, minutes for eleven days.
std::vector<Ground> made_up_grounds(int seeds) {
  std::vector<Ground> grounds;
  for (int seed = 1; seed <= seeds; ++seed)
    for (const auto kind : made_up::load_kinds) {
      const bool is_fine = seed % 4 < 2;
      const int a_day = is_fine ? 1440 : 288, days = is_fine ? 11 : 14;
      Ground ground{.name = "made-up-" + std::to_string(static_cast<int>(kind)) + "-" + std::to_string(seed),
                    .load = made_up::load(kind, static_cast<std::uint64_t>(seed), days * a_day, a_day),
                    .axis = {.step = is_fine ? Duration(1min) : Duration(5min), .lead_steps = is_fine ? 5 : 1},
                    .is_tuned_on = seed % 2 == 0};
      ground.first_step = training_steps(ground);
      grounds.push_back(std::move(ground));
    }
  return grounds;
}

std::vector<Ground> all_grounds(const Settings& settings) {
  if (settings.made_up_seeds > 0) return made_up_grounds(settings.made_up_seeds);
  std::vector<Ground> grounds;
  for (const FileGround& source : file_grounds()) {
    auto ground = ground_of(settings.data, source);
    if (ground)
      grounds.push_back(std::move(*ground));
    else
      std::printf("%s: %s\n", source.name.c_str(), ground.error().message.c_str());
  }
  add_philly_clusters(grounds, settings.data);
  add_openb(grounds, settings.data);
  add_m4(grounds, settings.data);
  add_planetlab(grounds, settings.data);
  for (Ground& ground : grounds) ground.is_tuned_on = is_tuned_on(ground.name);
  std::erase_if(grounds, [&](const Ground& ground) {
    return !settings.only.empty() && settings.only != (ground.is_tuned_on ? "tune" : "test") &&
           !(settings.only == "six" && ground.is_headline);
  });
  if (!settings.has_spans) return grounds;
  std::vector<Ground> spans;
  for (const Ground& ground : grounds) std::ranges::move(spans_of(ground), std::back_inserter(spans));
  return spans;
}

/// Optima take longer than the policy that is compared with them, and do not depend on it: kept in a file.
class Optima {
 public:
  explicit Optima(std::string file) : file_(std::move(file)) {
    std::ifstream in(file_);
    std::string key;
    for (double value = 0; in >> key >> value;) known_[key] = value;
  }
  double of(const std::string& key, const PoolTerms& terms, std::span<const double> load) {
    {
      const std::scoped_lock lock(mutex_);
      if (const auto found = known_.find(key); found != known_.end()) return found->second;
    }
    const double value =
        optimal_node_steps(needed_nodes(terms, load), terms.axis.lead_steps, terms.violation_share_max);
    const std::scoped_lock lock(mutex_);
    known_[key] = value;
    if (!file_.empty()) std::ofstream(file_, std::ios::app) << key << " " << format_fixed(value, 3) << "\n";
    return value;
  }

 private:
  std::string file_;
  std::mutex mutex_;
  std::map<std::string, double> known_;
};

ReplayFaults hardships(const forecast::LoadAxis& axis, int first_step) {
  const int at = first_step + axis.steps_a_day();
  return {.lead_log_deviation = 0.3,
          .boot_failure_share = 0.01,
          .stockouts = {{at, at + axis.steps(30min)}},
          .metric_gaps = {{at + axis.steps(6h), at + axis.steps(6h + 10min)}}};
}

Cell cell_of(const Settings& settings, const Ground& ground, double nodes, double share, Optima& optima) {
  PoolTerms terms{.axis = ground.axis, .violation_share_max = share};
  terms.node_capacity =
      nodes == 30 && ground.node_capacity > 0 ? ground.node_capacity : capacity_for_percentile(ground.load, nodes);
  Portfolio portfolio(terms, portfolio_families(), settings.options);
  const auto result = replay(portfolio, terms, ground.load, ground.first_step,
                             settings.has_hardships ? hardships(ground.axis, ground.first_step) : ReplayFaults{});
  const std::string key = ground.name + "/" + format_fixed(nodes, 0) + "/" + format_fixed(share, 4);
  const double optimum =
      optima.of(key, terms, std::span(ground.load).subspan(static_cast<std::size_t>(ground.first_step)));
  return {.ratio = result.node_steps / optimum,
          .missed = result.violation_share(),
          .unserved = result.unserved_share,
          .steps = result.steps,
          .is_miss = result.violation_share() > share,
          .shrunk_blind = result.shrunk_blind > 0};
}

struct Total {
  int count = 0, misses = 0, doubled = 0, blind = 0;
  double log_ratio = 0, spent = 0;
  void add(const Cell& cell, double share) {
    ++count;
    misses += cell.is_miss ? 1 : 0;
    doubled += cell.missed > 2 * share ? 1 : 0;
    blind += cell.shrunk_blind ? 1 : 0;
    log_ratio += std::log(cell.ratio);
    spent += cell.missed / share;
  }
};

template <class Member>
void print_set(const Settings& settings, const std::string& name, const std::vector<Ground>& grounds,
               const std::vector<Cell>& cells, Member is_member) {
  for (std::size_t n = 0; n < settings.nodes.size(); ++n) {
    std::string line = padded(name, 10) + padded(format_fixed(settings.nodes[n], 0) + " nodes", 12);
    int count = 0;
    for (std::size_t s = 0; s < shares.size(); ++s) {
      Total total;
      for (std::size_t g = 0; g < grounds.size(); ++g)
        if (is_member(grounds[g])) total.add(cells[(g * settings.nodes.size() + n) * shares.size() + s], shares[s]);
      count = total.count;
      if (count == 0) return;
      line += padded(format_fixed(std::exp(total.log_ratio / total.count), 4) + ", " + std::to_string(total.misses) +
                         " missed" + (total.doubled > 0 ? " (" + std::to_string(total.doubled) + " doubled)" : "") +
                         (total.blind > 0 ? " BLIND" : "") + ", spent " + format_fixed(total.spent / total.count, 2),
                     44);
    }
    std::printf("%s of %d\n", line.c_str(), count);
  }
}

void print_each(const Settings& settings, const std::vector<Ground>& grounds, const std::vector<Cell>& cells) {
  for (std::size_t g = 0; g < grounds.size(); ++g)
    for (std::size_t n = 0; n < settings.nodes.size(); ++n) {
      std::string line = padded(grounds[g].is_tuned_on ? "tune" : "test", 6) +
                         padded(grounds[g].name.substr(0, 28), 30) + padded(format_fixed(settings.nodes[n], 0), 5);
      for (std::size_t s = 0; s < shares.size(); ++s) {
        const Cell& cell = cells[(g * settings.nodes.size() + n) * shares.size() + s];
        line += padded(
            format_fixed(cell.ratio, 3) + " (" + format_fixed(100 * cell.missed, 3) + (cell.is_miss ? ")!" : ")"), 18);
      }
      std::printf("%s %d steps\n", line.c_str(), cells[(g * settings.nodes.size() + n) * shares.size()].steps);
    }
}

bool set_option(PortfolioOptions& options, std::string_view assignment) {
  const std::map<std::string_view, double*> names = {{"window_days", &options.window_days},
                                                     {"window_runs_min", &options.window_runs_min},
                                                     {"horizon_days", &options.horizon_days},
                                                     {"share_aimed_at", &options.share_aimed_at},
                                                     {"chance", &options.chance},
                                                     {"share_min", &options.share_min},
                                                     {"share_max", &options.share_max},
                                                     {"grace_days", &options.grace_days},
                                                     {"grace_ends_days", &options.grace_ends_days},
                                                     {"share_near", &options.share_near},
                                                     {"near_runs", &options.near_runs},
                                                     {"share_overdrawn", &options.share_overdrawn},
                                                     {"caution", &options.caution},
                                                     {"caution_max", &options.caution_max},
                                                     {"sureness", &options.sureness},
                                                     {"recent_days", &options.recent_days},
                                                     {"recent_share", &options.recent_share},
                                                     {"recent_runs", &options.recent_runs}};
  const auto equals = assignment.find('=');
  const auto found = names.find(assignment.substr(0, equals));
  if (equals == std::string_view::npos || found == names.end()) return false;
  *found->second = std::strtod(std::string(assignment.substr(equals + 1)).c_str(), nullptr);
  return true;
}

Settings settings_of(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--hardships")
      settings.has_hardships = true;
    else if (word == "--each")
      settings.shows_each = true;
    else if (word == "--boosted")
      settings.options.boosted = forecast::boosted_trees_if_there();
    else if (word == "--spans")
      settings.has_spans = true;
    else if (word == "--made-up")
      settings.made_up_seeds = std::atoi(next.c_str()), ++i;
    else if (word == "--shares") {
      shares.clear();
      for (const auto piece : split(next, ',')) shares.push_back(std::strtod(std::string(piece).c_str(), nullptr));
      ++i;
    } else if (word == "--only")
      settings.only = next, ++i;
    else if (word == "--optima")
      settings.optima = next, ++i;
    else if (word == "--nodes") {
      settings.nodes.clear();
      for (const auto piece : split(next, ','))
        settings.nodes.push_back(std::strtod(std::string(piece).c_str(), nullptr));
      ++i;
    } else if (word == "--set") {
      if (!set_option(settings.options, next)) std::printf("no option in %s\n", next.c_str()), std::exit(2);
      ++i;
    } else
      settings.data = word;
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = settings_of(argc, argv);
  const auto grounds = all_grounds(settings);
  Optima optima(settings.optima);
  std::vector<Cell> cells(grounds.size() * settings.nodes.size() * shares.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> workers;
  for (int i = 0; i < threads_max; ++i)
    workers.emplace_back([&] {
      for (std::size_t k = next++; k < cells.size(); k = next++)
        cells[k] =
            cell_of(settings, grounds[k / shares.size() / settings.nodes.size()],
                    settings.nodes[k / shares.size() % settings.nodes.size()], shares[k % shares.size()], optima);
    });
  workers.clear();
  if (settings.shows_each) print_each(settings, grounds, cells);
  std::printf("%s", padded(settings.has_hardships ? "hardships" : "", 22).c_str());
  for (const double share : shares) std::printf("%-44s", ("at " + format_fixed(100 * share, 1) + " %").c_str());
  std::printf("\n");
  print_set(settings, "six", grounds, cells, [](const Ground& ground) { return ground.is_headline; });
  print_set(settings, "tune", grounds, cells, [](const Ground& ground) { return ground.is_tuned_on; });
  print_set(settings, "test", grounds, cells, [](const Ground& ground) { return !ground.is_tuned_on; });
}
