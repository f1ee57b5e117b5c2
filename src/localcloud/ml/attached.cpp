#include "localcloud/ml/attached.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "localcloud/connected.hpp"
#include "localcloud/kubernetes/admission.hpp"
#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/kubernetes/kubelet.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/ml/environments.hpp"

namespace drover::localcloud::ml {
namespace {

namespace k8s = kubernetes;

constexpr const char* label_of_job = "ml.azure.com/job";
constexpr const char* label_of_instance = "ml.azure.com/instance";
/// What a pod asks for where the compute says nothing (Microsoft, "Create and manage instance types": the default one).
constexpr const char* default_cpu = "100m";
constexpr const char* default_memory = "2Gi";

Json compute_body(const World& world, const std::string& compute) {
  const Resource* resource = world.find(compute);
  return resource == nullptr ? Json::object() : parse_body(resource->body).value_or(Json::object());
}

std::string space_of_compute(const Json& compute) {
  const std::string space = text_at(compute, {"properties", "properties", "namespace"});
  return space.empty() ? "default" : space;
}

std::string job_name(const Run& run, long long instance) {
  return "aml-" + run.uid.substr(0, 8) + "-" + std::to_string(instance);
}

std::string container_name(long long local_rank) { return "rank-" + std::to_string(local_rank); }

Json labels(const Run& run, long long instance) {
  return {{label_of_job, run.uid}, {label_of_instance, run.uid + "." + std::to_string(instance)}};
}

/// The containers of one instance: a process each.
Result<Json> containers_of(const Run& run, const Json& properties, const std::string& image, const Bindings& bindings,
                           const Json& type, const JobFolder& folder, long long instance, bool has_volume) {
  DROVER_TRY(command, bind_command(text_at(properties, {"command"}), bindings));
  // Kubernetes reads $(NAME) in both; $$ stands for a $ that it leaves alone.
  Json containers = Json::array();
  for (long long local = 0; local < run.processes; ++local) {
    const bool is_of_image = image != "host";
    Json container = {{"name", container_name(local)}, {"image", image}};
    container["command"] = Json::array();
    for (const auto& word : shell_command(command, is_of_image))
      container["command"].push_back(replace_all(word, "$", "$$"));
    container["env"] = Json::array();
    // What an image says of its own (PATH) is the kubelet's to put in.
    for (const auto& [name, value] : job_environment(run, properties, bindings, instance * run.processes + local,
                                                     is_of_image ? Variables{} : machine_environment()))
      container["env"].push_back({{"name", name}, {"value", replace_all(value, "$", "$$")}});
    if (local == 0) container["resources"] = type["resources"];
    if (!folder.path.empty()) container["workingDir"] = folder.node(instance) + "/wd";
    if (has_volume) container["volumeMounts"] = Json::array({{{"name", "job"}, {"mountPath", folder.node(instance)}}});
    containers.push_back(std::move(container));
  }
  return containers;
}

Json job_object(const Run& run, const std::string& space, Json containers, const Json& type, const JobFolder& folder,
                long long instance, bool has_volume) {
  Json pod = {{"restartPolicy", "Never"}, {"containers", std::move(containers)}};
  if (has_volume) pod["volumes"] = Json::array({{{"name", "job"}, {"hostPath", {{"path", folder.node(instance)}}}}});
  if (const Json* selector = member(type, "nodeSelector")) pod["nodeSelector"] = *selector;
  Json spec = {{"backoffLimit", 0}};
  spec["selector"] = {{"matchLabels", {{label_of_instance, run.uid + "." + std::to_string(instance)}}}};
  spec["template"] = {{"metadata", {{"labels", labels(run, instance)}}}, {"spec", std::move(pod)}};
  Json metadata = {{"name", job_name(run, instance)}, {"namespace", space}, {"labels", labels(run, instance)}};
  metadata["annotations"] = {{"ml.azure.com/run", run.name()}};
  return {{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

std::vector<k8s::Object> pods_of(const k8s::Cluster& cluster, const Run& run, const std::string& space) {
  auto pods = cluster.list(k8s::type_named("pods"), space);
  std::erase_if(pods,
                [&](const k8s::Object& pod) { return text_at(*pod, {"metadata", "labels", label_of_job}) != run.uid; });
  return pods;
}

long long instance_of(const Json& pod) {
  const std::string label = text_at(pod, {"metadata", "labels", label_of_instance});
  const auto number = parse_body(label.substr(label.rfind('.') + 1));
  return number && number->is_number() ? number->get<long long>() : 0;
}

/// Why the pod does not run, by what its scheduler and its kubelet say; "" when it does or did.
std::string wait_of(const Json& pod) {
  if (text_at(pod, {"status", "phase"}) != "Pending" && !text_at(pod, {"status", "phase"}).empty()) return "";
  const std::string name = "pod " + k8s::name_of(pod);
  const Json* scheduled = k8s::element_with(at(pod, {"status", "conditions"}), "type", "PodScheduled");
  if (scheduled != nullptr && text_at(*scheduled, {"status"}) == "False")
    return name + " is " + text_at(*scheduled, {"reason"}) + ": " + text_at(*scheduled, {"message"}) +
           " The service does not scale this cluster";
  if (const Json* statuses = at(pod, {"status", "containerStatuses"}))
    for (const auto& status : *statuses)
      if (const std::string why = text_at(status, {"state", "waiting", "message"}); !why.empty())
        return name + " waits: " + text_at(status, {"state", "waiting", "reason"}) + ": " + why;
  return name + " is pending";
}

void read_exits(const Json& pod, const Run& run, PodsSeen& seen) {
  const Json* statuses = at(pod, {"status", "containerStatuses"});
  for (std::size_t i = 0; statuses != nullptr && i < statuses->size(); ++i)
    if (const auto code = number_at((*statuses)[i], {"state", "terminated", "exitCode"}))
      seen.exits[instance_of(pod) * run.processes + static_cast<long long>(i)] = static_cast<int>(*code);
}

struct Reached {
  std::shared_ptr<k8s::Cluster> cluster;  ///< null: it does not answer
  std::string why;
  bool is_gone = false;  ///< for good
};

Reached reach(World& world, const std::string& compute) {
  Reached reached;
  const std::string key = attached_cluster(world, compute);
  reached.is_gone = world.find(key) == nullptr;
  if (reached.is_gone) {
    reached.why = "it is gone";
  } else if (is_connected_cluster(key)) {
    reached.cluster = joined_cluster(world, key, reached.why);
  } else if (auto cluster = world.fleet().find(key); cluster && k8s::is_up(*cluster, reached.why)) {
    reached.cluster = std::move(cluster);
  }
  return reached;
}

/// Where the pods are, whether somebody answers there or not; null when it is gone.
std::shared_ptr<k8s::Cluster> cluster_of_pods(World& world, const std::string& compute) {
  const std::string key = attached_cluster(world, compute);
  return world.fleet().find(is_connected_cluster(key) ? connection_of(world, key).below : key);
}

}  // namespace

std::string attached_cluster(const World& world, const std::string& compute) {
  const Resource* resource = world.find(compute);
  if (resource == nullptr || resource->body.find(R"("computeType":"Kubernetes")") == std::string::npos) return "";
  return to_lower(text_at(compute_body(world, compute), {"properties", "resourceId"}));
}

Result<Json> instance_type(const Json& compute, const std::string& asked) {
  const Json* types = at(compute, {"properties", "properties", "instanceTypes"});
  std::string name = asked;
  if (name.empty()) name = text_at(compute, {"properties", "properties", "defaultInstanceType"});
  const Json* type = types == nullptr || name.empty() ? nullptr : member(*types, name);
  if (type == nullptr && !asked.empty() && asked != "defaultinstancetype")
    return fail(Code::not_found, "the compute has no instance type '" + printable(asked) + "'");
  Json made = type != nullptr ? *type : Json::object();
  if (member(made, "resources") == nullptr)
    made["resources"] = {{"requests", {{"cpu", default_cpu}, {"memory", default_memory}}}};
  // A resource that is null is none (the published example has one).
  for (const char* part : {"requests", "limits"}) {
    Json amounts = Json::object();
    if (const Json* asked_for = at(made, {"resources", part}))
      for (const auto& [resource, amount] : asked_for->items())
        if (!amount.is_null()) amounts[resource] = amount;
    if (!amounts.empty()) made["resources"][part] = std::move(amounts);
  }
  return made;
}

Status start_pods(World& world, const Machine& machine, const JobFolder& folder, const Run& run,
                  const Json& properties) {
  const Reached reached = reach(world, run.compute);
  const auto& cluster = reached.cluster;
  if (!cluster)
    return fail(reached.is_gone ? Code::precondition : Code::unavailable,
                "the attached cluster does not answer: " + reached.why);
  const Json compute = compute_body(world, run.compute);
  const std::string space = space_of_compute(compute);
  if (!cluster->find(k8s::type_named("namespaces"), "", space)) k8s::keep_namespaces(*cluster);
  if (!cluster->find(k8s::type_named("namespaces"), "", space))
    return fail(Code::not_found, "the attached cluster has no namespace '" + printable(space) + "'");
  DROVER_TRY(type, instance_type(compute, text_at(properties, {"resources", "instanceType"})));
  const k8s::ResourceType& jobs = k8s::type_named("jobs");
  const bool has_volume = !folder.path.empty() && machine.confined;
  for (long long instance = 0; instance < run.instances; ++instance) {
    const bool is_there = cluster->find(jobs, space, job_name(run, instance)) != nullptr;
    Bindings bindings;
    if (!folder.path.empty() && !is_there) {
      DROVER_TRY(laid_out, lay_out_node(world, folder, run, properties, instance, true));
      bindings = std::move(laid_out);
    }
    if (is_there) continue;
    DROVER_TRY(containers, containers_of(run, properties, image_of(world, properties), bindings, type, folder, instance,
                                         has_volume));
    Json job = job_object(run, space, std::move(containers), type, folder, instance, has_volume);
    k8s::set_defaults(jobs, job);
    cluster->create(jobs, std::move(job));
  }
  return {};
}

PodsSeen see_pods(World& world, const Run& run) {
  PodsSeen seen;
  const Reached reached = reach(world, run.compute);
  const auto& cluster = reached.cluster;
  if (!cluster) {
    const bool may_return = !reached.is_gone && is_connected_cluster(attached_cluster(world, run.compute));
    (may_return ? seen.silence : seen.problem) = "The attached cluster does not answer: " + reached.why + ".";
    return seen;
  }
  const std::string space = space_of_compute(compute_body(world, run.compute));
  const auto pods = pods_of(*cluster, run, space);
  long long jobs = 0;
  for (long long instance = 0; instance < run.instances; ++instance)
    if (cluster->find(k8s::type_named("jobs"), space, job_name(run, instance))) ++jobs;
  seen.is_gone = pods.empty();
  if (run.state != RunState::stopping && jobs < run.instances)
    seen.problem = "Somebody else deleted the job's pods in the attached cluster.";
  if (std::ssize(pods) < run.instances) seen.waits_for = "its pods are being made";
  for (const auto& pod : pods) {
    read_exits(*pod, run, seen);
    const std::string wait = wait_of(*pod);
    if (seen.waits_for.empty()) seen.waits_for = wait;
    // Failed before any of its containers began (evicted, past a deadline).
    if (text_at(*pod, {"status", "phase"}) == "Failed" && at(*pod, {"status", "containerStatuses"}) == nullptr)
      seen.problem = "Pod " + k8s::name_of(*pod) + " failed: " + text_at(*pod, {"status", "message"});
  }
  return seen;
}

void end_pods(World& world, const Run& run) {
  const auto cluster = cluster_of_pods(world, run.compute);
  if (!cluster) return;
  const std::string space = space_of_compute(compute_body(world, run.compute));
  const k8s::ResourceType& jobs = k8s::type_named("jobs");
  for (long long instance = 0; instance < run.instances; ++instance)
    if (const auto job = cluster->find(jobs, space, job_name(run, instance)); job && !k8s::is_being_deleted(*job))
      k8s::begin_deletion(*cluster, jobs, job, Json{{"propagationPolicy", "Background"}});
  for (const auto& pod : pods_of(*cluster, run, space))
    if (!k8s::is_being_deleted(*pod)) k8s::begin_deletion(*cluster, k8s::type_named("pods"), pod, Json::object());
}

std::vector<std::string> pod_logs(World& world, const Run& run) {
  const auto cluster = cluster_of_pods(world, run.compute);
  const Machine& machine = world.fleet().machine();
  std::vector<std::string> paths(static_cast<std::size_t>(run.ranks()));
  if (!cluster || machine.folder.empty()) return {};
  for (const auto& pod : pods_of(*cluster, run, space_of_compute(compute_body(world, run.compute))))
    for (long long local = 0; local < run.processes; ++local) {
      const auto rank = static_cast<std::size_t>(instance_of(*pod) * run.processes + local);
      if (rank < paths.size()) paths[rank] = k8s::log_path(machine, *pod, container_name(local), 0);
    }
  return paths;
}

}  // namespace drover::localcloud::ml
