#include "localcloud/kubernetes/pod_step.hpp"

#include <algorithm>
#include <filesystem>

#include "localcloud/kubernetes/log_times.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// The one network of all pods is this machine's.
constexpr std::string_view pod_address = "127.0.0.1";

Json fresh_status(const Json& container, const char* reason) {
  return {{"name", text_at(container, {"name"})},
          {"state", {{"waiting", {{"reason", reason}}}}},
          {"lastState", Json::object()},
          {"ready", false},
          {"restartCount", 0},
          {"image", text_at(container, {"image"})},
          {"imageID", ""},
          {"started", false}};
}

}  // namespace

void Kubelet::Step::say(bool is_warning, std::string_view reason, const std::string& message) {
  note_event(cluster, type_named("pods"), pod, is_warning, reason, message, "kubelet", node());
}

Json& Kubelet::Step::statuses(const char* list, const char* name, const char* reason) {
  Json& all = pod["status"][name];
  const Json* containers = at(pod, {"spec", list});
  if (all.is_array() || containers == nullptr) return all;
  all = Json::array();
  for (const auto& container : *containers) all.push_back(fresh_status(container, reason));
  return all;
}

bool Kubelet::Step::has_init() const {
  const Json* init = at(pod, {"spec", "initContainers"});
  return init != nullptr && !init->empty();
}

void Kubelet::Step::begin() {
  Json& status = pod["status"];
  if (status.contains("startTime")) return;
  status["phase"] = "Pending";
  status["startTime"] = time_text(now());
  status["hostIP"] = pod_address;
  status["podIP"] = pod_address;
  status["podIPs"] = Json::array({{{"ip", pod_address}}});
  if (has_init()) statuses("initContainers", "initContainerStatuses", "PodInitializing");
  statuses("containers", "containerStatuses", has_init() ? "PodInitializing" : "ContainerCreating");
}

void Kubelet::Step::observe() {
  each_status([&](const Json& container, Json& status) {
    if (!is_running(status)) return;
    const std::string name =
        process_name(pod, text_at(container, {"name"}), number_at(status, {"restartCount"}).value_or(0));
    if (kubelet.running_.contains(name)) return;
    const std::string log =
        log_path(kubelet.machine_, pod, text_at(container, {"name"}), number_at(status, {"restartCount"}).value_or(0));
    kubelet.times_of(log)->look(now());  // the last of it
    kubelet.times_.erase(log);
    const auto end = kubelet.ends_.find(name);
    const bool is_lost = end == kubelet.ends_.end() || end->second.lost;
    const int code = is_lost ? 137 : end->second.exit_code;
    const bool out_of_memory = !is_lost && end->second.out_of_memory;
    Json ended = {{"exitCode", code},
                  {"reason", is_lost         ? "ContainerStatusUnknown"
                             : out_of_memory ? "OOMKilled"
                             : code == 0     ? "Completed"
                                             : "Error"},
                  {"startedAt", text_at(status, {"state", "running", "startedAt"})},
                  {"finishedAt", time_text(now())},
                  {"containerID", text_at(status, {"containerID"})}};
    if (code > 128 && code < 160) ended["signal"] = code - 128;
    if (is_lost) ended["message"] = "The container could not be located when the pod was terminated";
    status["state"] = {{"terminated", std::move(ended)}};
    status["ready"] = false;
    status["started"] = false;
    if (end != kubelet.ends_.end()) {
      kubelet.ends_.erase(end);
      kubelet.written_.push_back(name);
    }
  });
}

bool Kubelet::Step::runs_any() {
  bool any = false;
  each_status([&](const Json&, const Json& status) { any = any || is_running(status); });
  return any;
}

void Kubelet::Step::stop_all(bool at_once) {
  each_status([&](const Json& container, const Json& status) {
    if (!is_running(status) || processes() == nullptr) return;
    const std::string name =
        process_name(pod, text_at(container, {"name"}), number_at(status, {"restartCount"}).value_or(0));
    if (at_once)
      processes()->kill(name);
    else if (kubelet.terminated_.insert(name).second)
      processes()->terminate_first(name);
  });
}

bool Kubelet::Step::end_deleted() {
  const Instant end = time_at(pod, {"metadata", "deletionTimestamp"});
  const bool is_late = now() >= end;
  if (kubelet.terminated_.empty() || !is_late) say_killing();
  stop_all(is_late);
  if (processes() != nullptr) {
    kubelet.collect_ends();
    observe();
  }
  if (runs_any()) {
    due_at(end);
    return false;
  }
  return true;
}

void Kubelet::Step::say_killing() {
  each_status([&](const Json& container, const Json& status) {
    const std::string name =
        process_name(pod, text_at(container, {"name"}), number_at(status, {"restartCount"}).value_or(0));
    if (is_running(status) && !kubelet.terminated_.contains(name))
      say(false, "Killing", "Stopping container " + text_at(container, {"name"}));
  });
}

bool Kubelet::Step::initialize() {
  if (!has_init()) return true;
  Json& all = pod["status"]["initContainerStatuses"];
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Json* ended = terminated_of(all[i]);
    if (ended != nullptr && number_at(*ended, {"exitCode"}) == 0) {
      all[i]["ready"] = true;
      continue;
    }
    step_container(pod["spec"]["initContainers"][i], all[i], true);
    return false;
  }
  return true;
}

bool Kubelet::Step::init_has_failed() const {
  const Json* all = at(pod, {"status", "initContainerStatuses"});
  if (all == nullptr || text_at(pod, {"spec", "restartPolicy"}) != "Never") return false;
  return std::ranges::any_of(*all, [](const Json& status) {
    return terminated_of(status) != nullptr && number_at(status, {"state", "terminated", "exitCode"}) != 0;
  });
}

void Kubelet::Step::set_phase(bool is_initialized) {
  const Json& all = pod["status"]["containerStatuses"];
  bool ready = !all.empty();
  bool has_begun = false;
  bool all_over = !all.empty();
  bool all_well = true;
  for (const auto& status : all) {
    ready = ready && is_running(status);
    has_begun = has_begun || is_running(status) || at(status, {"lastState", "terminated"}) != nullptr ||
                terminated_of(status) != nullptr;
    const bool is_over = terminated_of(status) != nullptr && !restarts(status, false);
    all_over = all_over && is_over;
    all_well = all_well && is_over && number_at(status, {"state", "terminated", "exitCode"}) == 0;
  }
  std::string phase = has_begun ? "Running" : "Pending";
  if (all_over) phase = all_well ? "Succeeded" : "Failed";
  if (init_has_failed()) phase = "Failed";
  pod["status"]["phase"] = phase;
  const bool is_over = phase == "Succeeded" || phase == "Failed";
  const char* over = is_over ? "PodCompleted" : "";
  set_condition(pod, "Initialized", is_initialized ? "True" : "False",
                is_initialized ? over : "ContainersNotInitialized", "", now());
  const char* why = ready ? "" : is_over ? (phase == "Failed" ? "PodFailed" : "PodCompleted") : "ContainersNotReady";
  set_condition(pod, "Ready", ready ? "True" : "False", why, "", now());
  set_condition(pod, "ContainersReady", ready ? "True" : "False", why, "", now());
}

bool Kubelet::Step::is_past_deadline() {
  const auto seconds = number_at(pod, {"spec", "activeDeadlineSeconds"});
  if (!seconds) return false;
  const Instant end = time_at(pod, {"status", "startTime"}) + std::chrono::seconds(*seconds);
  if (now() < end) {
    due_at(end);
    return false;
  }
  pod["status"]["phase"] = "Failed";
  pod["status"]["reason"] = "DeadlineExceeded";
  pod["status"]["message"] = "Pod was active on the node longer than the specified deadline";
  say(true, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
  stop_all(true);
  return true;
}

void Kubelet::Step::advance() {
  const Json before = pod;
  if (is_terminal(pod)) {
    observe();
    stop_all(true);
    if (pod != before) keep();
    if (is_being_deleted(pod)) remove();
    return;
  }
  if (!is_being_deleted(pod)) begin();
  observe();
  if (is_being_deleted(pod)) {
    const bool is_gone = end_deleted();
    if (pod != before) keep();
    if (is_gone) remove();
    return;
  }
  if (!is_past_deadline()) {
    const bool is_initialized = initialize();
    if (is_initialized) {
      Json& all = pod["status"]["containerStatuses"];
      for (std::size_t i = 0; i < all.size(); ++i) step_container(pod["spec"]["containers"][i], all[i], false);
    }
    set_phase(is_initialized);
  }
  if (pod != before) keep();
}

void Kubelet::Step::remove() {
  const Json* finalizers = at(pod, {"metadata", "finalizers"});
  if (finalizers != nullptr && !finalizers->empty()) {
    cluster.edit(type_named("pods"), space_of(pod), name_of(pod),
                 [](Json& next) { next["metadata"]["deletionGracePeriodSeconds"] = 0; });
    return;
  }
  cluster.remove(type_named("pods"), space_of(pod), name_of(pod));
  std::error_code ignored;
  if (!kubelet.machine_.folder.empty()) std::filesystem::remove_all(pod_folder(kubelet.machine_, pod), ignored);
}

}  // namespace drover::localcloud::kubernetes
