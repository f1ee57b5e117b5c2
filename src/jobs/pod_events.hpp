// What the events of a Job or a pod say is wrong with it. A Job whose pods an admission policy or a quota refuses, and
// a pod whose volume or sandbox cannot be made, say nothing of it in their status: it stands in events alone. After
// Event of the Kubernetes API (core/v1).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace drover::jobs {

/// The last warning among them, as a clause with its reason: "FailedMount: secret \"x\" not found"; "" without any.
std::string trouble_in_events(const std::vector<nlohmann::json>& events);

/// What a namespace wants of pods by the label pod-security.kubernetes.io/enforce (Pod Security Standards).
struct SpaceRules {
  bool is_restricted = false;
  bool picks_user = true;  ///< false: the cluster gives a user id itself, and refuses others (OpenShift)
};

SpaceRules rules_of_space(const nlohmann::json& space);

}  // namespace drover::jobs
