// What a node's agent does, for all nodes of all local clusters: runs the containers of the pods that are bound to a
// node as processes of this machine, and writes down what becomes of them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "localcloud/cloud.hpp"
#include "localcloud/images.hpp"
#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

class LogTimes;

class Kubelet {
 public:
  void set_machine(Machine machine) { machine_ = std::move(machine); }
  const Machine& machine() const { return machine_; }

  /// Learns what runs and what has ended. What was learnt before is kept by now: its records are dropped.
  void collect();
  /// True when something ended that is not written down yet.
  bool has_news() const { return !ends_.empty(); }
  /// One step of every pod of the cluster; says through `cluster.due` when the next one is due by time.
  void run(Cluster& cluster);
  /// Notes what the containers of the cluster have written since it was last said, a few times in a second at most.
  void look_at_logs(const Cluster& cluster);
  /// When the lines of the log at that path were written.
  std::shared_ptr<LogTimes> times_of(const std::string& log) const;
  /// Drops the ends that no pod wanted; said once every cluster has had its step.
  void drop_ends();
  /// Ends what still runs of a cluster that is gone.
  void forget_cluster(Cluster& cluster);

 private:
  struct Step;
  friend struct Step;
  void collect_ends();
  bool has_processes(const Json& pod) const;
  void kill_all(const Json& pod);
  void sweep(Cluster& cluster);

  Machine machine_;
  std::set<std::string> running_;
  std::map<std::string, ProcessEnd> ends_;                  ///< by name, not yet written down
  std::vector<std::string> written_;                        ///< ends that are in the world's records since
  std::set<std::string> terminated_;                        ///< have had their SIGTERM
  std::map<std::string, std::shared_ptr<LogTimes>> times_;  ///< of containers that run, by log
  std::map<std::string, Instant> looked_;                   ///< by cluster
  std::map<std::string, std::pair<Instant, int>> retries_;  ///< by pod's uid: not before, and how often
};

/// "pod.UID.CONTAINER.ATTEMPT": a container's process.
std::string process_name(const Json& pod, std::string_view container, long long attempt);
/// Where a pod's logs and volumes are.
std::string pod_folder(const Machine& machine, const Json& pod);
std::string log_path(const Machine& machine, const Json& pod, std::string_view container, long long attempt);

/// What a container is started with; its volumes are made. `image` is null for this machine's own root. Errors say what
/// is missing (a secret, a key) or cannot be.
Result<ProcessSpec> make_process(const Cluster& cluster, const Machine& machine, const Json& pod, const Json& container,
                                 long long attempt, const Image* image);

/// Why a container waits for its image.
struct ImageWait {
  const char* reason = nullptr;  ///< Kubernetes' word; null while it is being pulled for the first time
  std::string message;
  std::vector<std::pair<const char*, std::string>> warnings;  ///< reasons and messages of events
};
/// The wait of a container that has `before` as the reason of its wait until now.
ImageWait wait_for_image(const ImageLook& look, const Json& container, std::string_view before);

/// All variables of a container, later ones over earlier ones, which are those of its image (null: none). Errors:
/// not_found, in Kubernetes' words.
Result<std::vector<std::pair<std::string, std::string>>> make_environment(const Cluster& cluster, const Json& pod,
                                                                          const Json& container, const Image* image);
/// "$(NAME)" replaced by the variable's value, "$$" by "$"; what is not known stays.
std::string expand_variables(std::string_view text, const std::vector<std::pair<std::string, std::string>>& variables);
/// The value at a path of the downward API ("metadata.labels['x']"); nullopt when there is none such.
std::optional<std::string> downward_field(const Json& pod, std::string_view path);
/// The value of a resourceFieldRef.
std::string downward_resource(const Json& pod, const Json& reference, const Json* own_container);

/// Makes the pod's volumes and says what of them the container sees where.
Result<std::vector<Mount>> make_mounts(const Cluster& cluster, const Machine& machine, const Json& pod,
                                       const Json& container, const Image* image);

}  // namespace drover::localcloud::kubernetes
