// What the cluster says in events of attempts that wait and do not say themselves what for. Asked for only then, and of
// one object at a time.
#include "control/jobs/kubernetes_runner.hpp"
#include "jobs/pod_events.hpp"

namespace drover::control {
namespace {

using jobs::PodView;

/// Most pods have a node and their container within that time.
constexpr Duration events_patience = std::chrono::seconds(5);
constexpr Duration events_pause = std::chrono::seconds(15);
/// Who may not read events is not asked for them all the time.
constexpr Duration refused_pause = std::chrono::minutes(10);

}  // namespace

void KubernetesRunner::hear_events(const std::string& name, Attempt& attempt, std::vector<PodView>& views) {
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto rank = static_cast<std::int64_t>(i);
    PodView& view = views[i];
    if (view.phase != PodView::Phase::waiting || !view.is_unexplained) {
      attempt.heard.erase(rank);
      continue;
    }
    auto& heard = attempt.heard[rank];
    if (heard.since == Instant{}) heard.since = now();
    if (!heard.trouble.empty()) view.note += ": " + heard.trouble;
    if (question_ || now() < heard.again || seen_for(heard.since) < events_patience) continue;
    const auto pod = attempt.pods.find(rank);
    const bool has_pod = pod != attempt.pods.end() && !pod->second.empty();
    question_ = {.attempt = name, .rank = rank, .object = has_pod ? pod->second : jobs::object_name(name, rank)};
  }
}

/// Begun here and nowhere else: see step_removals.
void KubernetesRunner::step_events() {
  if (!question_) return;
  if (!question_->answer) {
    question_->answer.emplace(cluster_.list({.kind = kubernetes::kinds::events,
                                             .space = place_.space,
                                             .labels = "",
                                             .fields = "involvedObject.name=" + question_->object}));
    question_->answer->start();
    return;
  }
  if (!question_->answer->done()) return;
  const auto answer = std::move(question_->answer->value());
  if (const auto attempt = attempts_.find(question_->attempt); attempt != attempts_.end())
    if (const auto heard = attempt->second.heard.find(question_->rank); heard != attempt->second.heard.end()) {
      const bool is_refused = !answer && answer.error().code == Code::permission_denied;
      heard->second.again = now() + (is_refused ? refused_pause : events_pause);
      if (answer) heard->second.trouble = jobs::trouble_in_events(*answer);
    }
  question_.reset();
}

}  // namespace drover::control
