#include "jobs/pods.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"

namespace drover::jobs {
namespace {

using nlohmann::json;

const json& named(const json& list, const char* key, const std::string& value) {
  static const json nothing;
  if (list.is_array())
    for (const auto& entry : list)
      if (entry.is_object() && entry.value(key, json()) == value) return entry;
  return nothing;
}

const json& condition(const json& object, const std::string& type) {
  return named(json_at(object, "/status/conditions"), "type", type);
}

bool is_true(const json& condition) { return json_text_at(condition, "/status") == "True"; }

/// As a clause: without the full stop at its end.
std::string clause(std::string words) {
  while (!words.empty() && (words.back() == '.' || words.back() == '\n' || words.back() == ' ')) words.pop_back();
  return printable(words);
}

std::string with(std::string what, const std::string& message) {
  const std::string why = clause(message);
  return why.empty() ? what : what + ": " + why;
}

/// Words of the kubelet for an image that is not there yet, and for what no waiting mends.
constexpr std::array image_troubles = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"};
constexpr std::array stuck_troubles = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"};
constexpr std::array hopeless_troubles = {"InvalidImageName", "ErrImageNeverPull"};
/// Pod reasons that speak of its node, not of its command (kubelet eviction, node shutdown, the pod garbage collector).
constexpr std::array node_troubles = {"Evicted",    "NodeLost",     "NodeShutdown", "Shutdown",
                                      "Terminated", "NodeAffinity", "Preempting",   "UnexpectedAdmissionError",
                                      "OutOfcpu",   "OutOfmemory",  "OutOfpods"};

bool is_one_of(const auto& list, const std::string& word) {
  return std::ranges::any_of(list, [&](const char* known) { return word == known; });
}

/// What keeps a pod from the scheduler until its owner takes it away (Kueue and other queues).
std::string gates_of(const json& pod) {
  std::string names;
  if (const json& gates = json_at(pod, "/spec/schedulingGates"); gates.is_array())
    for (const auto& gate : gates) names += (names.empty() ? "" : ", ") + json_text_at(gate, "/name");
  return names;
}

PodView waiting(const json& pod, const json& status) {
  PodView view;
  const std::string node = json_text_at(pod, "/spec/nodeName");
  const std::string reason = json_text_at(status, "/state/waiting/reason");
  const std::string message = json_text_at(status, "/state/waiting/message");
  if (is_one_of(hopeless_troubles, reason)) {
    view.is_hopeless = true;
    view.note = with("its container cannot be made (" + reason + ")", message);
  } else if (is_one_of(stuck_troubles, reason)) {
    view.is_stuck = true;
    view.note = with("its container cannot be made", message);
  } else if (is_one_of(image_troubles, reason)) {
    view.is_stuck = true;
    view.note = with("its image " + printable(json_text_at(status, "/image")) + " cannot be had", message);
  } else if (!node.empty()) {
    view.is_unexplained = true;
    view.note = "node " + node + " makes its container ready";
  } else if (const json& scheduled = condition(pod, "PodScheduled");
             json_text_at(scheduled, "/reason") == "SchedulingGated") {
    view.note = with("its scheduling gates hold it back, until whoever set them removes them", gates_of(pod));
  } else if (json_text_at(scheduled, "/status") == "False") {
    view.note = with("no node has room for it", json_text_at(scheduled, "/message"));
  } else {
    view.is_unexplained = true;
    view.note = "its pod waits for a node";
  }
  return view;
}

PodView ended(const json& pod, const json& terminated) {
  PodView view;
  view.phase = PodView::Phase::ended;
  view.has_log = true;
  view.end.exit_code = terminated.value("exitCode", 0);
  const std::string reason = json_text_at(terminated, "/reason");
  view.end.out_of_memory = reason == "OOMKilled";
  if (reason == "ContainerCannotRun" || reason == "StartError") {
    view.end.never_ran = true;
    view.end.reason = with("its command cannot be run", json_text_at(terminated, "/message"));
  }
  const json& handed = named(json_at(pod, "/status/containerStatuses"), "name", outputs_container);
  const json& handed_end = json_at(handed, "/state/terminated");
  view.has_outputs = handed_end.is_object() && handed_end.value("exitCode", 1) == 0;
  return view;
}

/// The node controller writes on the pods of a node that it does not hear of that they are not ready, and leaves the
/// rest as the node said it last; some versions give the reason of the node.
Instant silent_since(const json& pod) {
  const json& ready = condition(pod, "Ready");
  if (json_text_at(ready, "/status") == "True" || json_text_at(ready, "/reason") == "ReadinessGatesNotReady") return {};
  if (!is_true(condition(pod, "ContainersReady")) && json_text_at(ready, "/reason") != "NodeStatusUnknown") return {};
  return parse_iso(json_text_at(ready, "/lastTransitionTime")).value_or(Instant{});
}

/// When somebody asked for its deletion; none when nobody did, or that is not known.
std::optional<Instant> deletion_asked(const json& pod) {
  const auto due = parse_iso(json_text_at(pod, "/metadata/deletionTimestamp"));
  if (!due) return std::nullopt;
  const json& grace = json_at(pod, "/metadata/deletionGracePeriodSeconds");
  return *due - std::chrono::seconds(grace.is_number_integer() ? grace.get<std::int64_t>() : 0);
}

/// Whether a command that has ended was told to. Where times are missing, a signal's exit code tells.
bool was_told_to_end(const json& pod, const json& terminated, bool is_gone) {
  const bool is_leaving = is_gone || json_at(pod, "/metadata").contains("deletionTimestamp");
  if (!is_leaving) return false;
  const auto asked = deletion_asked(pod);
  const auto ended = parse_iso(json_text_at(terminated, "/finishedAt"));
  if (asked && ended) return *ended >= *asked;
  return terminated.value("exitCode", 0) > 128;
}

std::string on_node(const std::string& node) { return node.empty() ? "" : " on node " + node; }

PodView lost(std::string how) {
  PodView view;
  view.phase = PodView::Phase::lost;
  view.end.lost = true;
  view.end.reason = std::move(how);
  return view;
}

PodView look_at(const json& pod, bool is_gone) {
  const json& status = named(json_at(pod, "/status/containerStatuses"), "name", main_container);
  const std::string reason = json_text_at(pod, "/status/reason");
  const std::string node = json_text_at(pod, "/spec/nodeName");
  if (reason == "DeadlineExceeded") {
    PodView view;
    view.phase = PodView::Phase::ended;
    view.end.never_ran = true;  // no exit code: it was the deadline
    view.end.reason = "it ran longer than its timeout";
    return view;
  }
  if (is_one_of(node_troubles, reason))
    return lost(with("node " + node + " let go of its pod (" + reason + ")", json_text_at(pod, "/status/message")));
  const json& terminated = json_at(status, "/state/terminated");
  const bool is_unseen = json_text_at(terminated, "/reason") == "ContainerStatusUnknown";
  const bool is_leaving = is_gone || json_at(pod, "/metadata").contains("deletionTimestamp");
  if (terminated.is_object() && !is_unseen && !was_told_to_end(pod, terminated, is_gone)) return ended(pod, terminated);
  if (is_true(condition(pod, "DisruptionTarget")))
    return lost(
        with("its pod was taken off node " + node, json_text_at(condition(pod, "DisruptionTarget"), "/message")));
  if (is_gone && silent_since(pod) != Instant{})
    return lost("node " + node + " had not been heard of since " +
                json_text_at(condition(pod, "Ready"), "/lastTransitionTime") + ", and its pod was given up");
  const bool was_ended = terminated.is_object() && is_leaving;  // by whoever deletes it: else it would have ended above
  if (is_gone || is_unseen || was_ended)
    return lost("its pod" + on_node(node) + " was lost: drained, evicted or deleted by somebody");
  if (json_text_at(pod, "/status/phase") == "Failed")
    return lost(with("its pod failed" + on_node(node), json_text_at(pod, "/status/message")));
  if (!json_at(status, "/state/running").is_object()) return waiting(pod, status);
  PodView view;
  view.phase = PodView::Phase::running;
  view.has_log = true;
  view.is_leaving = is_leaving;
  if (is_leaving) view.note = "its pod is being taken off node " + node;
  view.silent_since = silent_since(pod);
  if (view.silent_since != Instant{})
    view.note = (is_leaving ? view.note + ", which" : "node " + node) + " has not been heard of since " +
                json_text_at(condition(pod, "Ready"), "/lastTransitionTime");
  return view;
}

}  // namespace

PodView view_pod(const json& pod, bool is_gone) {
  PodView view = look_at(pod, is_gone);
  view.address = json_text_at(pod, "/status/podIP");
  view.node = json_text_at(pod, "/spec/nodeName");
  return view;
}

bool is_given_up(const PodView& view, Instant now) {
  return view.phase == PodView::Phase::running && view.silent_since != Instant{} &&
         now - view.silent_since >= silence_patience;
}

std::string failure_of_job(const json& job) {
  const json& failed = condition(job, "Failed");
  if (!is_true(failed)) return "";
  if (json_text_at(failed, "/reason") == "DeadlineExceeded") return "it ran longer than its timeout";
  if (json_text_at(failed, "/reason") == "BackoffLimitExceeded") return "";
  return clause(json_text_at(failed, "/message"));
}

}  // namespace drover::jobs
