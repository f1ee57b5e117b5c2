// An Azure ML workspace as jobs see it: assets go in, command jobs are submitted, and it tells what becomes of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "ports/blob_store.hpp"
#include "ports/flow.hpp"

namespace drover::training {

/// One of `image` (with or without conda) and `build_uri` is set.
struct EnvironmentWish {
  std::string image;
  std::string conda;                      ///< text of a conda file
  std::string build_uri;                  ///< of an uploaded folder with a Dockerfile
  std::string dockerfile = "Dockerfile";  ///< path of it in that folder
};

struct InputWish {
  std::string type;   ///< literal, uri_file, uri_folder, mltable, ...
  std::string value;  ///< of a literal
  std::string uri, mode;
};

struct OutputWish {
  std::string type = "uri_folder", uri, mode;
};

/// Of a job: whose rights its command has.
struct IdentityWish {
  std::string type;  ///< managed, user_identity, aml_token; "" = the service's own
  std::string client_id, object_id, resource_id;
};

/// Something that runs beside the command.
struct ServiceWish {
  std::string type;       ///< jupyter_lab, ssh, tensor_board, vs_code, custom
  std::int64_t port = 0;  ///< 0: as the service likes
  bool on_all_nodes = false;
  std::map<std::string, std::string> properties;
};

/// A command job, after CommandJob of mfe.json 2024-04-01. References are ids of the workspace's assets.
struct JobWish {
  std::string name;  ///< 1 to 255 letters, digits, - and _
  std::string display_name, description, experiment;
  std::map<std::string, std::string> tags, properties;
  std::string command, code_id, environment_id;
  std::string compute;  ///< its name in the workspace
  std::map<std::string, std::string> variables;
  std::map<std::string, InputWish> inputs;
  std::map<std::string, OutputWish> outputs;
  std::int64_t instances = 1, processes_per_instance = 1;
  std::string distribution;  ///< pytorch, tensorflow, mpi, ray; "" for none
  std::string instance_type, shared_memory, docker_arguments;
  Duration timeout{0};  ///< 0: none
  IdentityWish identity;
  std::map<std::string, ServiceWish> services;
  std::string queue_tier;  ///< spot, basic, standard, premium; "" = the service's own
};

enum class Phase : std::uint8_t { waiting, running, finalizing, completed, failed, canceled };

/// How a job is, by the workspace's run history.
struct JobView {
  Phase phase = Phase::waiting;
  std::string status;  ///< the service's own word: Queued, Preparing, ...
  std::string note;    ///< its warnings: what it waits for
  std::string error_code, error;
  Instant started{}, ended{};               ///< epoch: not yet
  std::map<std::string, std::string> logs;  ///< addresses that open by themselves, by path: user_logs/std_log.txt
};

/// A compute target, as far as waiting for it goes.
struct ComputeView {
  bool scales = false;  ///< it has nodes that come and go; an attached cluster has not
  std::int64_t nodes = 0, target_nodes = 0, nodes_max = 0;
  std::string state;  ///< Resizing, Steady; "" when it does not say
  std::string error;  ///< why it could not get nodes
};

/// Where outputs lie: a datastore and a path below it.
struct DatastorePath {
  std::string datastore, path;
};
/// Of "azureml://[...]datastores/NAME/paths/PATH" (or "/NAME/PATH", as the artifact store's are written); none for
/// another address.
std::optional<DatastorePath> parse_datastore_uri(std::string_view uri);

/// Transient failures are retried below. Errors: not_found, permission_denied, unauthenticated, unavailable, deadline,
/// conflict, and invalid_input with the service's own words for what it refuses.
class Workspace {
 public:
  virtual ~Workspace() = default;
  virtual Flow<Result<BlobDoor>> open_datastore(std::string name) = 0;
  /// The id of a version of a code asset, if there is one.
  virtual Flow<Result<std::optional<std::string>>> find_code(std::string name, std::string version) = 0;
  /// Registers what lies at `uri` (an address of a folder of blobs). Its id.
  virtual Flow<Result<std::string>> put_code(std::string name, std::string version, std::string uri) = 0;
  virtual Flow<Result<std::string>> put_environment(std::string name, std::string version, EnvironmentWish wish) = 0;
  /// The id of "NAME:VERSION", "NAME@latest" or "azureml://registries/..." (which is one).
  virtual Flow<Result<std::string>> find_environment(std::string reference) = 0;
  /// Where the data asset "NAME:VERSION" or "NAME@latest" lies.
  virtual Flow<Result<std::string>> find_data(std::string reference) = 0;

  /// Submitted again under the same name with the same content it is still one job. conflict: there is another.
  virtual Flow<Status> submit(JobWish wish) = 0;
  /// none: there is no such job.
  virtual Flow<Result<std::optional<JobView>>> look(std::string job) = 0;
  /// Asks it to end; nothing happens when it is over.
  virtual Flow<Status> cancel(std::string job) = 0;
  virtual Flow<Result<ComputeView>> look_at_compute(std::string compute) = 0;
  /// Bytes of a log from `offset` on, at most 1 MiB; empty when there are no more.
  virtual Flow<Result<std::string>> read_log(std::string address, std::int64_t offset) = 0;
  virtual Instant now() const = 0;
};

}  // namespace drover::training
