// The containers of a pod: each is started once its image and what it names are there, and again after a pause where
// the pod's policy says so.
#include "localcloud/kubernetes/pod_step.hpp"
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

bool Kubelet::Step::may_retry() {
  const auto it = kubelet.retries_.find(uid_of(pod));
  if (it == kubelet.retries_.end() || now() >= it->second.first) return true;
  due_at(it->second.first);
  return false;
}

void Kubelet::Step::retry_later() {
  auto& [when, count] = kubelet.retries_[uid_of(pod)];
  when = now() + std::min<Duration>(std::chrono::seconds(1LL << std::min(count++, 10)), retry_max);
  due_at(when);
}

void Kubelet::Step::wait_with(Json& status, const char* reason, const std::string& message) {
  status["state"] = {{"waiting", {{"reason", reason}, {"message", message}}}};
  retry_later();
}

bool Kubelet::Step::find_image(const Json& container, Json& status, std::optional<Image>& image) {
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

void Kubelet::Step::start(const Json& container, Json& status, long long attempt) {
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
    const bool is_hopeless = started.error().code == Code::precondition || started.error().code == Code::invalid_input;
    if (!is_hopeless) return wait_with(status, "CreateContainerError", format_error(started.error()));
    // As containerd has it for what no further try will start: nothing on this machine changes by itself.
    status["state"] = {{"terminated",
                        {{"exitCode", 128},
                         {"reason", "StartError"},
                         {"message", format_error(started.error())},
                         {"startedAt", time_text(now())},
                         {"finishedAt", time_text(now())}}}};
    return;
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

Instant Kubelet::Step::restart_time(const Json& status) const {
  const Json* ended =
      terminated_of(status) != nullptr ? terminated_of(status) : at(status, {"lastState", "terminated"});
  const Instant began = time_at(*ended, {"startedAt"});
  const Instant finished = time_at(*ended, {"finishedAt"});
  const long long count = number_at(status, {"restartCount"}).value_or(0);
  if (count == 0 || finished - began >= restart_forgiven) return finished;
  const long long factor = 1LL << std::min<long long>(count - 1, 10);
  return finished + std::min<Duration>(restart_first * factor, restart_max);
}

void Kubelet::Step::restart(const Json& container, Json& status) {
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

bool Kubelet::Step::restarts(const Json& status, bool is_init) const {
  const std::string policy = text_at(pod, {"spec", "restartPolicy"});
  const Json* ended = terminated_of(status);
  const bool is_waiting_again = text_at(status, {"state", "waiting", "reason"}) == "CrashLoopBackOff";
  if (ended == nullptr && !is_waiting_again) return false;
  const bool failed = is_waiting_again || number_at(*ended, {"exitCode"}) != 0;
  if (policy == "Never") return false;
  return failed || (policy == "Always" && !is_init);
}

void Kubelet::Step::step_container(const Json& container, Json& status, bool is_init) {
  if (is_running(status)) return;
  if (restarts(status, is_init)) return restart(container, status);
  if (terminated_of(status) != nullptr || !may_retry()) return;
  start(container, status, 0);
}

}  // namespace drover::localcloud::kubernetes
