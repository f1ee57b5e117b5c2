// How the node count of one place is seen and set: an agent pool of AKS through ARM, the least count of an Azure ML
// compute, or the replicas of an object in a cluster (Karpenter's static node pools). Deciding is scaling's business.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/journal.hpp"
#include "ports/cloud.hpp"
#include "ports/cluster.hpp"
#include "scaling/node_view.hpp"

namespace drover::control {

/// A cluster and what its waiting happens in.
struct ClusterLink {
  kubernetes::Cluster* cluster = nullptr;
  Flows* flows = nullptr;
  std::string error = {};  ///< why there is none
};

struct PoolState {
  int asked = 0;                         ///< nodes that it was last asked to have
  std::optional<std::string> busy = {};  ///< why its count cannot be set now
  bool nodes_known = false;              ///< the three below are as the cluster says
  std::vector<scaling::NodeView> nodes = {};
  std::vector<nlohmann::json> node_objects = {}, pod_objects = {};  ///< of the whole cluster
  std::string selector = {};                                        ///< label of its nodes: "agentpool=gpu"
  std::string vm_size = {};
  std::vector<std::string> notes = {};    ///< what could not be seen, for people
  bool asked_for_more = false;            ///< so did the change that has ended, just now
  std::optional<Error> ended_badly = {};  ///< the change that was under way has failed, just now

  int ready() const;
  int leaving() const;
};

class PoolLever {
 public:
  virtual ~PoolLever() = default;
  virtual Result<PoolState> look() = 0;
  /// Begins to set the count, and says so in the journal first; a later look tells how it ended.
  virtual Status set(int nodes) = 0;
  /// The same, those machines going. Only where empties_nodes().
  virtual Status remove(const std::vector<std::string>& names, int nodes_left) = 0;
  /// Fewer nodes means emptying some and removing just those; else the place does that by itself.
  virtual bool empties_nodes() const { return false; }
  /// Its count may be set to less at any time.
  virtual bool is_busy() const { return false; }
  /// Core quotas that bound its growth; none where others see to that. Blocks.
  virtual Result<std::vector<CoreQuota>> quotas() { return std::vector<CoreQuota>{}; }
  /// Waits for the change that is under way, if there is one.
  virtual Status settle() { return {}; }
};

struct LeverParts {
  Cloud& cloud;
  Journal& journal;
  ClusterLink link;
};

/// `resource`: a node pool or a compute. `replicas`: GROUP/KIND/NAME, or "".
std::unique_ptr<PoolLever> make_lever(LeverParts parts, const Resource& resource, const std::string& replicas);

}  // namespace drover::control
