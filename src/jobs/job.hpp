// A training job: what its author wrote (JobSpec, after the command-job YAML of the Azure ML CLI v2), and what has
// become of it (JobRecord).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "base/time.hpp"
#include "jobs/target.hpp"

namespace drover::jobs {

/// What a job is given: a literal, or data by its address.
struct Input {
  std::string type;   ///< uri_file, uri_folder, mltable, mlflow_model, custom_model, triton_model; "" for a literal
  std::string value;  ///< of a literal, as the command gets it
  std::string path;   ///< of data: a path beside the job file, https://, azureml:, wasbs:// and so on
  std::string mode;   ///< ro_mount, download, ...; "" as the service likes
  bool optional = false;
  SourceSpan where = {};

  bool is_data() const { return !path.empty() || !type.empty(); }
};

struct Output {
  std::string type = "uri_folder";
  std::string path;  ///< where it is to be kept; "" beside the job
  std::string mode;
  std::string name, version;  ///< of the data asset that it becomes; "" for none
  SourceSpan where = {};

  /// The command writes one file under the name that it is given; otherwise that name is a folder.
  bool is_file() const { return type == "uri_file"; }
};

/// One of these is set, or none.
struct JobEnvironment {
  std::string reference;   ///< azureml:NAME:VERSION, azureml://registries/..., or host
  std::string image;       ///< container image
  std::string conda_file;  ///< with `image`: a file beside the job file
  std::string conda;       ///< with `image`: the text of a conda file, written into the job file
  std::string build_path;  ///< folder of a Dockerfile
  std::string dockerfile;  ///< path of the Dockerfile in that folder; "" = Dockerfile
  SourceSpan where = {};

  bool is_host() const { return reference == "host"; }
  bool has_conda() const { return !conda_file.empty() || !conda.empty(); }
};

struct Distribution {
  std::string type;  ///< pytorch, tensorflow, mpi, ray; "" for a job on one node
  std::int64_t processes_per_instance = 1;
};

/// Whose rights the command has; type "": those that its place gives.
struct JobIdentity {
  std::string type;  ///< managed, user_identity, aml_token
  std::string client_id, object_id, resource_id;
};

/// Something that runs beside the command, such as a notebook server.
struct JobService {
  std::string type;       ///< jupyter_lab, ssh, tensor_board, vs_code, custom
  std::int64_t port = 0;  ///< 0: as the service likes
  bool on_all_nodes = false;
  std::map<std::string, std::string> properties;
};

struct JobSpec {
  std::string name;  ///< given by the author; "" lets one be made
  std::string display_name, experiment, description;
  std::map<std::string, std::string> tags;
  std::string command;
  std::string code;  ///< folder beside the job file; "" for none
  JobEnvironment environment;
  std::map<std::string, std::string> variables;
  std::map<std::string, Input> inputs;
  std::map<std::string, Output> outputs;
  std::string compute;  ///< azureml:NAME, local, ...; "" = local
  std::int64_t instances = 1;
  std::string instance_type, shared_memory, docker_arguments;
  Duration timeout{0};  ///< 0: none
  Distribution distribution;
  JobIdentity identity;
  std::map<std::string, JobService> services;
  std::string queue_tier;  ///< of queue_settings: spot, basic, standard, premium; "" = the place's own
  SourceSpan where = {};   ///< of the command
  /// Where keys stand in the job file, by path: "resources.docker_args". Not kept on record.
  std::map<std::string, SourceSpan> places = {};

  /// The place of a key; that of the command where the key is not in a file.
  const SourceSpan& where_of(const std::string& path) const {
    const auto it = places.find(path);
    return it == places.end() ? where : it->second;
  }
};

enum class State : std::uint8_t {
  queued,
  starting,  ///< its process may or may not run already
  running,
  stopping,  ///< told to end: a cancel or a timeout
  completed,
  failed,
  canceled,
};

const char* state_name(State state);
std::optional<State> parse_state(std::string_view name);
bool is_over(State state);

/// One that was followed by another.
struct PastAttempt {
  int attempt = 0;     ///< from 1
  std::string reason;  ///< why it was tried again: a clause, no full stop
  Instant started{}, ended{};
};

struct JobRecord {
  std::string id;          ///< short, unique in its state folder
  std::string owner;       ///< who submitted it
  JobTarget target;        ///< where it runs
  std::string kubeconfig;  ///< files that the context is from, as KUBECONFIG names them
  std::string store = {};  ///< blobs that its pods reach too, by the name under which it is kept; "" for none
  JobSpec spec;
  std::string folder;  ///< of the job file: what relative paths start from
  State state = State::queued;
  std::string reason;         ///< why it ended so, or what it is stopping for
  std::int64_t order = 0;     ///< of submission
  std::int64_t priority = 0;  ///< higher ones first
  int attempt = 0;            ///< of the process that runs or ran last, from 1
  bool confined = true;       ///< false: it sees all of this machine, as its author asked
  bool cancel_asked = false;
  std::optional<int> exit_code;
  bool leaves_traces = false;          ///< it is over, and something of it may still lie in the place where it ran
  int retries = 0;                     ///< how often it is tried again after its command failed: as its author asked
  int failures = 0;                    ///< attempts whose command failed and that were followed by another
  std::vector<PastAttempt> past = {};  ///< the oldest first; no more than attempts_max and retries_max together
  std::string node_size;       ///< of the machines where it runs, as the price table names them; "" when not known
  bool low_priority = false;   ///< they may be taken back, and cost less
  Instant again{};             ///< it waits, and its next attempt begins then at the earliest; epoch: when it can
  std::int64_t log_begin = 0;  ///< byte of the job's log where that of the last attempt begins
  std::string chosen;          ///< why advice chose its place; "" when its author did
  std::vector<std::string> notes = {};  ///< what was asked for and is not done, or stayed behind: sentences
  /// Variables of the person who submitted it, for programs that give credentials.
  std::map<std::string, std::string> caller = {};
  Duration foretold_wait{0}, foretold_run{0};           ///< by the advice that chose its place; 0: there was none
  Instant submitted{}, started{}, stopping{}, ended{};  ///< epoch: not yet; started: its command, as far as is known
};

/// "on this machine", "on kubernetes:train"
std::string place_text(const JobRecord& job);

/// What tells the place of a job from others: of clusters that a person names, the target alone does not, since
/// contexts of two kubeconfigs may have one name and lead to two clusters, or to one with other credentials.
std::string place_key(const JobRecord& job);

/// Whether its place is a cluster of its author's own kubeconfig.
bool is_on_callers_cluster(const JobRecord& job);

/// Name of its last attempt, and of the process or the objects that carry it out: never the same twice, so that a late
/// word of an old one is told apart.
std::string process_name(const JobRecord& job);

}  // namespace drover::jobs
