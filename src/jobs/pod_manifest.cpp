#include "jobs/pod_manifest.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "jobs/pods.hpp"

namespace drover::jobs {
namespace {

using nlohmann::json;

constexpr const char* files_in_pod = "/tmp/drover-files";
constexpr int master_port = 29500;  // PyTorch's own default

/// Holds the pipe `end` open as long as it lives, so that the other container hears of its end, however it comes.
/// Signals go on to what it runs, which would else not get them: a shell that is process 1 waits in vain.
constexpr const char* run_script = R"(cd /tmp/drover || exit 125
mkfifo end 2>/dev/null
exec 9>end
mkdir -p code outputs $DROVER_OUTPUTS || exit 125
if [ -f /tmp/drover-files/files.tgz ]; then gzip -dc /tmp/drover-files/files.tgz | tar xf - || exit 125; fi
if [ -f /tmp/drover-files/fetch ]; then
  if ! command -v python3 >/dev/null 2>&1; then
    echo 'drover: code and data of more than 1 MiB are fetched with python3, which this image has not' >&2; exit 125
  fi
  python3 /tmp/drover-files/agent.py fetch || exit 125
fi
cd code || exit 125
# Scripts write to ./outputs, as they may on this machine and in a workspace.
if [ ! -L outputs ]; then
  if [ -d outputs ]; then cp -R outputs/. ../outputs && rm -r outputs || exit 125; fi
  ln -s ../outputs outputs || exit 125
fi
shell=sh; command -v bash >/dev/null 2>&1 && shell=bash
children=
i=0
while [ "$i" -lt "$DROVER_PROCESSES" ]; do
  if [ -n "$WORLD_SIZE" ]; then export LOCAL_RANK=$i RANK=$((NODE_RANK * DROVER_PROCESSES + i)); fi
  "$shell" -c "$DROVER_COMMAND" 9>&- &
  children="$children $!"
  i=$((i + 1))
done
trap 'kill -TERM $children 2>/dev/null' TERM INT
code=0
for child in $children; do
  wait "$child"; this=$?
  while [ "$this" -gt 128 ] && kill -0 "$child" 2>/dev/null; do wait "$child"; this=$?; done
  if [ "$this" -ne 0 ] && [ "$code" -eq 0 ]; then code=$this; kill -TERM $children 2>/dev/null; fi
done
exit "$code"
)";

constexpr const char* hand_over_script = R"(trap '' TERM INT
cd /tmp/drover || exit 1
mkfifo end 2>/dev/null
if [ -f /tmp/drover-files/store.json ] && command -v python3 >/dev/null 2>&1; then
  python3 /tmp/drover-files/agent.py hand-over && exit 0
else
  cat end >/dev/null
fi
mkdir -p outputs
tar cf - -C outputs . | gzip | base64 && echo 'drover: that is all'
)";

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

json variable(const std::string& name, const std::string& value) {
  json made = json::object();
  made["name"] = name;
  made["value"] = value;
  return made;
}

json variables_of(const PodWish& wish) {
  json all = json::array();
  for (const auto& [name, value] : wish.variables) all.push_back(variable(name, value));
  all.push_back(variable("DROVER_COMMAND", wish.command));
  all.push_back(variable("DROVER_PROCESSES", std::to_string(wish.processes)));
  if (!wish.is_distributed) return all;
  all.push_back(variable("WORLD_SIZE", std::to_string(wish.nodes * wish.processes)));
  all.push_back(variable("NODE_RANK", std::to_string(wish.rank)));
  all.push_back(variable("MASTER_PORT", std::to_string(master_port)));
  if (!wish.master.empty()) {
    all.push_back(variable("MASTER_ADDR", wish.master));
    return all;
  }
  json own = json::object();
  own["name"] = "MASTER_ADDR";
  own["valueFrom"]["fieldRef"]["fieldPath"] = "status.podIP";
  all.push_back(std::move(own));
  return all;
}

json container(const PodWish& wish, const char* name, const char* script) {
  json made = json::object();
  made["name"] = name;
  made["image"] = wish.image;
  made["imagePullPolicy"] = wish.image.starts_with("localhost/") ? "Never" : "IfNotPresent";
  made["command"] = json::array({"sh", "-c", script});
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

json pod_spec(const PodWish& wish) {
  json main = container(wish, main_container, run_script);
  main["env"] = variables_of(wish);
  json spec = json::object();
  spec["restartPolicy"] = "Never";
  spec["automountServiceAccountToken"] = false;
  spec["terminationGracePeriodSeconds"] = static_cast<std::int64_t>(to_seconds(grace));
  json shared = volume("drover");
  shared["emptyDir"] = json::object();
  spec["volumes"] = json::array({shared});
  json handing = container(wish, outputs_container, hand_over_script);
  handing["env"] = json::array({variable("DROVER_RANK", std::to_string(wish.rank))});
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
  return spec;
}

}  // namespace

std::string object_name(const std::string& attempt, std::int64_t rank) {
  std::string name = "drover-" + attempt;
  std::ranges::replace(name, '.', '-');
  return rank < 0 ? name : name + "-" + std::to_string(rank);
}

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
