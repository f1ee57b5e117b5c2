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
  Instant began = {};        ///< epoch: not yet
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

/// Pods that the scheduler could not place and that nodes of this pool could take: their node selector and required
/// node affinity fit its labels, they tolerate its taints. `node` is a Node of the pool, or {} where there is none yet:
/// then only the selector's own label is known, and what asks for others is not this pool's.
std::vector<PendingWork> view_pending(const std::vector<nlohmann::json>& pods, const nlohmann::json& node,
                                      const std::string& selector);

/// Kubernetes' quantities: "500m", "2", "1.5Gi", "128974848", "1e3". 0 for what is none.
double parse_quantity(std::string_view text);

}  // namespace drover::scaling
