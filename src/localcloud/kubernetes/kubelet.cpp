#include "localcloud/kubernetes/kubelet.hpp"

#include <algorithm>
#include <filesystem>

#include "base/digest.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Between tries of what may come right by itself (a missing secret, an image): 1, 2, 4 ... seconds up to this, which
/// is how often a kubelet looks.
constexpr std::chrono::seconds retry_max{10};
/// Back-off of containers that end again and again, as in Kubernetes: 10 s, doubled up to 5 minutes.
constexpr std::chrono::seconds restart_first{10};
constexpr std::chrono::seconds restart_max{300};
/// After a run of this length the back-off begins anew.
constexpr std::chrono::minutes restart_forgiven{10};

/// A pull is asked for this often.
constexpr std::chrono::milliseconds pull_period{500};

/// The one network of all pods is this machine's.
constexpr std::string_view pod_address = "127.0.0.1";

bool is_terminal(const Json& pod) {
  const std::string phase = text_at(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed";
}

const Json* terminated_of(const Json& status) { return at(status, {"state", "terminated"}); }
bool is_running(const Json& status) { return at(status, {"state", "running"}) != nullptr; }

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

/// Requests and limits of a container as limits of its process.
ProcessLimits limits_of(const Json& container) {
  const Json* limits = at(container, {"resources", "limits"});
  if (limits == nullptr) return {};
  ProcessLimits made;
  made.memory_bytes = quantity_milli(member(*limits, "memory")) / 1000;
  made.cpus = static_cast<double>(quantity_milli(member(*limits, "cpu"))) / 1000.0;
  return made;
}

}  // namespace

std::string process_name(const Json& pod, std::string_view container, long long attempt) {
  return "pod." + uid_of(pod) + "." + std::string(container) + "." + std::to_string(attempt);
}

/// One step of one pod.
struct Kubelet::Step {
  Kubelet& kubelet;
  Cluster& cluster;
  Json pod;

  Instant now() const { return cluster.now(); }
  void due_at(Instant instant) { cluster.due = std::min(cluster.due, instant); }
  Processes* processes() { return kubelet.machine_.processes; }
  std::string node() const { return text_at(pod, {"spec", "nodeName"}); }

  void say(bool is_warning, std::string_view reason, const std::string& message) {
    note_event(cluster, type_named("pods"), pod, is_warning, reason, message, "kubelet", node());
  }

  /// The statuses of a list of containers, made when they are missing.
  Json& statuses(const char* list, const char* name, const char* reason) {
    Json& all = pod["status"][name];
    const Json* containers = at(pod, {"spec", list});
    if (all.is_array() || containers == nullptr) return all;
    all = Json::array();
    for (const auto& container : *containers) all.push_back(fresh_status(container, reason));
    return all;
  }
  bool has_init() const {
    const Json* init = at(pod, {"spec", "initContainers"});
    return init != nullptr && !init->empty();
  }

  void begin() {
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

  template <class Visit>
  void each_status(const Visit& visit) {
    for (const auto& [list, name] :
         {std::pair("initContainers", "initContainerStatuses"), std::pair("containers", "containerStatuses")}) {
      if (!pod["status"].contains(name)) continue;
      Json& all = pod["status"][name];
      for (std::size_t i = 0; i < all.size(); ++i) visit(pod["spec"][list][i], all[i]);
    }
  }

  /// Writes down what has ended since the last step.
  void observe() {
    each_status([&](const Json& container, Json& status) {
      if (!is_running(status)) return;
      const std::string name =
          process_name(pod, text_at(container, {"name"}), number_at(status, {"restartCount"}).value_or(0));
      if (kubelet.running_.contains(name)) return;
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

  bool runs_any() {
    bool any = false;
    each_status([&](const Json&, const Json& status) { any = any || is_running(status); });
    return any;
  }

  void stop_all(bool at_once) {
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

  /// True once nothing of a pod that is being deleted runs any more, and the pod is gone.
  bool end_deleted() {
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

  void say_killing() {
    each_status([&](const Json& container, const Json& status) {
      const std::string name =
          process_name(pod, text_at(container, {"name"}), number_at(status, {"restartCount"}).value_or(0));
      if (is_running(status) && !kubelet.terminated_.contains(name))
        say(false, "Killing", "Stopping container " + text_at(container, {"name"}));
    });
  }

  bool may_retry() {
    const auto it = kubelet.retries_.find(uid_of(pod));
    if (it == kubelet.retries_.end() || now() >= it->second.first) return true;
    due_at(it->second.first);
    return false;
  }
  void retry_later() {
    auto& [when, count] = kubelet.retries_[uid_of(pod)];
    when = now() + std::min<Duration>(std::chrono::seconds(1LL << std::min(count++, 10)), retry_max);
    due_at(when);
  }

  void wait_with(Json& status, const char* reason, const std::string& message) {
    status["state"] = {{"waiting", {{"reason", reason}, {"message", message}}}};
    retry_later();
  }

  /// The image of a container, none for this machine's own root; false while the container waits for it.
  bool find_image(const Json& container, Json& status, std::optional<Image>& image) {
    const std::string reference = text_at(container, {"image"});
    if (reference == "host") return true;
    const bool is_never = text_at(container, {"imagePullPolicy"}) == "Never";
    ImageLook look = cluster.world().images().want(reference, now(), is_never ? Pull::never : Pull::due);
    if (look.image) {
      say(false, "Pulled", "Container image \"" + reference + "\" already present on machine");
      image = std::move(look.image);
      return true;
    }
    if (look.has_begun) say(false, "Pulling", "Pulling image \"" + reference + "\"");
    const ImageWait wait = wait_for_image(look, container, text_at(status, {"state", "waiting", "reason"}));
    for (const auto& [reason, message] : wait.warnings) say(true, reason, message);
    if (wait.reason != nullptr) wait_with(status, wait.reason, wait.message);
    if (look.is_pulling) due_at(now() + pull_period);
    return false;
  }

  void start(const Json& container, Json& status, long long attempt) {
    const std::string name = text_at(container, {"name"});
    if (processes() == nullptr)
      return wait_with(status, "CreateContainerError", "nothing runs pods here: the local cloud is not being served");
    std::optional<Image> image;
    if (!find_image(container, status, image)) return;
    auto spec = make_process(cluster, kubelet.machine_, pod, container, attempt, image ? &*image : nullptr);
    if (!spec) {
      const bool is_config = spec.error().code == Code::not_found;
      say(true, is_config ? "FailedMount" : "Failed", "Error: " + format_error(spec.error()));
      return wait_with(status, is_config ? "CreateContainerConfigError" : "CreateContainerError",
                       format_error(spec.error()));
    }
    if (processes()->isolation().no_limits || !kubelet.machine_.confined) {
      if (member(container["resources"], "limits") != nullptr)
        say(true, "LimitsNotEnforced", "limits are not enforced on this machine");
    } else {
      spec->limits = limits_of(container);
    }
    const auto started = processes()->start(*spec);
    if (!started && started.error().code != Code::already_exists) {
      say(true, "Failed", "Error: " + format_error(started.error()));
      return wait_with(status, "CreateContainerError", format_error(started.error()));
    }
    kubelet.running_.insert(spec->name);
    kubelet.retries_.erase(uid_of(pod));
    if (const Json* ended = terminated_of(status)) status["lastState"] = {{"terminated", *ended}};
    status["state"] = {{"running", {{"startedAt", time_text(now())}}}};
    status["restartCount"] = attempt;
    status["containerID"] = "process://" + spec->name;
    status["imageID"] = text_at(container, {"image"});
    status["ready"] = true;
    status["started"] = true;
    say(false, "Created", "Created container " + name);
    say(false, "Started", "Started container " + name);
  }

  Instant restart_time(const Json& status) const {
    const Json* ended =
        terminated_of(status) != nullptr ? terminated_of(status) : at(status, {"lastState", "terminated"});
    const Instant began = time_at(*ended, {"startedAt"});
    const Instant finished = time_at(*ended, {"finishedAt"});
    const long long count = number_at(status, {"restartCount"}).value_or(0);
    if (count == 0 || finished - began >= restart_forgiven) return finished;
    const long long factor = 1LL << std::min<long long>(count - 1, 10);
    return finished + std::min<Duration>(restart_first * factor, restart_max);
  }

  /// A container that has ended and is to run again: now, or once its back-off is over.
  void restart(const Json& container, Json& status) {
    const Instant when = restart_time(status);
    if (now() >= when) return start(container, status, number_at(status, {"restartCount"}).value_or(0) + 1);
    due_at(when);
    const Json* ended = terminated_of(status);
    if (ended == nullptr) return;
    const std::string message = "back-off restarting failed container=" + text_at(container, {"name"}) +
                                " pod=" + name_of(pod) + "_" + space_of(pod);
    say(true, "BackOff",
        "Back-off restarting failed container " + text_at(container, {"name"}) + " in pod " + name_of(pod));
    const Json last = *ended;
    status["lastState"] = {{"terminated", last}};
    status["state"] = {{"waiting", {{"reason", "CrashLoopBackOff"}, {"message", message}}}};
  }

  bool restarts(const Json& status, bool is_init) const {
    const std::string policy = text_at(pod, {"spec", "restartPolicy"});
    const Json* ended = terminated_of(status);
    const bool is_waiting_again = text_at(status, {"state", "waiting", "reason"}) == "CrashLoopBackOff";
    if (ended == nullptr && !is_waiting_again) return false;
    const bool failed = is_waiting_again || number_at(*ended, {"exitCode"}) != 0;
    if (policy == "Never") return false;
    return failed || (policy == "Always" && !is_init);
  }

  void step_container(const Json& container, Json& status, bool is_init) {
    if (is_running(status)) return;
    if (restarts(status, is_init)) return restart(container, status);
    if (terminated_of(status) != nullptr || !may_retry()) return;
    start(container, status, 0);
  }

  /// True when all init containers have ended well.
  bool initialize() {
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

  bool init_has_failed() const {
    const Json* all = at(pod, {"status", "initContainerStatuses"});
    if (all == nullptr || text_at(pod, {"spec", "restartPolicy"}) != "Never") return false;
    return std::ranges::any_of(*all, [](const Json& status) {
      return terminated_of(status) != nullptr && number_at(status, {"state", "terminated", "exitCode"}) != 0;
    });
  }

  void set_phase(bool is_initialized) {
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

  /// True when the pod has run for too long: it is failed, and ends.
  bool is_past_deadline() {
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

  void keep() { cluster.update(type_named("pods"), pod); }

  void advance() {
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

  void remove() {
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
};

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
  for (const auto& pod : cluster.list(pods)) {
    if (text_at(*pod, {"spec", "nodeName"}).empty()) continue;
    // A step before may have changed it.
    const Object present = cluster.find(pods, space_of(*pod), name_of(*pod));
    if (!present || (is_terminal(*present) && !is_being_deleted(*present) && !has_processes(*present))) continue;
    Step{*this, cluster, *present}.advance();
  }
  sweep(cluster);
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
    if (it->after || it->type->plural != "pods" || !has_processes(*it->before)) continue;
    const std::string prefix = "pod." + uid_of(*it->before) + ".";
    for (const auto& name : running_)
      if (name.starts_with(prefix)) machine_.processes->kill(name);
    for (auto end = ends_.lower_bound(prefix); end != ends_.end() && end->first.starts_with(prefix);) {
      written_.push_back(end->first);
      end = ends_.erase(end);
    }
    retries_.erase(uid_of(*it->before));
  }
}

void Kubelet::drop_ends() {
  for (const auto& [name, end] : ends_) written_.push_back(name);
  ends_.clear();
}

void Kubelet::forget_cluster(Cluster& cluster) {
  for (const auto& pod : cluster.list(type_named("pods"))) {
    const std::string prefix = "pod." + uid_of(*pod) + ".";
    for (const auto& name : running_)
      if (name.starts_with(prefix) && machine_.processes != nullptr) machine_.processes->kill(name);
  }
}

}  // namespace drover::localcloud::kubernetes
