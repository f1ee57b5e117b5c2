// The processes of jobs on the nodes of AmlCompute clusters: started, told to end, and what became of them. All nodes
// are this one machine.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "localcloud/cloud.hpp"
#include "localcloud/images.hpp"
#include "localcloud/ml/staging.hpp"

namespace drover::localcloud::ml {

class Runner {
 public:
  explicit Runner(World& world) : world_(world) {}

  /// `machine.processes` are those of jobs alone.
  void set_machine(Machine machine) { machine_ = std::move(machine); }
  const Machine& machine() const { return machine_; }
  JobFolder folder_of(const Run& run) const;
  /// Files that its processes write to, by rank; none where nothing is kept.
  std::vector<std::string> logs_of(const Run& run) const;

  /// Learns what has ended. Records of ends that were taken before are dropped: they are in the world's by now.
  void collect();
  /// Lays out the nodes and starts all ranks; those that run already (from before a kill) are left alone. `image` is
  /// null for this machine's own root. Errors: what the job lacks; precondition when this world has no machine.
  Status start(const Run& run, const Json& properties, const Image* image);
  /// Notes the ends of this attempt in `run.exits`. False when a process of it is lost: nobody saw how it ended.
  bool observe(Run& run);
  /// Ends what runs of it: asked at first, then by force.
  void end(const Run& run, bool by_force);
  /// Ends whatever runs in the name of no attempt in `live` (process names without rank), and drops such ends.
  void sweep(const std::set<std::string>& live);
  /// True when collect() has something to drop.
  bool has_leftovers() const { return !taken_.empty() || !discarded_.empty(); }
  /// Removes the job's folder once what was made of it is kept.
  void discard(const Run& run) { discarded_.push_back(folder_of(run).path); }

 private:
  Status start_rank(const Run& run, const Json& properties, const Bindings& bindings, long long rank,
                    const Image* image);

  World& world_;
  Machine machine_;
  std::map<std::string, ProcessEnd> ends_;  ///< by name, not taken yet
  std::vector<std::string> taken_;          ///< to be forgotten at the next collect()
  std::vector<std::string> discarded_;      ///< folders, likewise
};

}  // namespace drover::localcloud::ml
