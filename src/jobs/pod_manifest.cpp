#include "jobs/pod_manifest.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "jobs/command.hpp"
#include "jobs/pod_scripts.hpp"
#include "jobs/pods.hpp"

namespace drover::jobs {
namespace {

using nlohmann::json;

constexpr const char* files_in_pod = "/tmp/drover-files";  // as the scripts have it
constexpr int master_port = 29500;                         // PyTorch's own default

json labels_of(const PodWish& wish) {
  json labels = json::object();
  labels["app.kubernetes.io/managed-by"] = "drover";
  labels[label_home] = wish.home;
  labels[label_attempt] = wish.attempt;
  labels[label_rank] = std::to_string(std::max<std::int64_t>(wish.rank, 0));
  return labels;
}

json metadata_of(const PodWish& wish, std::int64_t rank) {
  json metadata = json::object();
  metadata["name"] = object_name(wish.attempt, rank);
  metadata["namespace"] = wish.space;
  metadata["labels"] = labels_of(wish);
  return metadata;
}

/// As the kubelet leaves it alone: in commands, arguments and values of variables it reads "$(NAME)" as that variable,
/// and "$$" as one dollar.
std::string as_it_is(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '$' ? 2 : 1, c);
  return escaped;
}

json variable(const std::string& name, const std::string& value) {
  json made = json::object();
  made["name"] = name;
  made["value"] = as_it_is(value);
  return made;
}

/// Of a job on several nodes or of several processes, but for MASTER_ADDR.
std::map<std::string, std::string> rank_variables_of(const PodWish& wish) {
  std::map<std::string, std::string> all = {{"WORLD_SIZE", std::to_string(wish.nodes * wish.processes)},
                                            {"LOCAL_WORLD_SIZE", std::to_string(wish.processes)},
                                            {"NODE_RANK", std::to_string(wish.rank)},
                                            {"AZUREML_NODE_COUNT", std::to_string(wish.nodes)},
                                            {"MASTER_PORT", std::to_string(master_port)}};
  // Of several on a node each has its own: see run_script.
  if (wish.processes == 1) all.insert({{"RANK", std::to_string(wish.rank)}, {"LOCAL_RANK", "0"}});
  return all;
}

/// What the author of the job says stands as said.
json variables_of(const PodWish& wish) {
  auto values = wish.variables;
  // A user without a home of its own has "/", where it may not write.
  if (wish.rules.is_restricted) values.emplace("HOME", "/tmp");
  if (wish.is_distributed) values.merge(rank_variables_of(wish));
  if (wish.is_distributed && !wish.master.empty()) values.emplace("MASTER_ADDR", wish.master);
  json all = json::array();
  for (const auto& [name, value] : values) all.push_back(variable(name, value));
  if (!wish.is_distributed || values.contains("MASTER_ADDR")) return all;
  json own = json::object();
  own["name"] = "MASTER_ADDR";
  own["valueFrom"]["fieldRef"]["fieldPath"] = "status.podIP";
  all.push_back(std::move(own));
  return all;
}

/// What the script of the main container is given: see run_script.
std::vector<std::string> arguments_of(const PodWish& wish) {
  std::vector<std::string> arguments = {goes_as_file(wish) ? "" : wish.command, std::to_string(wish.processes),
                                        std::to_string(wish.rank)};
  arguments.insert(arguments.end(), wish.folders.begin(), wish.folders.end());
  return arguments;
}

json container(const PodWish& wish, const char* name, const char* script, const std::vector<std::string>& arguments) {
  json made = json::object();
  made["name"] = name;
  made["image"] = wish.image;
  made["imagePullPolicy"] = wish.image.starts_with("localhost/") ? "Never" : "IfNotPresent";
  made["command"] = json::array({"sh", "-c", as_it_is(script), "drover"});
  for (const auto& argument : arguments) made["command"].push_back(as_it_is(argument));
  json mount = json::object();
  mount["name"] = "drover";
  mount["mountPath"] = folder_in_pod;
  made["volumeMounts"] = json::array({mount});
  return made;
}

json volume(const char* name) {
  json made = json::object();
  made["name"] = name;
  return made;
}

/// A limit is a request too: where there is one, the node has to have it.
void limit(json& container, const Limits& limits) {
  json bounds = json::object();
  if (limits.memory_bytes > 0) bounds["memory"] = std::to_string(limits.memory_bytes);
  if (limits.cpus > 0) bounds["cpu"] = std::to_string(static_cast<std::int64_t>(limits.cpus * 1000)) + "m";
  if (limits.gpus > 0) bounds["nvidia.com/gpu"] = std::to_string(limits.gpus);
  if (!bounds.empty()) container["resources"]["limits"] = std::move(bounds);
}

/// Nobody in particular, as images without a root of their own have it ("nonroot" of distroless).
constexpr std::int64_t plain_user = 65532;

/// What the Pod Security Standard "restricted" asks of a pod, and of each container.
void restrict_pod(json& spec, const SpaceRules& rules) {
  if (!rules.is_restricted) return;
  json& pod = spec["securityContext"];
  pod["runAsNonRoot"] = true;
  if (rules.picks_user) pod["runAsUser"] = pod["runAsGroup"] = pod["fsGroup"] = plain_user;
  pod["seccompProfile"]["type"] = "RuntimeDefault";
  for (auto& each : spec["containers"]) {
    each["securityContext"]["allowPrivilegeEscalation"] = false;
    each["securityContext"]["capabilities"]["drop"] = json::array({"ALL"});
  }
}

json pod_spec(const PodWish& wish) {
  json main = container(wish, main_container, run_script, arguments_of(wish));
  main["env"] = variables_of(wish);
  json spec = json::object();
  spec["restartPolicy"] = "Never";
  spec["automountServiceAccountToken"] = false;
  spec["terminationGracePeriodSeconds"] = static_cast<std::int64_t>(to_seconds(grace));
  json shared = volume("drover");
  shared["emptyDir"] = json::object();
  spec["volumes"] = json::array({shared});
  json handing = container(wish, outputs_container, hand_over_script, {std::to_string(wish.rank)});
  if (!wish.secret.empty()) {
    json files = volume("files");
    files["secret"]["secretName"] = wish.secret;
    spec["volumes"].push_back(files);
    json mount = json::object();
    mount["name"] = "files";
    mount["mountPath"] = files_in_pod;
    mount["readOnly"] = true;
    main["volumeMounts"].push_back(mount);
    handing["volumeMounts"].push_back(mount);
  }
  limit(main, wish.limits);
  if (wish.limits.shared_memory_bytes > 0) {
    json memory = volume("shm");
    memory["emptyDir"]["medium"] = "Memory";
    memory["emptyDir"]["sizeLimit"] = std::to_string(wish.limits.shared_memory_bytes);
    spec["volumes"].push_back(memory);
    json mount = json::object();
    mount["name"] = "shm";
    mount["mountPath"] = "/dev/shm";
    main["volumeMounts"].push_back(mount);
  }
  spec["containers"] = json::array({main, handing});
  restrict_pod(spec, wish.rules);
  return spec;
}

}  // namespace

std::string object_name(const std::string& attempt, std::int64_t rank) {
  std::string name = "drover-" + attempt;
  std::ranges::replace(name, '.', '-');
  return rank < 0 ? name : name + "-" + std::to_string(rank);
}

bool goes_as_file(const PodWish& wish) { return wish.command.size() > argument_bytes_max; }

json job_manifest(const PodWish& wish) {
  json job = json::object();
  job["apiVersion"] = "batch/v1";
  job["kind"] = "Job";
  job["metadata"] = metadata_of(wish, wish.rank);
  json& spec = job["spec"];
  // One pod, once: what is tried again, and when, is for Drover to say.
  spec["backoffLimit"] = 0;
  spec["completions"] = 1;
  spec["parallelism"] = 1;
  // Should nobody be there to end it; Drover itself counts from when the command began.
  if (wish.timeout > Duration{0})
    spec["activeDeadlineSeconds"] = static_cast<std::int64_t>(to_seconds(wish.timeout + start_patience));
  spec["template"]["metadata"]["labels"] = labels_of(wish);
  spec["template"]["spec"] = pod_spec(wish);
  return job;
}

json secret_manifest(const PodWish& wish, const std::map<std::string, std::string>& files) {
  json secret = json::object();
  secret["apiVersion"] = "v1";
  secret["kind"] = "Secret";
  secret["metadata"] = metadata_of(wish, -1);
  secret["type"] = "Opaque";
  for (const auto& [name, bytes] : files) secret["data"][name] = base64_encode(bytes);
  return secret;
}

}  // namespace drover::jobs
