// All jobs of the ML workspaces of a world, and the nodes that they run on: what is due is done here, step by step,
// each one following from what is on record. A kill between any two steps loses nothing and repeats nothing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "localcloud/ml/nodes.hpp"
#include "localcloud/ml/runner.hpp"

namespace drover::localcloud::ml {

class Training {
 public:
  explicit Training(World& world);

  /// Reads the records of a world that was just opened.
  void load();
  void set_machine(Machine machine);

  /// Does what is due by `now`, in order of time.
  void advance(Instant now);
  /// When something is due by world time alone; instant_max for never. The ends of processes come by themselves.
  Instant next_event() const { return due_; }
  /// Jobs run: their logs grow, and they may end at any moment.
  bool has_live() const { return has_live_; }

  // For those who answer calls.
  void submit(Run run);
  const Run* find(std::string_view key) const;
  const Run* find_uid(std::string_view uid) const;
  const std::map<std::string, Run, std::less<>>& runs() const { return runs_; }
  void cancel(std::string_view key);
  /// A number for the next job: larger than all before.
  long long next_order() const;
  /// The compute was made or changed: its nodes follow.
  void note_compute(const std::string& key);
  /// null when the cluster has had no nodes yet.
  const Pool* pool(std::string_view compute) const;
  /// The resource of that key (a job, a compute) is gone from the world.
  void forget(std::string_view key);

 private:
  void step(Instant now);
  void step_pools(Instant now);
  void step_run(Run& run, Instant now);
  void prepare(Run& run, Instant now);
  void enqueue(Run& run, Instant now);
  void take_nodes(Run& run, Instant now);
  void launch(Run& run, Instant now);
  /// nullopt while it is being pulled, and when that failed, and so has the job.
  std::optional<Image> find_image(Run& run, const std::string& reference, Instant now);
  void launch_attached(Run& run, Instant now);
  void watch(Run& run, Instant now);
  void watch_attached(Run& run, Instant now);
  void judge(Run& run, Instant now);
  void stop(Run& run, RunState verdict, const std::string& code, const std::string& message);
  void finalize(Run& run, RunState verdict, Instant now);
  void finish(Run& run, RunState verdict, Instant now);
  void fail_run(Run& run, const std::string& code, const std::string& message, Instant now);
  void retry(Run& run, const std::string& why, Instant now);
  bool give_up_if_asked(Run& run, Instant now);
  void size_pools(Instant now);
  void follow_logs();
  void keep(Run& run);
  void keep_pool(const std::string& compute);
  void find_due();

  Json properties_of(const Run& run) const;
  bool is_attached(const Run& run) const;
  /// nullopt when the compute is gone, going, or not an AmlCompute.
  std::optional<Bounds> bounds_of(std::string_view compute) const;
  Chance chance();
  Instant real_now() const;

  World& world_;
  Runner runner_;
  std::map<std::string, Run, std::less<>> runs_;  ///< by key of their resource
  struct Nodes {
    Pool pool;
    std::optional<Bounds> bounds;  ///< nullopt while its compute is being made or is going
    std::string kept;              ///< what is on record of it
  };
  std::map<std::string, Nodes, std::less<>> pools_;       ///< by key of their compute
  std::map<std::string, std::string, std::less<>> kept_;  ///< what is on record of each job
  std::set<std::string> crowded_;                         ///< in a step: computes whose first in the queue waits
  Instant due_ = instant_max;
  Instant logs_due_{};     ///< in the processes' time
  bool touched_ = false;   ///< something changed that advance() has not looked at
  bool has_live_ = false;  ///< processes or pods may change things by themselves
};

/// Writes what a GET of the compute shows of its nodes into properties.properties.
void show_nodes(Json& settings, const Pool& pool);
/// What the service says of a compute in the tags of a job that waits for it.
std::string target_status(const Pool& pool);

}  // namespace drover::localcloud::ml
