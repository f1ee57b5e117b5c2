// A Kubernetes cluster as control/ sees it: objects as JSON, read, written and watched. One implementation speaks the
// API (drivers/kubernetes), to any cluster from 1.20 on or to the local cloud's.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ports/flow.hpp"
#include "protocol/kubernetes_watch.hpp"

namespace drover::kubernetes {

/// A kind of object as this server has it; from discovery, never assumed.
struct ApiResource {
  std::string group;    ///< "" for the core group
  std::string version;  ///< "v1"
  std::string kind;     ///< "Pod"; of a subresource, what it takes ("Eviction")
  std::string plural;   ///< "pods", or with a subresource "pods/eviction"
  bool namespaced = true;
  std::vector<std::string> verbs;

  /// "v1", "batch/v1"
  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
};

/// A kind by group and name, in whatever version the server likes best; with a version ("v1beta1"), in that.
struct ObjectKind {
  std::string group;
  std::string kind;
  std::string version = {};
};

namespace kinds {
inline const ObjectKind namespaces{"", "Namespace"};
inline const ObjectKind nodes{"", "Node"};
inline const ObjectKind pods{"", "Pod"};
inline const ObjectKind config_maps{"", "ConfigMap"};
inline const ObjectKind secrets{"", "Secret"};
inline const ObjectKind events{"", "Event"};
inline const ObjectKind jobs{"batch", "Job"};
inline const ObjectKind deployments{"apps", "Deployment"};
inline const ObjectKind daemon_sets{"apps", "DaemonSet"};
inline const ObjectKind disruption_budgets{"policy", "PodDisruptionBudget"};
}  // namespace kinds

struct ObjectName {
  ObjectKind kind;
  std::string space;  ///< its namespace; "" for kinds without, and for the default one
  std::string name;
};

struct ObjectSelection {
  ObjectKind kind;
  std::string space = {};   ///< "" = all namespaces
  std::string labels = {};  ///< label selector ("app=x,tier!=y")
  std::string fields = {};  ///< field selector ("metadata.name=x")
};

/// What the server warns of with an answer (kubernetes::warnings_of), in its words.
using Warnings = std::vector<std::string>;

struct ApplyOptions {
  std::string field_manager = "drover";
  bool force = false;            ///< take over fields that other managers own
  bool dry_run = false;          ///< only say what it would be
  Warnings* warnings = nullptr;  ///< warnings are added to it; it must outlive the Flow
};

enum class PatchKind : std::uint8_t { merge, strategic, json };

enum class Propagation : std::uint8_t { background, foreground, orphan };

struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds = {};  ///< the object's own where it is not given
  Propagation propagation = Propagation::background;
  std::string uid = {};  ///< only if it is still this very object (conflict otherwise)
};

struct LogOptions {
  std::string container = {};  ///< may be left out where there is one
  std::optional<std::int64_t> tail_lines = {};
  std::optional<Duration> since = {};  ///< whole seconds, at least one
  bool follow = false;
  bool previous = false;  ///< of the container before its restart
  bool timestamps = false;
};

/// Takes what a watch tells; false ends the watch. It is called while the transport is at work: it may take notes, but
/// not call the cluster, nor destroy the Flow.
using WatchObserver = std::function<bool(WatchEvent)>;

/// Retries what is transient by itself, within bounds, and stays within a rate. Reading, apply and remove may be done
/// again after a crash; create says already_exists. A Flow that is destroyed gives up its exchange. Errors carry the
/// server's reason as service_code. Not thread-safe.
class Cluster {
 public:
  virtual ~Cluster() = default;

  /// Errors: not_found when the server has no such kind.
  virtual Flow<Result<ApiResource>> discover(ObjectKind kind) = 0;
  /// "v1.20.2"
  virtual Flow<Result<std::string>> server_version() = 0;

  virtual Flow<Result<nlohmann::json>> get(ObjectName name) = 0;
  /// All pages.
  virtual Flow<Result<std::vector<nlohmann::json>>> list(ObjectSelection selection) = 0;
  /// Lists and then tells every change until the observer has enough (that is success) or it cannot go on. Objects come
  /// in the order of their changes; after a gap all are listed anew.
  virtual Flow<Status> watch(ObjectSelection selection, WatchObserver observer) = 0;

  /// Server-side apply: makes it or changes the fields that it names, and gives it as it is then. `object` has
  /// apiVersion, kind and metadata.name. Errors: conflict when another manager owns a field.
  virtual Flow<Result<nlohmann::json>> apply(nlohmann::json object, ApplyOptions options) = 0;
  /// `warnings`: as of ApplyOptions.
  virtual Flow<Result<nlohmann::json>> create(nlohmann::json object, Warnings* warnings = nullptr) = 0;
  /// `subresource` "" for the object itself, or "status".
  virtual Flow<Result<nlohmann::json>> patch(ObjectName name, PatchKind kind, nlohmann::json change,
                                             std::string subresource) = 0;
  /// True when it was there; it may take its grace period and its dependents' to be gone.
  virtual Flow<Result<bool>> remove(ObjectName name, DeleteOptions options) = 0;

  /// What a container wrote, to `sink`, which must outlive it; with follow until it ends or the sink has enough. A
  /// followed log that breaks off is an Error (unavailable): begin again with `since`.
  virtual Flow<Status> logs(ObjectName pod, LogOptions options, BodySink& sink) = 0;
  /// Asks for a pod's deletion within its budgets. Errors: precondition while a PodDisruptionBudget does not allow it.
  virtual Flow<Status> evict(ObjectName pod, std::optional<std::int64_t> grace_seconds) = 0;

  virtual Instant now() const = 0;
};

}  // namespace drover::kubernetes
