// The defaults that Kubernetes writes into objects.
#include <algorithm>

#include "base/digest.hpp"
#include "localcloud/kubernetes/admission.hpp"
#include "localcloud/kubernetes/controllers.hpp"

namespace drover::localcloud::kubernetes {
namespace {

std::string pull_policy(const std::string& image) {
  const auto colon = image.rfind(':');
  const bool has_tag = colon != std::string::npos && image.find('/', colon) == std::string::npos;
  const bool is_latest = image != "host" && (!has_tag || image.ends_with(":latest"));
  return is_latest && image.find('@') == std::string::npos ? "Always" : "IfNotPresent";
}

void default_requests(Json& container) {
  Json& resources = container["resources"];
  if (!resources.is_object()) resources = Json::object();
  const Json* limits = member(resources, "limits");
  if (limits == nullptr) return;
  const Json copied = *limits;
  for (const auto& [name, limit] : copied.items())
    if (!resources.contains("requests") || !resources["requests"].contains(name)) resources["requests"][name] = limit;
}

void default_probe(Json& container, const char* name) {
  if (!container.contains(name)) return;
  Json& probe = container[name];
  set_default(probe, "timeoutSeconds", 1);
  set_default(probe, "periodSeconds", 10);
  set_default(probe, "successThreshold", 1);
  set_default(probe, "failureThreshold", 3);
}

void default_container(Json& container) {
  set_default(container, "imagePullPolicy", pull_policy(text_at(container, {"image"})));
  set_default(container, "terminationMessagePath", "/dev/termination-log");
  set_default(container, "terminationMessagePolicy", "File");
  default_requests(container);
  if (container.contains("ports"))
    for (auto& port : container["ports"]) set_default(port, "protocol", "TCP");
  if (container.contains("env"))
    for (auto& variable : container["env"])
      if (at(variable, {"valueFrom", "fieldRef"}) != nullptr)
        set_default(variable["valueFrom"]["fieldRef"], "apiVersion", "v1");
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) default_probe(container, probe);
}

void default_volume(Json& volume) {
  for (const char* kind : {"configMap", "secret", "downwardAPI", "projected"})
    if (volume.contains(kind)) set_default(volume[kind], "defaultMode", 420);
  if (volume.contains("hostPath")) set_default(volume["hostPath"], "type", "");
  if (volume.size() == 1) volume["emptyDir"] = Json::object();
}

void default_job(Json& object) {
  Json& spec = object["spec"];
  if (member(spec, "completions") == nullptr && member(spec, "parallelism") == nullptr) spec["completions"] = 1;
  set_default(spec, "parallelism", 1);
  set_default(spec, "backoffLimit", 6);
  set_default(spec, "completionMode", "NonIndexed");
  set_default(spec, "suspend", false);
}

void default_rolling(Json& strategy) {
  set_default(strategy, "type", "RollingUpdate");
  if (text_at(strategy, {"type"}) != "RollingUpdate") return;
  set_default(strategy["rollingUpdate"], "maxUnavailable", "25%");
  set_default(strategy["rollingUpdate"], "maxSurge", "25%");
}

void default_workload(const ResourceType& type, Json& object) {
  Json& spec = object["spec"];
  if (type.plural == "jobs") default_job(object);
  if (type.plural == "deployments" || type.plural == "replicasets") set_default(spec, "replicas", 1);
  if (type.plural == "deployments") {
    set_default(spec, "revisionHistoryLimit", 10);
    set_default(spec, "progressDeadlineSeconds", 600);
    default_rolling(spec["strategy"]);
  }
  if (type.plural == "daemonsets") {
    set_default(spec, "revisionHistoryLimit", 10);
    set_default(spec["updateStrategy"], "type", "RollingUpdate");
    if (text_at(spec, {"updateStrategy", "type"}) == "RollingUpdate") {
      set_default(spec["updateStrategy"]["rollingUpdate"], "maxUnavailable", 1);
      set_default(spec["updateStrategy"]["rollingUpdate"], "maxSurge", 0);
    }
  }
  if (!spec.contains("template") || !spec["template"].is_object()) return;
  set_default(spec["template"], "metadata", Json::object());
  if (spec["template"].contains("spec")) set_pod_defaults(spec["template"]["spec"]);
}

void default_secret(Json& object) {
  set_default(object, "type", "Opaque");
  if (const Json* plain = member(object, "stringData"); plain != nullptr && plain->is_object()) {
    const Json copied = *plain;
    for (const auto& [key, value] : copied.items())
      if (value.is_string()) object["data"][key] = base64_encode(value.get_ref<const std::string&>());
  }
  object.erase("stringData");
}

void default_service(Json& object) {
  Json& spec = object["spec"];
  set_default(spec, "type", "ClusterIP");
  set_default(spec, "sessionAffinity", "None");
  set_default(spec, "clusterIP", "None");  // nothing balances here
  if (!spec.contains("ports")) return;
  for (auto& port : spec["ports"]) {
    set_default(port, "protocol", "TCP");
    set_default(port, "targetPort", number_at(port, {"port"}).value_or(0));
  }
}

std::string quality_of_service(const Json& spec) {
  bool any = false;
  bool all_guaranteed = true;
  for (const auto& container : spec.value("containers", Json::array())) {
    const Json* requests = at(container, {"resources", "requests"});
    const Json* limits = at(container, {"resources", "limits"});
    any = any || requests != nullptr || limits != nullptr;
    for (const char* name : {"cpu", "memory"}) {
      const Json* limit = limits == nullptr ? nullptr : member(*limits, name);
      const Json* request = requests == nullptr ? nullptr : member(*requests, name);
      all_guaranteed = all_guaranteed && limit != nullptr && request != nullptr && *limit == *request;
    }
  }
  return !any ? "BestEffort" : all_guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace

void set_pod_defaults(Json& spec) {
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "securityContext", Json::object());
  for (const char* list : {"initContainers", "containers"})
    if (spec.contains(list) && spec[list].is_array())
      for (auto& container : spec[list]) default_container(container);
  if (spec.contains("volumes") && spec["volumes"].is_array())
    for (auto& volume : spec["volumes"]) default_volume(volume);
}

namespace {

/// What the DefaultTolerationSeconds admission adds: a pod stays for five minutes on a node that is not heard of.
void endure_silence(Json& spec) {
  if (!spec["tolerations"].is_array()) spec["tolerations"] = Json::array();
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    const Json taint = {{"key", key}, {"effect", "NoExecute"}};
    const auto is_for_it = [&](const Json& toleration) { return tolerates(toleration, taint); };
    if (std::ranges::any_of(spec["tolerations"], is_for_it)) continue;
    spec["tolerations"].push_back(
        Json{{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}});
  }
}

}  // namespace

void set_defaults(const ResourceType& type, Json& object) {
  const std::string_view kind = type.plural;
  if (type.has_status || kind == "leases" || kind == "poddisruptionbudgets")
    set_default(object, "spec", Json::object());
  if (kind == "jobs" || kind == "deployments" || kind == "replicasets" || kind == "daemonsets")
    default_workload(type, object);
  if (kind == "secrets") default_secret(object);
  if (kind == "services") default_service(object);
  if (kind == "namespaces") {
    set_default(object["spec"], "finalizers", {"kubernetes"});
    set_default(object["status"], "phase", "Active");
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name_of(object);
  }
  if (kind != "pods") return;
  set_pod_defaults(object["spec"]);
  set_default(object["spec"], "serviceAccountName", "default");
  set_default(object["spec"], "serviceAccount", text_at(object, {"spec", "serviceAccountName"}));
  set_default(object["spec"], "enableServiceLinks", true);
  set_default(object["spec"], "priority", 0);
  endure_silence(object["spec"]);
  set_default(object["spec"], "preemptionPolicy", "PreemptLowerPriority");
  set_default(object["status"], "phase", "Pending");
  set_default(object["status"], "qosClass", quality_of_service(object["spec"]));
}

}  // namespace drover::localcloud::kubernetes
