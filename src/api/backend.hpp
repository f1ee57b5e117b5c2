// What the handlers stand on: the state of one folder, and connections to clouds. app/ makes one.
#pragma once

#include <memory>
#include <string>

#include "control/jobs/job_loop.hpp"
#include "estate/estate.hpp"
#include "ports/blobs.hpp"
#include "ports/clock.hpp"
#include "ports/cloud.hpp"
#include "ports/secrets.hpp"
#include "ports/store.hpp"

namespace drover::api {

/// A connection to the cloud of one estate; gone with its owner.
struct Connection {
  Cloud* cloud = nullptr;
  Blobs* blobs = nullptr;
  Clock* clock = nullptr;  ///< of that cloud's world
  std::shared_ptr<void> owner;
};

class Backend {
 public:
  virtual ~Backend() = default;
  /// `cloud` is local or azure. Errors: invalid_input when a credential is missing; nothing has been called then.
  virtual Result<Connection> connect(const estate::Estate& estate, const std::string& cloud) = 0;
  virtual Log& log() = 0;
  virtual Store& store() = 0;
  virtual Secrets& secrets() = 0;
  /// Jobs on this machine, whose times are real ones.
  virtual Result<control::JobLoop*> jobs() = 0;
  /// Keeps a cluster's kubeconfig in the state folder, for its owner's eyes only; the file's path.
  virtual Result<std::string> keep_kubeconfig(const std::string& cluster, const std::string& text) = 0;
  virtual Instant real_now() = 0;
  virtual bool stop_asked() = 0;
  /// World time between progress events.
  virtual Duration tick() = 0;
  virtual std::string version() = 0;
};

}  // namespace drover::api
