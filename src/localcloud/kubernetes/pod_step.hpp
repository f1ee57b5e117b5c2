// One step of one pod of a node's agent: what its containers have done since the last, and what is to be done about
// them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "localcloud/kubernetes/kubelet.hpp"

namespace drover::localcloud::kubernetes {

struct Kubelet::Step {
  Kubelet& kubelet;
  Cluster& cluster;
  Json pod;

  void advance();

  Instant now() const { return cluster.now(); }
  void due_at(Instant instant) { cluster.due = std::min(cluster.due, instant); }
  Processes* processes() { return kubelet.machine_.processes; }
  std::string node() const { return text_at(pod, {"spec", "nodeName"}); }
  void say(bool is_warning, std::string_view reason, const std::string& message);
  /// The statuses of a list of containers, made when they are missing.
  Json& statuses(const char* list, const char* name, const char* reason);
  bool has_init() const;
  template <class Visit>
  void each_status(const Visit& visit) {
    for (const auto& [list, name] :
         {std::pair("initContainers", "initContainerStatuses"), std::pair("containers", "containerStatuses")}) {
      if (!pod["status"].contains(name)) continue;
      Json& all = pod["status"][name];
      for (std::size_t i = 0; i < all.size(); ++i) visit(pod["spec"][list][i], all[i]);
    }
  }

  void begin();
  /// Writes down what has ended since the last step.
  void observe();
  bool runs_any();
  void stop_all(bool at_once);
  /// True once nothing of a pod that is being deleted runs any more, and the pod is gone.
  bool end_deleted();
  void say_killing();

  // Of one container (container_step.cpp).
  bool may_retry();
  void retry_later();
  void wait_with(Json& status, const char* reason, const std::string& message);
  /// The image of a container, none for this machine's own root; false while the container waits for it.
  bool find_image(const Json& container, Json& status, std::optional<Image>& image);
  void start(const Json& container, Json& status, long long attempt);
  Instant restart_time(const Json& status) const;
  /// A container that has ended and is to run again: now, or once its back-off is over.
  void restart(const Json& container, Json& status);
  bool restarts(const Json& status, bool is_init) const;
  void step_container(const Json& container, Json& status, bool is_init);

  /// True when all init containers have ended well.
  bool initialize();
  bool init_has_failed() const;
  void set_phase(bool is_initialized);
  /// True when the pod has run for too long: it is failed, and ends.
  bool is_past_deadline();
  void keep() { cluster.update(type_named("pods"), pod); }
  void remove();
};

inline bool is_terminal(const Json& pod) {
  const std::string phase = text_at(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed";
}
inline const Json* terminated_of(const Json& status) { return at(status, {"state", "terminated"}); }
inline bool is_running(const Json& status) { return at(status, {"state", "running"}) != nullptr; }

}  // namespace drover::localcloud::kubernetes
