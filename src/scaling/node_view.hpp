// What the nodes of a pool are like and what runs on them, as a scaler sees it, out of Kubernetes objects. After Node
// and Pod of the Kubernetes API (core/v1), and the annotations by which pods ask to be left alone.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scaling/backlog.hpp"

namespace drover::scaling {

/// On a node that Drover has cordoned to take it away: since when, RFC 3339.
inline constexpr const char* leaving_annotation = "drover.dev/leaving-since";

struct PodView {
  std::string space, name, uid;
  NodeResources asks = {};   ///< the larger of its containers' sum and its largest init container's
  bool stays = false;        ///< it belongs to its node (a daemon set's, a static pod) or is over: no reason to wait
  bool is_of_job = false;    ///< what it has done so far is lost with it
  std::string held_because;  ///< why it may not be moved; "" when it may
  /// It keeps files on its node (emptyDir, hostPath) that a move would lose, and is not marked as safe to move.
  bool has_local_files = false;
  Instant began = {};                    ///< epoch: not yet
  std::vector<std::string> barred = {};  ///< other nodes of its pool where it may not go
};

struct NodeView {
  std::string name;
  bool is_ready = false;
  bool is_cordoned = false;
  std::optional<Instant> leaving_since = {};
  std::string held_because;  ///< why it may not go, whatever runs there; "" when it may
  Instant made = {};
  std::optional<Instant> ready_since = {};
  NodeResources allocatable = {};
  std::vector<PodView> pods = {};

  NodeResources free() const;
  /// Something runs on it that a node's end would cut short or move.
  bool is_busy() const;
};

/// Nodes that `selector` chooses ("agentpool=gpu": one label; "": all), with the pods on them; both as the API lists
/// them.
std::vector<NodeView> view_nodes(const std::vector<nlohmann::json>& nodes, const std::vector<nlohmann::json>& pods,
                                 const std::string& selector);

/// One expression of a selector or an affinity ({"key", "operator", "values"}), on labels.
bool holds_expression(const nlohmann::json& expression, const nlohmann::json& labels);

/// Whether a pod's node selector and required node affinity fit a node's labels, and it tolerates the node's taints.
bool may_go_to(const nlohmann::json& pod, const nlohmann::json& node);

/// Pods that the scheduler could not place and that new nodes of this pool could take: their node selector and required
/// node affinity fit the labels of one of its nodes (but for those that name that node alone), they tolerate its
/// taints, and it has the kinds of devices that they ask for. `nodes` are the Nodes of the pool; where there are none
/// only the selector's own label is known, and what asks for others is not this pool's. Pods of daemon sets ask for no
/// node: each is for the one that it names. `refused`, if given, gets a sentence for each pod that asks for this pool
/// by its label and that none of its nodes could take, with the reason.
std::vector<PendingWork> view_pending(const std::vector<nlohmann::json>& pods, const std::vector<nlohmann::json>& nodes,
                                      const std::string& selector, std::vector<std::string>* refused = nullptr);

/// What the daemon sets of a cluster take of each new node of the pool: those with a pod on one of its nodes, or for
/// one where it does not fit; of a pool without nodes those whose pods anywhere may go to one, by selector and
/// tolerations.
NodeResources taken_by_daemons(const std::vector<nlohmann::json>& pods, const std::vector<nlohmann::json>& nodes,
                               const std::string& selector);

}  // namespace drover::scaling
