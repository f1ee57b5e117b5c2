// What the pods of a job's attempt say of it: whether it waits and for what, runs, or how it ended. Kubernetes objects
// in, words and verdicts out. After the PodStatus of the Kubernetes API (core/v1) and the reasons that the kubelet
// writes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "jobs/lifecycle.hpp"

namespace drover::jobs {

/// Of the container that runs the command, and of the one that hands over what it made.
inline constexpr const char* main_container = "main";
inline constexpr const char* outputs_container = "outputs";

struct PodView {
  enum class Phase : std::uint8_t {
    waiting,
    running,
    ended,  ///< the command: `end` says how. The pod itself may go on handing over outputs
    lost,   ///< its pod was taken away under it: `end.reason` says how
  };
  Phase phase = Phase::waiting;
  std::string note;             ///< what it waits for: a clause
  bool is_unexplained = false;  ///< it does not say itself what for: its events may (jobs/pod_events)
  bool is_stuck = false;        ///< it waits for what may never come, such as its image
  bool is_leaving = false;      ///< it is being taken off its node while its command runs
  bool is_hopeless = false;     ///< it waits for what will not come: `note` says why
  Instant silent_since{};       ///< its node has not been heard of since then, by the cluster's clock; epoch: it has
  Ended end;
  std::string address;       ///< of the pod; "" before it has one
  bool has_log = false;      ///< its main container has begun
  std::string node;          ///< that it is on; "" before it has one
  bool has_outputs = false;  ///< they lie in the log of its outputs container, which has ended well
};

/// `pod` as it was last; `is_gone`: it is no longer there. What ends after somebody has asked for its deletion is lost
/// and not ended, whatever its exit code: a script that traps SIGTERM may say 0, and has not done what it was to do.
PodView view_pod(const nlohmann::json& pod, bool is_gone);

/// Longer than a node's restart takes, and than the five minutes after which a cluster itself gives up pods of nodes
/// that it does not hear of: those stay on its books until somebody says that they have ended.
constexpr Duration silence_patience = std::chrono::minutes(6);
/// Its attempt is to be taken for lost. Whoever does that deletes the pod by force first (no grace, and only the pod of
/// that uid), and counts it as lost once it is gone: then, as far as the API can say, nothing of it runs, and should
/// its node come back it ends what is left.
bool is_given_up(const PodView& view, Instant now);

/// Why a batch Job has failed for good, in our words; "" while it has not, or when its pods say it better.
std::string failure_of_job(const nlohmann::json& job);

}  // namespace drover::jobs
