// Queues on other people's ground: Philly's jobs into one pool of 8-GPU nodes that scales with them, under the rules of
// cluster-autoscaler, of Ray and ours. drover_queue_ground SHARED-DATA-FOLDER
// Minutes; a boot takes ten of them and is billed. Nothing is known of a job before it is submitted, nor how long it
// runs before it ends.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <queue>
#include <tuple>
#include <vector>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "scaling/arbiter.hpp"
#include "scaling/backlog.hpp"
#include "scaling/headroom.hpp"
#include "scaling/idle_hold.hpp"
#include "scaling/optimum.hpp"

namespace {

using namespace drover;
using namespace drover::scaling;
using std::chrono::minutes;

constexpr int gpus_a_node = 8, boot_minutes = 10, nodes_max = 400;
constexpr double wait_s_max = 600;
const Instant beginning = *parse_iso("2017-09-04T00:00:00Z");

struct QueueJob {
  double submitted_s = 0;  ///< since the beginning
  double duration_s = 0;
  int gpus = 1;   ///< on each of its nodes
  int nodes = 1;  ///< more than one when it has more than a node's GPUs
};

std::vector<QueueJob> read_jobs(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<QueueJob> jobs;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto fields = split(std::string_view(line), ',');
    const auto submitted = parse_iso(fields[0]);
    if (!submitted || fields.size() < 3) continue;
    const int gpus = std::atoi(std::string(fields[2]).c_str());
    const int nodes = (gpus + gpus_a_node - 1) / gpus_a_node;
    jobs.push_back({.submitted_s = to_seconds(*submitted - beginning),
                    .duration_s = std::strtod(std::string(fields[1]).c_str(), nullptr),
                    .gpus = (gpus + nodes - 1) / nodes,
                    .nodes = nodes});
  }
  std::ranges::sort(jobs, {}, &QueueJob::submitted_s);
  return jobs;
}

struct Node {
  int ready_at = 0;  ///< minute
  int free = gpus_a_node;
  int idle_since = 0;  ///< minute in which it had nothing to do for the first time, or became ready
  bool is_there = false;
  std::vector<int> starts = {};  ///< minutes in which its jobs started
};

/// Which of the nodes that take a job gets it: the scheduler's choice, the same for all rules that are compared.
enum class Placing : std::uint8_t {
  fullest,  ///< as schedulers do that pack
  oldest,   ///< beside the job that has run longest: what ran long runs on, so young nodes are left to run empty
};

/// The pool as a scheduler sees it: jobs in their order, a later one may pass one that does not fit; each goes to the
/// node that `placing` names.
struct Pool {
  Placing placing = Placing::fullest;
  std::vector<Node> nodes = std::vector<Node>(nodes_max);
  std::vector<const QueueJob*> pending;
  struct End {
    double at_s;
    int node, gpus, started;
    bool operator>(const End& other) const { return at_s > other.at_s; }
  };
  std::priority_queue<End, std::vector<End>, std::greater<>> ends;
  std::vector<double> waits_s;
  int minute = 0, count = 0;
  std::int64_t billed = 0, busy = 0, boots = 0;

  bool is_ready(const Node& node) const { return node.is_there && node.ready_at <= minute; }

  void end_jobs() {
    for (; !ends.empty() && ends.top().at_s <= minute * 60.0; ends.pop()) {
      Node& node = nodes[static_cast<std::size_t>(ends.top().node)];
      node.free += ends.top().gpus;
      node.starts.erase(std::ranges::find(node.starts, ends.top().started));
      if (node.free == gpus_a_node) node.idle_since = minute;
    }
  }
  /// Less is better: empty nodes last.
  std::tuple<bool, int, int> rank(const Node& node) const {
    const int oldest = placing == Placing::oldest && !node.starts.empty() ? std::ranges::min(node.starts) : 0;
    return {node.free == gpus_a_node, oldest, node.free};
  }
  bool start(const QueueJob& job) {
    std::vector<Node*> takers;
    for (Node& node : nodes)
      if (is_ready(node) && node.free >= job.gpus) takers.push_back(&node);
    if (static_cast<int>(takers.size()) < job.nodes) return false;
    std::ranges::stable_sort(takers, {}, [&](const Node* node) { return rank(*node); });
    takers.resize(static_cast<std::size_t>(job.nodes));
    for (Node* node : takers) {
      node->free -= job.gpus;
      node->starts.push_back(minute);
      ends.push({minute * 60.0 + job.duration_s, static_cast<int>(node - nodes.data()), job.gpus, minute});
    }
    waits_s.push_back(minute * 60.0 - job.submitted_s);
    return true;
  }
  void start_jobs() {
    int refused = gpus_a_node + 1;  // what did not fit does not fit a moment later
    std::erase_if(pending, [&](const QueueJob* job) {
      if (job->nodes == 1 && job->gpus >= refused) return false;
      if (start(*job)) return true;
      if (job->nodes == 1) refused = std::min(refused, job->gpus);
      return false;
    });
  }
  void grow(int by) {
    for (Node& node : nodes)
      if (by > 0 && !node.is_there) {
        node = {.ready_at = minute + boot_minutes, .idle_since = minute + boot_minutes, .is_there = true};
        ++count, --by, ++boots;
      }
  }
  bool is_idle(const Node& node) const { return is_ready(node) && node.free == gpus_a_node; }
  /// The last ones first: the scheduler fills from the front.
  void shrink(int by) {
    for (auto node = nodes.rbegin(); node != nodes.rend() && by > 0; ++node)
      if (is_idle(*node)) {
        node->is_there = false;
        --count, --by;
      }
  }
  void bill() {
    billed += count;
    for (const Node& node : nodes) busy += is_ready(node) && node.free < gpus_a_node ? 1 : 0;
  }
  PoolNeed need() const {
    PoolSupply supply{.name = "gpu", .node = {.gpus = gpus_a_node}, .nodes_max = nodes_max};
    for (const Node& node : nodes)
      if (node.is_there) supply.nodes.push_back({.free = {.gpus = node.free}, .is_busy = node.free < gpus_a_node});
    std::vector<PendingWork> work;
    for (const QueueJob* job : pending) work.push_back({.each = {.gpus = job->gpus}, .nodes = job->nodes});
    return pack_backlog(work, {supply}).pools.front();
  }
};

using Rule = std::function<void(Pool&)>;

Pool run(const std::vector<QueueJob>& jobs, Placing placing, const Rule& rule) {
  Pool pool{.placing = placing};
  for (std::size_t next = 0; next < jobs.size() || !pool.pending.empty() || !pool.ends.empty(); ++pool.minute) {
    pool.end_jobs();
    for (; next < jobs.size() && jobs[next].submitted_s <= pool.minute * 60.0; ++next)
      pool.pending.push_back(&jobs[next]);
    pool.start_jobs();
    rule(pool);
    pool.bill();
  }
  return pool;
}

/// Tells a headroom of each job that started since it was last told: a p95 of ten minutes.
struct Listener {
  Headroom headroom{HeadroomTerms{.late_share_max = 0.05}};
  std::size_t told = 0;

  /// A node more when less stands free on the busy ones, idle ones and those in boot than should.
  int spare_nodes(const Pool& pool, int new_nodes) {
    for (; told < pool.waits_s.size(); ++told) headroom.push(pool.waits_s[told] > wait_s_max);
    double free = new_nodes * gpus_a_node;
    for (const Node& node : pool.nodes) free += node.is_there && node.free < gpus_a_node ? node.free : 0;
    return static_cast<int>(std::ceil(std::max(headroom.free() - free, 0.0) / gpus_a_node));
  }
};

/// Buys what the backlog needs; gives back each node that was idle for so long, and so long after the last growth.
Rule idle_rule(int idle_minutes, int after_growth_minutes, bool with_headroom) {
  return [=, listener = Listener{}, last_growth = -1'000'000](Pool& pool) mutable {
    const PoolNeed need = pool.need();
    const int spare = with_headroom ? listener.spare_nodes(pool, need.new_nodes) : 0;
    const int missing = need.busy + need.new_nodes + spare - pool.count;
    if (missing > 0) {
      pool.grow(missing);
      last_growth = pool.minute;
    }
    if (pool.minute - last_growth < after_growth_minutes || missing > 0) return;
    int unneeded = 0;
    for (const Node& node : pool.nodes)
      unneeded += pool.is_idle(node) && pool.minute - node.idle_since >= idle_minutes ? 1 : 0;
    pool.shrink(std::min(unneeded, -missing));
  };
}

/// The queue's wish through the arbiter, hold (and headroom) learned as the trace goes.
Rule arbiter_rule(bool with_headroom) {
  return [=, listener = Listener{}, learned = IdleHold(boot_minutes), memory = ArbiterMemory{}](Pool& pool) mutable {
    PoolNeed need = pool.need();
    if (with_headroom) *need.wish.at_least += listener.spare_nodes(pool, need.new_nodes);
    learned.push(*need.wish.at_least);
    ArbiterInput input{.wishes = {need.wish}, .nodes = pool.count, .memory = memory};
    input.now = beginning + minutes{pool.minute};
    input.metrics_at = input.now;
    input.terms = {.zero_allowed = true, .ceiling = nodes_max, .hold = minutes{learned.steps()}};
    const Arbitration decision = arbitrate(input);
    memory = decision.memory;
    pool.grow(decision.to - decision.from);
    pool.shrink(decision.from - decision.to);
  };
}

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1];
}

/// The clairvoyant bound: the GPU-hours that the jobs run, on nodes that are full, never wait for a boot and can be
/// repacked at any moment. No rule can be below it, and none that cannot move running jobs comes near.
double bound_hours(const std::vector<QueueJob>& jobs) {
  double gpu_seconds = 0;
  for (const QueueJob& job : jobs) gpu_seconds += job.duration_s * job.gpus * job.nodes;
  return gpu_seconds / 3600 / gpus_a_node;
}

/// One that knows all jobs, starts each at once, repacks each minute, and pays for boots: how much of a ratio is due to
/// whole nodes and boots, and how much to not knowing and not moving.
double repacking_hours(const std::vector<QueueJob>& jobs) {
  double end_s = 0;
  for (const QueueJob& job : jobs) end_s = std::max(end_s, job.submitted_s + job.duration_s);
  std::vector<int> gpus(static_cast<std::size_t>(end_s / 60) + 2);
  for (const QueueJob& job : jobs) {
    gpus[static_cast<std::size_t>(job.submitted_s / 60)] += job.gpus * job.nodes;
    gpus[static_cast<std::size_t>((job.submitted_s + job.duration_s) / 60) + 1] -= job.gpus * job.nodes;
  }
  int running = 0;
  for (int& at : gpus) {
    running += at;
    at = (running + gpus_a_node - 1) / gpus_a_node;
  }
  return optimal_node_steps(gpus, boot_minutes, 0) / 60;
}

/// One job more or less moves the packing of a week: what differs by less than this spread is the same. The whole
/// trace, and it eight times with 1 % of the jobs left out.
std::vector<std::vector<QueueJob>> variations(const std::vector<QueueJob>& jobs) {
  std::vector<std::vector<QueueJob>> all = {jobs};
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rng rng(seed);
    auto& some = all.emplace_back();
    for (const QueueJob& job : jobs)
      if (!rng.chance(0.01)) some.push_back(job);
  }
  return all;
}

void print(const char* name, Placing placing, const std::vector<std::vector<QueueJob>>& traces,
           const std::function<Rule()>& rule) {
  double sum = 0, squares = 0, late_share = 0;
  std::vector<double> p95;
  for (const auto& jobs : traces) {
    const Pool pool = run(jobs, placing, rule());
    const double ratio = static_cast<double>(pool.billed) / 60 / bound_hours(jobs);
    sum += ratio;
    squares += ratio * ratio;
    p95.push_back(percentile(pool.waits_s, 0.95) / 60);
    late_share += static_cast<double>(std::ranges::count_if(pool.waits_s, [](double s) { return s > wait_s_max; })) /
                  static_cast<double>(pool.waits_s.size());
    if (&jobs != &traces.front()) continue;
    std::printf("%-34s %7.0f h, busy %6.0f h, %5lld boots, waits p95 %5.2f p99 %5.2f most %4.1f min;", name,
                static_cast<double>(pool.billed) / 60, static_cast<double>(pool.busy) / 60,
                static_cast<long long>(pool.boots), p95.back(), percentile(pool.waits_s, 0.99) / 60,
                percentile(pool.waits_s, 1) / 60);
  }
  const auto n = static_cast<double>(traces.size());
  std::printf(" all: ratio %.4f +- %.4f, p95 %.2f to %.2f, late %.2f %%\n", sum / n,
              std::sqrt(std::max(squares / n - sum / n * sum / n, 0.0)), std::ranges::min(p95), std::ranges::max(p95),
              100 * late_share / n);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path data = argc > 1 ? argv[1] : "../shared/data";
  const auto jobs = read_jobs(data / "gpu/philly_jobs.csv");
  if (jobs.empty()) return std::puts("no jobs: give the folder of the shared data"), 1;
  std::printf("%zu jobs, bound %.0f node-hours; all known and repacked each minute %.4f of it\n", jobs.size(),
              bound_hours(jobs), repacking_hours(jobs) / bound_hours(jobs));
  const auto traces = variations(jobs);
  for (const Placing placing : {Placing::fullest, Placing::oldest}) {
    std::puts(placing == Placing::fullest ? "jobs go to the fullest node:" : "jobs go beside the oldest job:");
    for (const bool with_headroom : {false, true}) {
      if (with_headroom) std::puts("  with headroom:");
      print("cluster-autoscaler, 10 min idle", placing, traces, [&] { return idle_rule(10, 10, with_headroom); });
      print("ray, 5 min idle", placing, traces, [&] { return idle_rule(5, 0, with_headroom); });
      print("arbiter, learned hold", placing, traces, [&] { return arbiter_rule(with_headroom); });
    }
  }
}
