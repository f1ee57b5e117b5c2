// Queues on other people's ground: Philly's jobs into one pool of 8-GPU nodes that scales with them, under the rules of
// cluster-autoscaler, of Ray and ours. drover_queue_ground SHARED-DATA-FOLDER
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <queue>
#include <sstream>
#include <vector>

#include "base/text.hpp"
#include "scaling/arbiter.hpp"
#include "scaling/backlog.hpp"
#include "scaling/idle_hold.hpp"
#include "scaling/optimum.hpp"

namespace {

using namespace drover;
using namespace drover::scaling;
using std::chrono::minutes;

constexpr int gpus_a_node = 8, boot_minutes = 10, nodes_max = 400;
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
  int ready_at = 0;   ///< minute
  int free = gpus_a_node;
  int idle_since = 0;  ///< minute in which it had nothing to do for the first time, or became ready
  bool is_there = false;
};

/// The pool as a scheduler sees it: jobs in their order, a later one may pass one that does not fit; each goes to the
/// fullest node that takes it. The same for all rules.
struct Pool {
  std::vector<Node> nodes = std::vector<Node>(nodes_max);
  std::vector<const QueueJob*> pending;
  struct End {
    double at_s;
    int node, gpus;
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
      if (node.free == gpus_a_node) node.idle_since = minute;
    }
  }
  bool start(const QueueJob& job) {
    std::vector<int> takers;
    for (int i = 0; i < nodes_max; ++i)
      if (const Node& node = nodes[static_cast<std::size_t>(i)]; is_ready(node) && node.free >= job.gpus) takers.push_back(i);
    if (static_cast<int>(takers.size()) < job.nodes) return false;
    std::ranges::stable_sort(takers, {}, [&](int i) { return nodes[static_cast<std::size_t>(i)].free; });
    for (int i = 0; i < job.nodes; ++i) {
      nodes[static_cast<std::size_t>(takers[static_cast<std::size_t>(i)])].free -= job.gpus;
      ends.push({minute * 60.0 + job.duration_s, takers[static_cast<std::size_t>(i)], job.gpus});
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

Pool run(const std::vector<QueueJob>& jobs, const Rule& rule) {
  Pool pool;
  for (std::size_t next = 0; next < jobs.size() || !pool.pending.empty() || !pool.ends.empty(); ++pool.minute) {
    pool.end_jobs();
    for (; next < jobs.size() && jobs[next].submitted_s <= pool.minute * 60.0; ++next) pool.pending.push_back(&jobs[next]);
    pool.start_jobs();
    rule(pool);
    pool.bill();
  }
  return pool;
}

/// Buys what the backlog needs; gives back each node that was idle for so long, and so long after the last growth.
Rule idle_rule(int idle_minutes, int after_growth_minutes) {
  return [=, last_growth = -1'000'000](Pool& pool) mutable {
    const int missing = pool.need().new_nodes;
    if (missing > 0) {
      pool.grow(missing);
      last_growth = pool.minute;
    }
    if (pool.minute - last_growth < after_growth_minutes) return;
    int unneeded = 0;
    for (const Node& node : pool.nodes) unneeded += pool.is_idle(node) && pool.minute - node.idle_since >= idle_minutes ? 1 : 0;
    if (pool.pending.empty()) pool.shrink(unneeded);
  };
}

/// The queue's wish through the arbiter, its hold learned as the trace goes.
Rule arbiter_rule(int fixed_hold = -1, double price = 0) {
  return [=, learned = IdleHold(boot_minutes), memory = ArbiterMemory{}](Pool& pool) mutable {
    const PoolNeed need = pool.need();
    learned.push(*need.wish.at_least);
    ArbiterInput input{.wishes = {need.wish}, .nodes = pool.count, .now = beginning + minutes{pool.minute}, .memory = memory};
    const int hold = fixed_hold >= 0 ? fixed_hold : learned.steps(price);
    input.terms = {.zero_allowed = true, .ceiling = nodes_max, .hold = minutes{hold}};
    input.metrics_at = input.now;
    const Arbitration decision = arbitrate(input);
    memory = decision.memory;
    if (decision.grows()) pool.grow(decision.to - decision.from);
    if (decision.shrinks()) pool.shrink(decision.from - decision.to);
  };
}

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1];
}

void print(const char* name, const Pool& pool, double bound_hours) {
  const double hours = static_cast<double>(pool.billed) / 60;
  std::printf("%-34s %9.0f  %6.4f  %9.0f %7.0f %7lld  %6.1f %6.1f %6.1f\n", name, hours * gpus_a_node, hours / bound_hours,
              static_cast<double>(pool.busy) / 60, static_cast<double>(pool.boots) * boot_minutes / 60, static_cast<long long>(pool.boots),
              percentile(pool.waits_s, 0.95) / 60, percentile(pool.waits_s, 0.99) / 60, percentile(pool.waits_s, 1) / 60);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path data = argc > 1 ? argv[1] : "../shared/data";
  const auto jobs = read_jobs(data / "gpu/philly_jobs.csv");
  double gpu_seconds = 0;
  for (const QueueJob& job : jobs) gpu_seconds += job.duration_s * job.gpus * job.nodes;
  const double bound_hours = gpu_seconds / 3600 / gpus_a_node;
  std::printf("%zu jobs, bound %.0f GPU-node-hours\n", jobs.size(), bound_hours);
  std::printf("rule gpu-hours ratio busy-node-hours boot-hours boots p95 p99 max (min)\n");
  print("cluster-autoscaler", run(jobs, idle_rule(10, 10)), bound_hours);
  print("ray", run(jobs, idle_rule(5, 0)), bound_hours);
  for (const int hold : {0, 2, 5, 10, 20}) print(("arbiter hold " + std::to_string(hold)).c_str(), run(jobs, arbiter_rule(hold)), bound_hours);
  for (const double price : {0.0, 10.0, 50.0}) print("arbiter learned", run(jobs, arbiter_rule(-1, price)), bound_hours);
}
