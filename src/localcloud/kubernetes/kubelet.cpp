#include "localcloud/kubernetes/kubelet.hpp"

#include <algorithm>

#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/log_times.hpp"
#include "localcloud/kubernetes/pod_step.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Times of lines are right to this; shorter than a person tells apart, and a few calls of the system for a container.
constexpr std::chrono::milliseconds look_period{100};

}  // namespace

std::string process_name(const Json& pod, std::string_view container, long long attempt) {
  return "pod." + uid_of(pod) + "." + std::string(container) + "." + std::to_string(attempt);
}

void Kubelet::collect_ends() {
  if (machine_.processes == nullptr) return;
  for (auto& end : machine_.processes->take_ended()) {
    running_.erase(end.name);
    terminated_.erase(end.name);
    const std::string name = end.name;
    ends_[name] = std::move(end);
  }
}

void Kubelet::collect() {
  if (machine_.processes == nullptr) return;
  for (const auto& name : written_) machine_.processes->forget(name);
  written_.clear();
  collect_ends();
  const auto names = machine_.processes->running();
  running_ = std::set<std::string>(names.begin(), names.end());
}

void Kubelet::run(Cluster& cluster) {
  const ResourceType& pods = type_named("pods");
  const auto dead = dead_nodes(cluster);
  for (const auto& pod : cluster.list(pods)) {
    const std::string node = text_at(*pod, {"spec", "nodeName"});
    if (node.empty()) continue;
    if (dead.contains(node)) {
      kill_all(*pod);  // the power is off, and nobody there says what became of it
      continue;
    }
    // A step before may have changed it.
    const Object present = cluster.find(pods, space_of(*pod), name_of(*pod));
    if (!present || (is_terminal(*present) && !is_being_deleted(*present) && !has_processes(*present))) continue;
    Step{*this, cluster, *present}.advance();
  }
  sweep(cluster);
}

void Kubelet::kill_all(const Json& pod) {
  const std::string prefix = "pod." + uid_of(pod) + ".";
  for (auto it = running_.lower_bound(prefix); it != running_.end() && it->starts_with(prefix); ++it)
    if (machine_.processes != nullptr) machine_.processes->kill(*it);
}

bool Kubelet::has_processes(const Json& pod) const {
  const std::string prefix = "pod." + uid_of(pod) + ".";
  const auto is_of = [&](const auto& set) {
    const auto it = set.lower_bound(prefix);
    return it != set.end() && it->starts_with(prefix);
  };
  if (is_of(running_)) return true;
  const auto it = ends_.lower_bound(prefix);
  return it != ends_.end() && it->first.starts_with(prefix);
}

void Kubelet::sweep(Cluster& cluster) {
  // Pods deleted with no grace leave their processes behind.
  const auto& changes = cluster.changes();
  for (auto it = changes.rbegin(); it != changes.rend() && it->revision > cluster.controlled; ++it) {
    if (it->after || it->type->plural != "pods") continue;
    const std::string folder = pod_folder(machine_, *it->before) + "/";
    std::erase_if(times_, [&](const auto& entry) { return entry.first.starts_with(folder); });
    if (!has_processes(*it->before)) continue;
    const std::string prefix = "pod." + uid_of(*it->before) + ".";
    kill_all(*it->before);
    for (auto end = ends_.lower_bound(prefix); end != ends_.end() && end->first.starts_with(prefix);) {
      written_.push_back(end->first);
      end = ends_.erase(end);
    }
    retries_.erase(uid_of(*it->before));
  }
}

void Kubelet::look_at_logs(const Cluster& cluster) {
  Instant& looked = looked_[cluster.key()];
  if (running_.empty() || (cluster.now() >= looked && cluster.now() < looked + look_period)) return;
  looked = cluster.now();
  for (const auto& pod : cluster.list(type_named("pods")))
    for (const char* list : {"initContainerStatuses", "containerStatuses"})
      if (const Json* statuses = at(*pod, {"status", list}))
        for (const auto& status : *statuses) {
          if (!is_running(status)) continue;
          const std::string log =
              log_path(machine_, *pod, text_at(status, {"name"}), number_at(status, {"restartCount"}).value_or(0));
          auto& times = times_[log];
          if (!times) times = std::make_shared<LogTimes>(log);
          times->look(cluster.now());
        }
}

std::shared_ptr<LogTimes> Kubelet::times_of(const std::string& log) const {
  const auto known = times_.find(log);
  return known == times_.end() ? std::make_shared<LogTimes>(log) : known->second;
}

void Kubelet::drop_ends() {
  for (const auto& [name, end] : ends_) written_.push_back(name);
  ends_.clear();
}

void Kubelet::forget_cluster(Cluster& cluster) {
  for (const auto& pod : cluster.list(type_named("pods"))) kill_all(*pod);
  looked_.erase(cluster.key());
}

}  // namespace drover::localcloud::kubernetes
