#include "localcloud/kubernetes/tables.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.hpp"
#include "localcloud/kubernetes/selectors.hpp"

namespace drover::localcloud::kubernetes {
namespace {

struct Column {
  std::string_view name;
  int priority;  ///< 1: only with -o wide
  std::function<Json(const Json& object, Instant now)> cell;
};
using Columns = std::vector<Column>;

std::string age_since(const Json& object, std::initializer_list<std::string_view> path, Instant now) {
  const std::string since = text_at(object, path);
  const auto instant = parse_iso(since);
  return instant ? format_age(now - *instant) : "<unknown>";
}

Column name_column() {
  return {"Name", 0, [](const Json& object, Instant) { return Json(name_of(object)); }};
}
Column age_column() {
  return {"Age", 0, [](const Json& object, Instant now) {
            return Json(age_since(object, {"metadata", "creationTimestamp"}, now));
          }};
}
Column number_column(std::string_view name, std::string_view part, std::string_view field) {
  return {name, 0, [=](const Json& object, Instant) { return Json(number_at(object, {part, field}).value_or(0)); }};
}
Column text_column(std::string_view name, int priority, std::vector<std::string> path, std::string none = "<none>") {
  return {name, priority, [path = std::move(path), none = std::move(none)](const Json& object, Instant) {
            const Json* value = &object;
            for (const auto& part : path) value = value == nullptr ? nullptr : member(*value, part);
            if (value == nullptr) return Json(none);
            const std::string text = value->is_string() ? value->get<std::string>() : dump(*value);
            return Json(text.empty() ? none : text);
          }};
}

std::string containers_text(const Json& object, std::string_view field) {
  const Json* containers = at(object, {"spec", "template", "spec", "containers"});
  std::vector<std::string> parts;
  if (containers != nullptr && containers->is_array())
    for (const auto& container : *containers) parts.push_back(text_at(container, {field}));
  return join(parts, ",");
}

void add_template_columns(Columns& columns) {
  columns.push_back({"Containers", 1, [](const Json& o, Instant) { return Json(containers_text(o, "name")); }});
  columns.push_back({"Images", 1, [](const Json& o, Instant) { return Json(containers_text(o, "image")); }});
  columns.push_back(
      {"Selector", 1, [](const Json& o, Instant) { return Json(format_selector(at(o, {"spec", "selector"}))); }});
}

std::size_t count_ready(const Json& pod) {
  const Json* statuses = at(pod, {"status", "containerStatuses"});
  if (statuses == nullptr || !statuses->is_array()) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(*statuses, [](const Json& status) { return true_at(status, {"ready"}); }));
}

std::size_t size_at(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = at(object, path);
  return value == nullptr ? 0 : value->size();
}

std::string restarts(const Json& pod, Instant now) {
  long long count = 0;
  std::string last;
  if (const Json* statuses = at(pod, {"status", "containerStatuses"}); statuses != nullptr)
    for (const auto& status : *statuses) {
      count += number_at(status, {"restartCount"}).value_or(0);
      last = std::max(last, text_at(status, {"lastState", "terminated", "finishedAt"}));
    }
  if (count == 0 || last.empty()) return std::to_string(count);
  return std::to_string(count) + " (" + format_age(now - parse_iso(last).value_or(now)) + " ago)";
}

Columns pod_columns() {
  return {name_column(),
          {"Ready", 0,
           [](const Json& pod, Instant) {
             return Json(std::to_string(count_ready(pod)) + "/" + std::to_string(size_at(pod, {"spec", "containers"})));
           }},
          {"Status", 0, [](const Json& pod, Instant) { return Json(pod_status(pod)); }},
          {"Restarts", 0, [](const Json& pod, Instant now) { return Json(restarts(pod, now)); }},
          age_column(),
          text_column("IP", 1, {"status", "podIP"}),
          text_column("Node", 1, {"spec", "nodeName"}),
          text_column("Nominated Node", 1, {"status", "nominatedNodeName"}),
          {"Readiness Gates", 1, [](const Json&, Instant) { return Json("<none>"); }}};
}

std::string node_status(const Json& node) {
  std::string status = has_condition(node, "Ready") ? "Ready" : "NotReady";
  if (true_at(node, {"spec", "unschedulable"})) status += ",SchedulingDisabled";
  return status;
}

std::string node_roles(const Json& node) {
  std::vector<std::string> roles;
  constexpr std::string_view prefix = "node-role.kubernetes.io/";
  for (const auto& [label, value] : labels_of(node).items())
    if (label.starts_with(prefix)) roles.push_back(label.substr(prefix.size()));
  return roles.empty() ? "<none>" : join(roles, ",");
}

std::string address_of(const Json& node, std::string_view type) {
  const Json* address = element_with(at(node, {"status", "addresses"}), "type", type);
  return address == nullptr ? "<none>" : text_at(*address, {"address"});
}

Columns node_columns() {
  return {name_column(),
          {"Status", 0, [](const Json& node, Instant) { return Json(node_status(node)); }},
          {"Roles", 0, [](const Json& node, Instant) { return Json(node_roles(node)); }},
          age_column(),
          text_column("Version", 0, {"status", "nodeInfo", "kubeletVersion"}),
          {"Internal-IP", 1, [](const Json& node, Instant) { return Json(address_of(node, "InternalIP")); }},
          {"External-IP", 1, [](const Json& node, Instant) { return Json(address_of(node, "ExternalIP")); }},
          text_column("OS-Image", 1, {"status", "nodeInfo", "osImage"}),
          text_column("Kernel-Version", 1, {"status", "nodeInfo", "kernelVersion"}),
          text_column("Container-Runtime", 1, {"status", "nodeInfo", "containerRuntimeVersion"})};
}

std::string job_completions(const Json& job) {
  const long long succeeded = number_at(job, {"status", "succeeded"}).value_or(0);
  if (const auto wanted = number_at(job, {"spec", "completions"}))
    return std::to_string(succeeded) + "/" + std::to_string(*wanted);
  const long long parallelism = number_at(job, {"spec", "parallelism"}).value_or(0);
  return std::to_string(succeeded) + (parallelism > 1 ? "/1 of " + std::to_string(parallelism) : "/1");
}

std::string job_duration(const Json& job, Instant now) {
  const auto start = parse_iso(text_at(job, {"status", "startTime"}));
  if (!start) return "";
  return format_age(parse_iso(text_at(job, {"status", "completionTime"})).value_or(now) - *start);
}

Columns job_columns() {
  Columns columns = {name_column(),
                     {"Completions", 0, [](const Json& job, Instant) { return Json(job_completions(job)); }},
                     {"Duration", 0, [](const Json& job, Instant now) { return Json(job_duration(job, now)); }},
                     age_column()};
  add_template_columns(columns);
  return columns;
}

Columns deployment_columns() {
  Columns columns = {name_column(),
                     {"Ready", 0,
                      [](const Json& o, Instant) {
                        return Json(std::to_string(number_at(o, {"status", "readyReplicas"}).value_or(0)) + "/" +
                                    std::to_string(number_at(o, {"spec", "replicas"}).value_or(0)));
                      }},
                     number_column("Up-to-date", "status", "updatedReplicas"),
                     number_column("Available", "status", "availableReplicas"),
                     age_column()};
  add_template_columns(columns);
  return columns;
}

Columns replica_set_columns() {
  Columns columns = {name_column(), number_column("Desired", "spec", "replicas"),
                     number_column("Current", "status", "replicas"), number_column("Ready", "status", "readyReplicas"),
                     age_column()};
  add_template_columns(columns);
  return columns;
}

std::string labels_text(const Json* labels) {
  if (labels == nullptr || labels->empty()) return "<none>";
  std::vector<std::string> parts;
  for (const auto& [key, value] : labels->items())
    parts.push_back(key + "=" + (value.is_string() ? value.get<std::string>() : ""));
  return join(parts, ",");
}

Columns daemon_set_columns() {
  Columns columns = {
      name_column(),
      number_column("Desired", "status", "desiredNumberScheduled"),
      number_column("Current", "status", "currentNumberScheduled"),
      number_column("Ready", "status", "numberReady"),
      number_column("Up-to-date", "status", "updatedNumberScheduled"),
      number_column("Available", "status", "numberAvailable"),
      {"Node Selector", 0,
       [](const Json& o, Instant) { return Json(labels_text(at(o, {"spec", "template", "spec", "nodeSelector"}))); }},
      age_column()};
  add_template_columns(columns);
  return columns;
}

std::string event_object(const Json& event) {
  return to_lower(text_at(event, {"involvedObject", "kind"})) + "/" + text_at(event, {"involvedObject", "name"});
}

Columns event_columns() {
  return {{"Last Seen", 0, [](const Json& e, Instant now) { return Json(age_since(e, {"lastTimestamp"}, now)); }},
          text_column("Type", 0, {"type"}, ""),
          text_column("Reason", 0, {"reason"}, ""),
          {"Object", 0, [](const Json& event, Instant) { return Json(event_object(event)); }},
          text_column("Subobject", 1, {"involvedObject", "fieldPath"}, ""),
          text_column("Source", 1, {"source", "component"}, ""),
          text_column("Message", 0, {"message"}, ""),
          {"First Seen", 1, [](const Json& e, Instant now) { return Json(age_since(e, {"firstTimestamp"}, now)); }},
          text_column("Count", 1, {"count"}, "1"),
          text_column("Name", 1, {"metadata", "name"})};
}

Column size_column(std::string_view name, std::vector<std::string> fields) {
  return {name, 0, [fields = std::move(fields)](const Json& object, Instant) {
            std::size_t size = 0;
            for (const auto& field : fields) size += size_at(object, {field});
            return Json(size);
          }};
}

std::string service_ports(const Json& service) {
  std::vector<std::string> parts;
  if (const Json* ports = at(service, {"spec", "ports"}); ports != nullptr)
    for (const auto& port : *ports)
      parts.push_back(std::to_string(number_at(port, {"port"}).value_or(0)) + "/" +
                      (text_at(port, {"protocol"}).empty() ? "TCP" : text_at(port, {"protocol"})));
  return parts.empty() ? "<none>" : join(parts, ",");
}

Columns service_columns() {
  return {name_column(),
          text_column("Type", 0, {"spec", "type"}),
          text_column("Cluster-IP", 0, {"spec", "clusterIP"}),
          {"External-IP", 0, [](const Json&, Instant) { return Json("<none>"); }},
          {"Port(s)", 0, [](const Json& service, Instant) { return Json(service_ports(service)); }},
          age_column(),
          {"Selector", 1, [](const Json& o, Instant) { return Json(labels_text(at(o, {"spec", "selector"}))); }}};
}

const Columns& columns_of(const ResourceType& type) {
  static const std::map<std::string_view, Columns> all = {
      {"pods", pod_columns()},
      {"nodes", node_columns()},
      {"jobs", job_columns()},
      {"deployments", deployment_columns()},
      {"replicasets", replica_set_columns()},
      {"daemonsets", daemon_set_columns()},
      {"events", event_columns()},
      {"services", service_columns()},
      {"namespaces", {name_column(), text_column("Status", 0, {"status", "phase"}), age_column()}},
      {"secrets", {name_column(), text_column("Type", 0, {"type"}), size_column("Data", {"data"}), age_column()}},
      {"configmaps", {name_column(), size_column("Data", {"data", "binaryData"}), age_column()}},
      {"serviceaccounts", {name_column(), size_column("Secrets", {"secrets"}), age_column()}},
      {"leases", {name_column(), text_column("Holder", 0, {"spec", "holderIdentity"}, ""), age_column()}},
      {"poddisruptionbudgets",
       {name_column(), text_column("Min Available", 0, {"spec", "minAvailable"}, "N/A"),
        text_column("Max Unavailable", 0, {"spec", "maxUnavailable"}, "N/A"),
        number_column("Allowed Disruptions", "status", "disruptionsAllowed"), age_column()}}};
  return all.at(type.plural);
}

Json included_object(const Json& object, Included included) {
  if (included == Included::object) return object;
  return {{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", metadata_of(object)}};
}

bool is_initialized(const Json& pod) { return has_condition(pod, "Initialized"); }

/// The word for a container's state; "" while it simply runs.
std::string state_word(const Json& status) {
  if (const std::string reason = text_at(status, {"state", "waiting", "reason"}); !reason.empty()) return reason;
  const Json* ended = at(status, {"state", "terminated"});
  if (ended == nullptr) return "";
  const std::string reason = text_at(*ended, {"reason"});
  return reason.empty() ? "ExitCode:" + std::to_string(number_at(*ended, {"exitCode"}).value_or(0)) : reason;
}

std::string init_status(const Json& pod) {
  const Json* statuses = at(pod, {"status", "initContainerStatuses"});
  if (statuses == nullptr || is_initialized(pod)) return "";
  for (std::size_t i = 0; i < statuses->size(); ++i) {
    const Json& status = (*statuses)[i];
    if (number_at(status, {"state", "terminated", "exitCode"}) == 0) continue;
    const std::string word = state_word(status);
    if (!word.empty() && word != "PodInitializing") return "Init:" + word;
    return "Init:" + std::to_string(i) + "/" + std::to_string(size_at(pod, {"spec", "initContainers"}));
  }
  return "";
}

}  // namespace

std::string pod_status(const Json& pod) {
  std::string word = text_at(pod, {"status", "reason"});
  if (word.empty()) word = text_at(pod, {"status", "phase"});
  const std::string init = init_status(pod);
  if (!init.empty()) {
    word = init;
  } else if (const Json* statuses = at(pod, {"status", "containerStatuses"}); statuses != nullptr) {
    bool runs = false;
    for (auto it = statuses->rbegin(); it != statuses->rend(); ++it) {
      if (const std::string state = state_word(*it); !state.empty()) word = state;
      runs = runs || (true_at(*it, {"ready"}) && at(*it, {"state", "running"}) != nullptr);
    }
    if (word == "Completed" && runs) word = has_condition(pod, "Ready") ? "Running" : "NotReady";
  }
  return is_being_deleted(pod) ? "Terminating" : word;
}

std::string format_age(Duration age) {
  const long long s = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  const auto two = [](long long big, const char* unit, long long small, const char* below) {
    return std::to_string(big) + unit + (small == 0 ? "" : std::to_string(small) + below);
  };
  if (s < 120) return std::to_string(s) + "s";
  const long long minutes = s / 60;
  if (minutes < 10) return two(minutes, "m", s % 60, "s");
  if (minutes < 180) return std::to_string(minutes) + "m";
  const long long hours = minutes / 60;
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return std::to_string(hours) + "h";
  if (hours < 192) return two(hours / 24, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return std::to_string(hours / 24) + "d";
  if (hours < 24 * 365 * 8) return two(hours / 24 / 365, "y", hours / 24 % 365, "d");
  return std::to_string(hours / 24 / 365) + "y";
}

Json make_table(const ResourceType& type, const std::vector<Object>& objects, Instant now, Included included,
                Json metadata) {
  const Columns& columns = columns_of(type);
  Json definitions = Json::array();
  for (const auto& column : columns)
    definitions.push_back({{"name", column.name},
                           {"type", "string"},
                           {"format", column.name == "Name" ? "name" : ""},
                           {"description", ""},
                           {"priority", column.priority}});
  Json rows = Json::array();
  for (const auto& object : objects) {
    Json cells = Json::array();
    for (const auto& column : columns) cells.push_back(column.cell(*object, now));
    Json row = {{"cells", std::move(cells)}};
    if (included != Included::none) row["object"] = included_object(*object, included);
    rows.push_back(std::move(row));
  }
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", std::move(metadata)},
          {"columnDefinitions", std::move(definitions)},
          {"rows", std::move(rows)}};
}

}  // namespace drover::localcloud::kubernetes
