// What the handlers stand on: the state of one folder, and connections to clouds. app/ makes one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time_zone.hpp"
#include "control/jobs/job_loop.hpp"
#include "estate/estate.hpp"
#include "ports/blobs.hpp"
#include "ports/clock.hpp"
#include "ports/cloud.hpp"
#include "ports/cluster.hpp"
#include "ports/folders.hpp"
#include "ports/load_meter.hpp"
#include "ports/secrets.hpp"
#include "ports/store.hpp"

namespace drover::api {

/// A connection to the cloud of one estate; gone with its owner.
struct Connection {
  Cloud* cloud = nullptr;
  Blobs* blobs = nullptr;
  Clock* clock = nullptr;  ///< of that cloud's world
  std::shared_ptr<void> owner;
  Duration tick{};  ///< world time between progress events
  double pace = 1;  ///< seconds of that world in one of ours
  /// Of the local world's clock; 0: it takes no time to wait. nullopt: real time, with Azure.
  std::optional<double> speed = {};
};

/// How the time in which an answer's `at` is goes by: "its clock runs 60 times as fast as yours"; "" for real time.
std::string clock_words(const Connection& connection);

/// A connection to a Kubernetes cluster; gone with its owner.
struct ClusterConnection {
  kubernetes::Cluster* cluster = nullptr;
  Flows* flows = nullptr;  ///< in which all of its waiting happens
  std::shared_ptr<void> owner;
};

/// A request that is being worked on.
struct ErrandInfo {
  std::string id;
  std::string what;  ///< "POST /v1/apply"
  Instant since;     ///< real time
};

/// Members do not block longer than their doc says; what must wait does so in clocks, transports and processes, which
/// in a server let others go on meanwhile.
class Backend {
 public:
  virtual ~Backend() = default;
  /// `cloud` is local or azure. Errors: invalid_input when a credential is missing; nothing has been called then.
  virtual Result<Connection> connect(const estate::Estate& estate, const std::string& cloud) = 0;
  /// As the cluster's users are connected; `cloud` is local or azure. Blocks while its credentials are fetched. Errors:
  /// those of Cloud::kubeconfig, and of what it gives.
  virtual Result<ClusterConnection> connect_cluster(const Connection& connection, const std::string& cloud,
                                                    const Resource& cluster) = 0;
  /// A load out of a Prometheus. Nothing is called yet.
  virtual std::unique_ptr<LoadMeter> prometheus(PrometheusQuery query) = 0;
  /// This machine's files, for what an estate names.
  virtual Folders& folders() = 0;
  /// A file that only its owner may read. Errors: invalid_input.
  virtual Result<std::string> read_secret_file(const std::string& path) = 0;
  /// Of the machine's time zone database: "Europe/Berlin". Errors: not_found.
  virtual Result<TimeZone> time_zone(const std::string& name) = 0;
  virtual Log& log() = 0;
  virtual Store& store() = 0;
  virtual Secrets& secrets() = 0;
  /// Jobs on this machine, whose times are real ones.
  virtual Result<control::JobLoop*> jobs() = 0;
  /// That jobs on this machine could use; 0 as well where none are known. Blocks for a second at most, the first time.
  virtual int gpus() = 0;
  /// Keeps a cluster's kubeconfig in the state folder, for its owner's eyes only; the file's path.
  virtual Result<std::string> keep_kubeconfig(const std::string& cluster, const std::string& text) = 0;
  /// Remembers how jobs reach a workspace of the estate, so that they can be looked after without the estate. Errors:
  /// invalid_input when a credential is missing.
  virtual Status keep_workspace(const estate::Estate& estate, const std::string& cloud, const Resource& workspace) = 0;
  /// Keeps a container's address, with the signature that opens it, sealed; what a job's record calls it. Errors:
  /// invalid_input for what is none, or lets too little be done.
  virtual Result<std::string> keep_container(const std::string& url) = 0;
  virtual Instant real_now() = 0;
  /// The user, or whoever runs the server, asked this request to stop where it can.
  virtual bool stop_asked() = 0;
  /// The right to change what this state folder is about, until it is destroyed; one at a time. `what` is for those who
  /// come meanwhile: "an apply of estate lab". Errors: conflict, which says what goes on since when.
  virtual Result<std::shared_ptr<void>> claim(const std::string& what) = 0;
  virtual std::vector<ErrandInfo> errands() { return {}; }
  /// By id; false when there is none.
  virtual bool stop_errand(const std::string&) { return false; }
  virtual std::string version() = 0;
};

}  // namespace drover::api
