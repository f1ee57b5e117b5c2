#include "estate/contents.hpp"

#include "base/digest.hpp"
#include "model/catalog.hpp"

namespace drover::estate {
namespace {

using nlohmann::json;

/// NVIDIA/k8s-device-plugin, its release of 2025-02; the address is that of its own static manifest.
constexpr std::string_view plugin_image = "nvcr.io/nvidia/k8s-device-plugin:v0.17.1";
constexpr std::string_view plugin_name = "nvidia-device-plugin-daemonset";

json object_of(const char* api_version, const char* kind, const std::string& space, const std::string& name) {
  json made = {{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}}}};
  if (!space.empty()) made["metadata"]["namespace"] = space;
  return made;
}

json namespace_object(const std::string& name, const NamespaceWish& wish) {
  json made = object_of("v1", "Namespace", "", name);
  for (const auto& [label, value] : wish.labels) made["metadata"]["labels"][label] = value.value;
  return made;
}

/// As kubectl create secret docker-registry writes it (kubernetes.io, "Pull an Image from a Private Registry").
json registry_object(const std::string& written, const RegistrySecret& wish, const std::string& password) {
  const auto [space, name] = space_and_name(written);
  json made = object_of("v1", "Secret", space, name);
  json entry = {{"username", wish.username.value},
                {"password", password},
                {"auth", base64_encode(wish.username.value + ":" + password)}};
  json config = {{"auths", json::object()}};
  config["auths"][wish.server.value] = std::move(entry);
  made["type"] = "kubernetes.io/dockerconfigjson";
  made["data"][".dockerconfigjson"] = base64_encode(config.dump());
  return made;
}

std::vector<std::string> gpu_pools(const ClusterWish& wish) {
  std::vector<std::string> names;
  for (const auto& [name, pool] : wish.pools)
    if (const auto* size = catalog::find_vm_size(pool.size.value); size != nullptr && size->gpus > 0)
      names.push_back(name);
  return names;
}

/// After NVIDIA's static manifest, with the toleration that AKS recommends for GPU pools (learn.microsoft.com, "Use
/// GPUs for compute-intensive workloads on AKS"): they are usually tainted sku=gpu:NoSchedule.
json plugin_object(const ClusterWish& wish) {
  json made = object_of("apps/v1", "DaemonSet", "kube-system", std::string(plugin_name));
  const json labels = {{"name", "nvidia-device-plugin-ds"}};
  made["metadata"]["labels"] = labels;
  json tolerations = json::array();
  tolerations.push_back({{"key", "nvidia.com/gpu"}, {"operator", "Exists"}, {"effect", "NoSchedule"}});
  tolerations.push_back({{"key", "sku"}, {"operator", "Equal"}, {"value", "gpu"}, {"effect", "NoSchedule"}});
  json container = {
      {"name", "nvidia-device-plugin-ctr"},
      {"image", wish.device_plugin.image.value.empty() ? std::string(plugin_image) : wish.device_plugin.image.value}};
  // A node without GPUs is no failure of the plugin.
  container["env"].push_back({{"name", "FAIL_ON_INIT_ERROR"}, {"value", "false"}});
  container["securityContext"] = {{"allowPrivilegeEscalation", false},
                                  {"capabilities", {{"drop", json::array({"ALL"})}}}};
  container["volumeMounts"].push_back({{"name", "device-plugin"}, {"mountPath", "/var/lib/kubelet/device-plugins"}});
  json spec = {{"priorityClassName", "system-node-critical"}, {"tolerations", std::move(tolerations)}};
  spec["containers"].push_back(std::move(container));
  spec["volumes"].push_back({{"name", "device-plugin"}, {"hostPath", {{"path", "/var/lib/kubelet/device-plugins"}}}});
  // Where the pools with GPUs are known it runs on their nodes alone.
  if (const auto pools = gpu_pools(wish); !pools.empty()) {
    json term = json::object();
    term["matchExpressions"].push_back({{"key", "agentpool"}, {"operator", "In"}, {"values", pools}});
    json required = json::object();
    required["nodeSelectorTerms"].push_back(std::move(term));
    spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = std::move(required);
  }
  made["spec"]["selector"]["matchLabels"] = labels;
  made["spec"]["updateStrategy"] = {{"type", "RollingUpdate"}};
  made["spec"]["template"]["metadata"]["labels"] = labels;
  made["spec"]["template"]["spec"] = std::move(spec);
  return made;
}

}  // namespace

std::pair<std::string, std::string> space_and_name(std::string_view written) {
  const auto slash = written.find('/');
  if (slash == std::string_view::npos) return {"default", std::string(written)};
  return {std::string(written.substr(0, slash)), std::string(written.substr(slash + 1))};
}

bool wants_device_plugin(const ClusterWish& wish) {
  return wish.device_plugin.is_wanted.value_or(!gpu_pools(wish).empty());
}

bool wants_contents(const ClusterWish& wish) {
  return !wish.manifests.empty() || !wish.namespaces.empty() || !wish.registry_secrets.empty() ||
         wants_device_plugin(wish);
}

std::vector<Manifest> typed_contents(const ClusterWish& wish, const Passwords& passwords) {
  std::vector<Manifest> made;
  for (const auto& [name, space] : wish.namespaces) made.push_back({namespace_object(name, space), space.where});
  for (const auto& [name, secret] : wish.registry_secrets) {
    const auto password = passwords.find(name);
    made.push_back({registry_object(name, secret, password == passwords.end() ? "" : password->second), secret.where});
  }
  if (wants_device_plugin(wish))
    made.push_back({plugin_object(wish), wish.device_plugin.where ? wish.device_plugin.where : wish.placement.where});
  return made;
}

}  // namespace drover::estate
