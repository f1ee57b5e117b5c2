#include "control/jobs/kubernetes_runner.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace drover::control {
namespace {

using jobs::PodView;
using jobs::process_name;
using nlohmann::json;

/// An image that cannot be had is asked for again by the kubelet after 10, 20, 40 s and so on: a registry that hiccups
/// is back by then, and a person wants to know.
constexpr Duration stuck_patience = std::chrono::seconds(90);
/// After the grace that a pod was given: then its node is taken for dead.
constexpr Duration leaving_patience = jobs::grace + std::chrono::minutes(1);
constexpr Duration transfer_pause = std::chrono::milliseconds(10);
constexpr Duration watch_pause = std::chrono::seconds(10);
/// By then the watch has told what became of the first try.
constexpr Duration stop_pause = std::chrono::seconds(10);
constexpr Duration clear_pause = std::chrono::seconds(10);
constexpr std::int64_t name_bytes_max = 253;  // of a Kubernetes object
/// Of one tick: enough for thousands of pods, and no hang if events come faster than they are taken in.
constexpr int events_max = 10'000;

std::string name_of(const json& object) { return object["metadata"].value("name", ""); }

std::string label_of(const json& object, const char* label) {
  const json& labels = json_at(object, "/metadata/labels");
  const auto found = labels.is_object() ? labels.find(label) : labels.end();
  return found != labels.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_leaving(const json& object) { return object["metadata"].contains("deletionTimestamp"); }

/// Why a cluster cannot be seen, for its jobs to tell, and what to do where it is for the user to do something.
std::string trouble_of(const Error& error) {
  const bool is_refused = error.code == Code::unauthenticated || error.code == Code::permission_denied;
  return (is_refused ? "the cluster refuses: " : "the cluster does not answer: ") + error.message +
         (is_refused && !error.hint.empty() ? "; " + error.hint : "");
}

}  // namespace

void KubernetesRunner::adopt(const jobs::JobRecord& job, const JobPaths& paths) {
  const std::string name = process_name(job);
  if (attempts_.contains(name)) return;
  Attempt attempt{.job = job, .paths = paths};
  // Between the record and the Job there may have been a crash; further on, what is not there was lost.
  attempt.is_given_up = folders_.exists(given_up_file(attempt));
  attempt.is_wanted = job.state == jobs::State::starting && !attempt.is_given_up;
  attempt.is_stopping = job.state == jobs::State::stopping;
  attempts_.emplace(name, std::move(attempt));
}

void KubernetesRunner::look(Picture& picture) {
  if (picture.watch && picture.watch->done()) {
    const Status& outcome = picture.watch->value();
    picture.trouble = outcome ? "" : trouble_of(outcome.error());
    picture.watch.reset();
    picture.watch_again = now() + watch_pause;
  }
  if (picture.watch || now() < picture.watch_again) return;
  const kubernetes::ObjectSelection selection{
      .kind = picture.kind, .space = place_.space, .labels = std::string(jobs::label_home) + "=" + place_.home};
  picture.watch.emplace(cluster_.watch(selection, [this, &picture](kubernetes::WatchEvent event) {
    see(picture, std::move(event));
    return true;
  }));
  picture.watch->start();
}

void KubernetesRunner::see(Picture& picture, kubernetes::WatchEvent event) {
  using Kind = kubernetes::WatchEvent::Kind;
  if (event.kind == Kind::listed) {
    auto before = std::exchange(picture.objects, {});
    for (auto& object : event.objects) {
      const std::string name = name_of(object);
      picture.objects[name] = std::move(object);
    }
    for (auto& [name, object] : before)
      if (!picture.objects.contains(name)) picture.gone[name] = std::move(object);
    picture.is_listed = true;
    picture.trouble.clear();
    return;
  }
  for (auto& object : event.objects) {
    const std::string name = name_of(object);
    if (event.kind == Kind::deleted) {
      picture.objects.erase(name);
      picture.gone[name] = std::move(object);
    } else {
      picture.objects[name] = std::move(object);
    }
  }
}

std::optional<std::string> KubernetesRunner::blind() const {
  for (const Picture* picture : {&jobs_, &pods_})
    if (!picture->trouble.empty()) return picture->trouble;
  if (!jobs_.is_listed || !pods_.is_listed) return "the cluster has not answered yet";
  return std::nullopt;
}

void KubernetesRunner::look_again() {
  seen_since_.reset();
  for (Picture* picture : {&jobs_, &pods_}) {
    picture->watch.reset();
    picture->watch_again = {};
    picture->is_listed = false;
  }
}

void KubernetesRunner::tick() {
  look(jobs_);
  look(pods_);
  if (store_ != nullptr) store_->step();
  for (int i = 0; i < events_max && flows_.step(now()); ++i) continue;
  step_removals();
  if (blind()) return seen_since_.reset();
  if (!seen_since_) seen_since_ = now();
  for (auto& [name, attempt] : attempts_) advance(name, attempt);
  clear_leftovers();
  step_removals();
  step_events();
  for (int i = 0; i < events_max && flows_.step(now()); ++i) continue;
}

void KubernetesRunner::wait(Instant until) {
  step_removals();
  // Blobs come by a way of their own, on which nobody waits here.
  flows_.step(moves_files() ? std::min(until, now() + transfer_pause) : until);
}

bool KubernetesRunner::moves_files() const {
  return store_ != nullptr && std::ranges::any_of(attempts_, [](const auto& entry) {
           return entry.second.making.has_value() || entry.second.fetching.has_value();
         });
}

bool KubernetesRunner::is_busy() const {
  return is_removing() ||
         std::ranges::any_of(attempts_, [](const auto& entry) { return entry.second.making.has_value(); });
}

void KubernetesRunner::step_removals() {
  std::erase_if(removals_, [](const auto& flow) { return flow.done(); });
  for (auto& asked : std::exchange(asked_removals_, {})) {
    auto removal = cluster_.remove(std::move(asked.name), std::move(asked.options));
    removal.start();
    removals_.push_back(std::move(removal));
  }
}

void KubernetesRunner::remove_later(kubernetes::ObjectName name, kubernetes::DeleteOptions options) {
  asked_removals_.push_back({std::move(name), std::move(options)});
}

void KubernetesRunner::remove_jobs(const std::string& attempt, kubernetes::Propagation propagation) {
  for (const auto& [name, job] : jobs_.objects)
    if (label_of(job, jobs::label_attempt) == attempt && !is_leaving(job))
      remove_later({kubernetes::kinds::jobs, place_.space, name}, {.propagation = propagation});
}

/// What no attempt of ours asks for, and is finished or was forgotten: removed, again and again until it is gone.
void KubernetesRunner::clear_leftovers() {
  if (is_removing() || now() < cleared_ + clear_pause) return;
  cleared_ = now();
  for (const auto& [name, job] : jobs_.objects)
    if (!attempts_.contains(label_of(job, jobs::label_attempt)) && !is_leaving(job)) {
      remove_later({kubernetes::kinds::jobs, place_.space, name}, {});
      remove_later(
          {kubernetes::kinds::secrets, place_.space, jobs::object_name(label_of(job, jobs::label_attempt), -1)}, {});
    }
  std::erase_if(pods_.gone,
                [&](const auto& entry) { return !attempts_.contains(label_of(entry.second, jobs::label_attempt)); });
  std::erase_if(jobs_.gone,
                [&](const auto& entry) { return !attempts_.contains(label_of(entry.second, jobs::label_attempt)); });
}

bool KubernetesRunner::has_job(const Attempt& attempt, std::int64_t rank) const {
  return jobs_.objects.contains(jobs::object_name(process_name(attempt.job), rank));
}

bool KubernetesRunner::has_objects(const std::string& attempt) const {
  const auto is_of = [&](const auto& entry) { return label_of(entry.second, jobs::label_attempt) == attempt; };
  return std::ranges::any_of(jobs_.objects, is_of) || std::ranges::any_of(pods_.objects, is_of);
}

bool KubernetesRunner::has_traces(const std::string& job_id) const {
  const auto is_of = [&](const auto& entry) {
    return label_of(entry.second, jobs::label_attempt).starts_with(job_id + ".");
  };
  return blind() || is_removing() || std::ranges::any_of(jobs_.objects, is_of) ||
         std::ranges::any_of(pods_.objects, is_of);
}

Result<JobDoor> KubernetesRunner::door(const std::string& attempt, std::int64_t rank, bool is_terminal) const {
  const auto known = attempts_.find(attempt);
  const auto pod = known == attempts_.end()            ? std::string()
                   : known->second.pods.contains(rank) ? known->second.pods.at(rank)
                                                       : std::string();
  if (pod.empty()) return fail(Code::precondition, "there is no pod of rank " + std::to_string(rank) + " yet");
  std::vector<std::string> base = {"kubectl"};
  if (!place_.context.empty()) base.insert(base.end(), {"--context", place_.context});
  base.insert(base.end(), {"--namespace", place_.space});
  JobDoor door{.exec = base, .forward = base};
  door.exec.insert(door.exec.end(), {"exec", is_terminal ? "-it" : "-i", pod, "-c", jobs::main_container, "--"});
  door.forward.insert(door.forward.end(), {"port-forward", "pod/" + pod});
  if (!place_.kubeconfig.empty()) door.environment["KUBECONFIG"] = place_.kubeconfig;
  return door;
}

void KubernetesRunner::find_pod(Attempt& attempt, std::int64_t rank) {
  if (const auto known = attempt.pods.find(rank); known != attempt.pods.end() && !known->second.empty()) return;
  const std::string file = attempt.paths.work + "/pod." + std::to_string(rank);
  std::string& found = attempt.pods[rank];
  if (auto kept = folders_.read(file, 0, name_bytes_max); kept && !kept->empty()) {
    found = std::move(*kept);
    return;
  }
  const std::string name = process_name(attempt.job), place = std::to_string(rank);
  std::string born;
  for (const auto* picture : {&pods_.gone, &pods_.objects})
    for (const auto& [pod_name, pod] : *picture) {
      if (label_of(pod, jobs::label_attempt) != name || label_of(pod, jobs::label_rank) != place) continue;
      const std::string at = pod["metadata"].value("creationTimestamp", "");
      if (!found.empty() && born <= at) continue;
      found = pod_name;
      born = at;
    }
  if (found.empty())
    attempt.pods.erase(rank);
  else
    (void)folders_.append(file, found);
}

std::string KubernetesRunner::node_file(const Attempt& attempt, std::int64_t rank) {
  return attempt.paths.work + "/node." + std::to_string(rank);
}

/// Once: a pod stays on its node.
void KubernetesRunner::keep_node(Attempt& attempt, std::int64_t rank, const std::string& node) {
  if (node.empty() || !attempt.kept_nodes.insert(rank).second) return;
  if (const std::string file = node_file(attempt, rank); !folders_.exists(file)) (void)folders_.append(file, node);
}

/// What is known of a pod that went while no Drover ran.
nlohmann::json KubernetesRunner::unseen_pod(const Attempt& attempt, std::int64_t rank) const {
  json pod = json::object();
  const auto node = folders_.read(node_file(attempt, rank), 0, name_bytes_max);
  if (node && !node->empty()) pod["spec"]["nodeName"] = *node;
  return pod;
}

PodView KubernetesRunner::view(const Attempt& attempt, std::int64_t rank) const {
  const std::string name = process_name(attempt.job);
  if (const auto known = attempt.pods.find(rank); known != attempt.pods.end() && !known->second.empty()) {
    if (const auto it = pods_.objects.find(known->second); it != pods_.objects.end())
      return jobs::view_pod(it->second, false);
    const auto gone = pods_.gone.find(known->second);
    return jobs::view_pod(gone == pods_.gone.end() ? unseen_pod(attempt, rank) : gone->second, true);
  }
  PodView none;
  const std::string job = jobs::object_name(name, rank);
  none.is_unexplained = has_job(attempt, rank);
  none.note = has_job(attempt, rank) ? "its Job " + job + " has no pod yet" : "its Job is being made";
  if (const auto it = jobs_.objects.find(job); it != jobs_.objects.end())
    if (const std::string why = jobs::failure_of_job(it->second); !why.empty()) {
      none.phase = PodView::Phase::ended;
      none.end = {.never_ran = true, .reason = why};
    }
  return none;
}

void KubernetesRunner::advance(const std::string& name, Attempt& attempt) {
  if (attempt.is_over) return;
  std::vector<PodView> views;
  for (std::int64_t rank = 0; rank < attempt.job.spec.instances; ++rank) {
    find_pod(attempt, rank);
    views.push_back(view(attempt, rank));
    keep_node(attempt, rank, views.back().node);
  }
  hear_events(name, attempt, views);
  make_missing(attempt, views);
  if (!attempt.verdict) judge(attempt, views);
  // The call may not have arrived, or the cluster was not seen when it was time for it.
  if (!attempt.verdict && attempt.is_stopping && now() >= attempt.stop_again) terminate(name);
  follow(attempt, views);
  if (!attempt.verdict) return;
  // What may have been made in place of a pod that was lost, too.
  if (!attempt.is_stopping && attempt.verdict->lost) terminate(name);
  if (!attempt.is_stopping) stop_rest(attempt, views);
  attempt.is_over = collect(attempt, views);
}

/// The ranks that have not ended. Those that have keep their pods, until what they printed and made is here.
void KubernetesRunner::stop_rest(Attempt& attempt, const std::vector<PodView>& views) {
  using Phase = PodView::Phase;
  for (std::int64_t rank = 0; rank < std::ssize(views); ++rank) {
    const Phase phase = views[static_cast<std::size_t>(rank)].phase;
    if ((phase != Phase::running && phase != Phase::waiting) || !has_job(attempt, rank)) continue;
    if (!give_up(attempt) || !attempt.stopped_ranks.insert(rank).second) continue;
    remove_later({kubernetes::kinds::jobs, place_.space, jobs::object_name(process_name(attempt.job), rank)},
                 {.propagation = kubernetes::Propagation::foreground});
  }
}

/// Before anything of it is removed: a program that finds it anew makes it no more, though its record is still that of
/// one to be made. Crash after this: what was judged then is judged again.
bool KubernetesRunner::give_up(Attempt& attempt) {
  if (attempt.is_given_up) return true;
  attempt.is_given_up = folders_.make(attempt.paths.work) && folders_.append(given_up_file(attempt), "1\n");
  return attempt.is_given_up;
}

void KubernetesRunner::judge(Attempt& attempt, const std::vector<PodView>& views) {
  using Phase = PodView::Phase;
  const bool many = views.size() > 1;
  const auto verdict = [&](jobs::Ended end, std::size_t rank) {
    if (many && !end.reason.empty()) end.reason = "rank " + std::to_string(rank) + ": " + end.reason;
    if (many) end.rank = static_cast<std::int64_t>(rank);
    // Until it is gone, that is what there is to say of it.
    if (end.lost) attempt.note = end.reason;
    attempt.verdict = std::move(end);
    attempt.verdict_at = now();
  };
  attempt.note = attempt.make_trouble;
  if (!attempt.make_note.empty()) attempt.note = attempt.make_note;
  std::size_t ended = 0, running = 0;
  bool is_stuck = false, is_leaving = false, is_given_up = false;
  for (std::size_t rank = 0; rank < views.size(); ++rank) {
    const PodView& view = views[rank];
    if (view.phase == Phase::lost) return verdict(view.end, rank);
    if (view.is_hopeless) return verdict({.never_ran = true, .reason = view.note}, rank);
    if (view.phase == Phase::ended && (view.end.exit_code != 0 || view.end.never_ran)) return verdict(view.end, rank);
    if (view.phase == Phase::ended) ++ended;
    if (view.phase == Phase::running) ++running;
    is_stuck = is_stuck || view.is_stuck;
    is_given_up = is_given_up || jobs::is_given_up(view, now());
    is_leaving = is_leaving || (view.phase == Phase::running && view.is_leaving);
    if (attempt.note.empty() && !view.note.empty())
      attempt.note = (many ? "rank " + std::to_string(rank) + ": " : "") + view.note;
  }
  if (ended == views.size()) return verdict({}, 0);
  const bool is_there = has_job(attempt, 0) || views[0].phase != Phase::waiting || attempt.making ||
                        (attempt.is_wanted && !attempt.is_stopping);
  const bool was_removed = jobs_.gone.contains(jobs::object_name(process_name(attempt.job), 0));
  if ((!is_there || was_removed) && views[0].phase == Phase::waiting && !has_job(attempt, 0))
    return verdict({.lost = true, .reason = "its Job was removed from the cluster"}, 0);
  if (!is_stuck || attempt.stuck_since == Instant{}) attempt.stuck_since = is_stuck ? now() : Instant{};
  if (is_stuck && seen_for(attempt.stuck_since) >= stuck_patience)
    return verdict({.never_ran = true, .reason = attempt.note}, 0);
  if (!is_leaving || attempt.leaving_since == Instant{}) attempt.leaving_since = is_leaving ? now() : Instant{};
  if (is_given_up || (is_leaving && seen_for(attempt.leaving_since) >= leaving_patience))
    kill(process_name(attempt.job));
  attempt.is_running = ended + running == views.size();
  if (attempt.is_running && attempt.running_since == Instant{}) attempt.running_since = now();
}

void KubernetesRunner::terminate(const std::string& name) {
  const auto it = attempts_.find(name);
  if (it == attempts_.end()) return;
  it->second.is_stopping = true;
  it->second.stop_again = now() + stop_pause;
  if (!it->second.make_note.empty()) it->second.making.reset();  // nothing of it is in the cluster
  it->second.make_note.clear();
  if (!give_up(it->second)) return;  // asked for again
  // Foreground: the Job goes last, so that it makes no new pods meanwhile, and its pods have their grace.
  remove_jobs(name, kubernetes::Propagation::foreground);
}

void KubernetesRunner::kill(const std::string& name) {
  const auto it = attempts_.find(name);
  if (it == attempts_.end() || now() < it->second.kill_again) return;
  it->second.kill_again = now() + stop_pause;
  terminate(name);
  const auto would_make_another = [&](const auto& entry) {
    return label_of(entry.second, jobs::label_attempt) == name && !is_leaving(entry.second);
  };
  if (std::ranges::any_of(jobs_.objects, would_make_another)) return;
  // Each by its uid: what has taken its name meanwhile is not meant.
  for (const auto& [pod_name, pod] : pods_.objects)
    if (label_of(pod, jobs::label_attempt) == name)
      remove_later({kubernetes::kinds::pods, place_.space, pod_name},
                   {.grace_seconds = 0, .uid = pod["metadata"].value("uid", "")});
}

std::map<std::string, jobs::Begun> KubernetesRunner::begun() const {
  std::map<std::string, jobs::Begun> all;
  for (const auto& [name, attempt] : attempts_)
    if (!attempt.is_over && (attempt.is_wanted || attempt.verdict || has_job(attempt, 0))) {
      jobs::Begun begun{.is_running = attempt.is_running,
                        .is_on_the_clock = !attempt.verdict || attempt.verdict->lost,
                        .note = attempt.note,
                        .since = attempt.running_since};
      if (!attempt.make_note.empty() || attempt.fetching) tell(attempt.progress, begun);
      all[name] = std::move(begun);
    }
  return all;
}

std::map<std::string, jobs::Ended> KubernetesRunner::take_ended() {
  std::map<std::string, jobs::Ended> all;
  for (auto& [name, attempt] : attempts_) {
    if (!attempt.is_over || attempt.is_told) continue;
    attempt.is_told = true;
    all[name] = *attempt.verdict;
  }
  return all;
}

void KubernetesRunner::forget(const std::string& name) {
  remove_jobs(name, kubernetes::Propagation::background);
  remove_later({kubernetes::kinds::secrets, place_.space, jobs::object_name(name, -1)}, {});
  attempts_.erase(name);
}

}  // namespace drover::control
