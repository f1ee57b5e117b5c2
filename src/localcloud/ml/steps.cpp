// The life of one job, a step at a time.
#include <algorithm>

#include "base/text.hpp"
#include "localcloud/images.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/ml/attached.hpp"
#include "localcloud/ml/environments.hpp"
#include "localcloud/ml/training.hpp"

namespace drover::localcloud::ml {
namespace {

/// From SIGTERM to SIGKILL, in the processes' time. The service gives about this (estimate); Slurm does too.
constexpr Duration grace = std::chrono::seconds(30);
/// Logs in the artifacts are at most so old, in the processes' time: a quarter of the second in which clients want
/// them.
constexpr Duration log_period = std::chrono::milliseconds(250);
/// A job whose processes were lost is tried again so often, as on this machine (ADR 6).
constexpr int losses_max = 3;
/// And one whose nodes are taken back so often: an end to what would never end.
constexpr int attempts_max = 20;

bool waits_for_image(const Run& run) { return run.state == RunState::pulling && run.until == instant_max; }

std::string limit_text(const Json& properties) { return text_at(properties, {"limits", "timeout"}); }

}  // namespace

void Training::step_run(Run& run, Instant now) {
  if (world_.find(run.compute) == nullptr) {
    runner_.end(run, true);
    return fail_run(run, "ComputeNotFound", "The compute of the job was deleted.", now);
  }
  switch (run.state) {
    case RunState::starting:
      if (!give_up_if_asked(run, now) && now >= run.until) prepare(run, now);
      break;
    case RunState::preparing: {
      if (give_up_if_asked(run, now) || now < run.until) break;
      const std::string problem = image_problem(world_, properties_of(run));
      problem.empty() ? enqueue(run, now) : fail_run(run, "ImageNotAvailable", problem, now);
      break;
    }
    case RunState::queued:
      if (!give_up_if_asked(run, now)) is_attached(run) ? launch_attached(run, now) : take_nodes(run, now);
      break;
    case RunState::pulling:
      if (is_attached(run)) return watch_attached(run, now);
      if (!give_up_if_asked(run, now) && (now >= run.until || waits_for_image(run))) launch(run, now);
      break;
    case RunState::running:
    case RunState::stopping:
      is_attached(run) ? watch_attached(run, now) : watch(run, now);
      break;
    case RunState::finalizing:
      if (now >= run.until) finish(run, run.verdict, now);
      break;
    case RunState::completed:
    case RunState::failed:
    case RunState::canceled:
      break;
  }
}

bool Training::give_up_if_asked(Run& run, Instant now) {
  if (!run.cancel_asked) return false;
  finish(run, RunState::canceled, now);
  return true;
}

void Training::prepare(Run& run, Instant now) {
  const Json properties = properties_of(run);
  if (is_built(world_, properties) && image_problem(world_, properties).empty()) return enqueue(run, now);
  run.state = RunState::preparing;
  run.note = "its environment is being prepared";
  run.until = now + draw(world_, is_built(world_, properties) ? Step::pull_image : Step::build_image);
}

void Training::enqueue(Run& run, Instant now) {
  run.state = RunState::queued;
  run.queued = now;
  run.until = instant_max;
  run.note.clear();
  touched_ = true;
}

void Training::take_nodes(Run& run, Instant now) {
  const auto it = pools_.find(run.compute);
  if (it == pools_.end()) return note_compute(run.compute);
  Nodes& nodes = it->second;
  const std::string cluster = run.compute.substr(run.compute.rfind('/') + 1);
  if (!nodes.bounds) {
    run.note = "waits for " + cluster + ", which is not ready";
    return;
  }
  const bool is_first = crowded_.insert(run.compute).second;
  auto held = is_first ? hold_nodes(nodes.pool, run.instances, run.uid) : std::nullopt;
  if (!held) {
    const auto count = [&](NodeState state) { return count_of(nodes.pool, state); };
    run.note = "waits for " + std::to_string(run.instances) + " node(s) of " + cluster + ": " +
               std::to_string(count(NodeState::idle)) + " idle, " + std::to_string(count(NodeState::running)) +
               " busy, " + std::to_string(count(NodeState::allocating) + count(NodeState::preparing)) +
               " on their way, at most " + std::to_string(nodes.bounds->most) +
               (is_first ? "" : "; other jobs were there before it");
    return;
  }
  crowded_.erase(run.compute);
  run.nodes = std::move(*held);
  run.state = RunState::pulling;
  run.note = "its nodes get its image";
  const std::string image = to_lower(text_at(properties_of(run), {"environmentId"}));
  bool is_there = true;
  for (auto& node : nodes.pool.nodes)
    if (node.run == run.uid) is_there = !node.images.insert(image).second && is_there;
  run.until = is_there ? now : now + draw(world_, Step::pull_image);
  // The real one, meanwhile; what failed for another job is tried again for this one.
  if (const std::string reference = image_of(world_, properties_of(run)); reference != "host")
    (void)world_.images().want(reference, real_now(), Pull::now);
  touched_ = true;
}

std::optional<Image> Training::find_image(Run& run, const std::string& reference, Instant now) {
  ImageLook look = world_.images().want(reference, real_now(), Pull::due);
  if (look.image) return std::move(look.image);
  if (!look.is_pulling) {
    fail_run(run, "ImageNotAvailable", "Failed to pull the image '" + printable(reference) + "': " + look.problem, now);
    return std::nullopt;
  }
  run.until = instant_max;  // however fast the world ages: until it is here
  run.note = "its nodes get its image " + printable(reference);
  return std::nullopt;
}

void Training::launch(Run& run, Instant now) {
  std::optional<Image> image;
  if (const std::string reference = image_of(world_, properties_of(run)); reference != "host") {
    image = find_image(run, reference, now);
    if (!image) return;
  }
  const Status started = runner_.start(run, properties_of(run), image ? &*image : nullptr);
  if (!started) {
    runner_.end(run, true);
    const bool is_users = started.error().code == Code::not_found || started.error().code == Code::invalid_input;
    return fail_run(run, is_users ? "UserError" : "ServiceError", format_error(started.error()), now);
  }
  run.state = RunState::running;
  run.until = instant_max;
  run.note.clear();
  run.began = real_now();
  if (run.started == Instant{}) run.started = now;
  touched_ = true;
}

void Training::watch(Run& run, Instant now) {
  // Opened by somebody who cannot see processes: they may well run, and are judged by who can.
  if (runner_.machine().processes == nullptr) return;
  if (!runner_.observe(run)) {
    if (run.state == RunState::stopping) return finalize(run, run.verdict, now);
    if (++run.losses >= losses_max)
      return fail_run(run, "ServiceError",
                      "The processes of the job were lost " + std::to_string(run.losses) + " times.", now);
    return retry(run, "its processes were lost", now);
  }
  judge(run, now);
}

void Training::judge(Run& run, Instant now) {
  const bool all_ended = std::ssize(run.exits) == run.ranks();
  const auto bad = std::ranges::find_if(run.exits, [](const auto& exit) { return exit.second != 0; });
  const Json properties = properties_of(run);
  if (run.state == RunState::running && bad != run.exits.end()) {
    run.error_code = "UserError";
    run.message = "Execution failed. User process '/bin/bash' exited with status code " + std::to_string(bad->second) +
                  ". Please check log file '" + log_name(run, bad->first) + "' for error details.";
    if (!all_ended) stop(run, RunState::failed, run.error_code, run.message);
  } else if (run.state == RunState::running && !all_ended && run.cancel_asked) {
    stop(run, RunState::canceled, "", "");
  } else if (const auto limit = parse_iso_duration(limit_text(properties));
             run.state == RunState::running && !all_ended && limit && real_now() >= run.began + *limit) {
    stop(run, RunState::canceled, "JobTimeout",
         "The job was canceled because it ran longer than its limits.timeout of " + limit_text(properties) + ".");
  }
  if (all_ended)
    return finalize(run,
                    run.state == RunState::stopping ? run.verdict
                    : bad == run.exits.end()        ? RunState::completed
                                                    : RunState::failed,
                    now);
  if (run.state != RunState::stopping || run.was_killed || real_now() < run.told_to_end + grace) return;
  run.was_killed = true;
  is_attached(run) ? end_pods(world_, run) : runner_.end(run, true);
  touched_ = true;
}

void Training::stop(Run& run, RunState verdict, const std::string& code, const std::string& message) {
  run.state = RunState::stopping;
  run.verdict = verdict;
  run.error_code = code;
  run.message = message;
  run.told_to_end = real_now();
  run.was_killed = false;
  is_attached(run) ? end_pods(world_, run) : runner_.end(run, false);
  touched_ = true;
}

void Training::finalize(Run& run, RunState verdict, Instant now) {
  const auto paths = is_attached(run) ? pod_logs(world_, run) : runner_.logs_of(run);
  Status kept = upload_logs(world_, run, paths, true);
  if (kept) kept = upload_outputs(world_, runner_.folder_of(run), run, properties_of(run));
  if (!kept && verdict == RunState::completed) {
    verdict = RunState::failed;
    run.error_code = "ServiceError";
    run.message = "What the job made could not be kept: " + format_error(kept.error());
  }
  run.state = RunState::finalizing;
  run.verdict = verdict;
  run.until = now + draw(world_, Step::finalize);
  touched_ = true;
}

void Training::finish(Run& run, RunState verdict, Instant now) {
  if (is_attached(run)) end_pods(world_, run);
  if (const auto it = pools_.find(run.compute); it != pools_.end()) free_nodes(it->second.pool, run.uid, now);
  run.state = verdict;
  run.ended = now;
  run.until = instant_max;
  run.note.clear();
  runner_.discard(run);
  touched_ = true;
}

void Training::fail_run(Run& run, const std::string& code, const std::string& message, Instant now) {
  run.error_code = code;
  run.message = message;
  finish(run, RunState::failed, now);
}

/// What it had made so far is kept first: the next attempt goes on from there.
void Training::retry(Run& run, const std::string& why, Instant now) {
  if (is_live(run.state)) {
    runner_.end(run, true);
    (void)upload_logs(world_, run, runner_.logs_of(run), true);
    (void)upload_outputs(world_, runner_.folder_of(run), run, properties_of(run));
  }
  if (const auto it = pools_.find(run.compute); it != pools_.end()) free_nodes(it->second.pool, run.uid, now);
  run.nodes.clear();
  run.exits.clear();
  if (run.state == RunState::stopping) return finish(run, run.verdict, now);
  if (run.state == RunState::finalizing) return;  // all that it made is kept already
  if (++run.attempt > attempts_max)
    return fail_run(run, "ServiceError", "The job was begun " + std::to_string(attempts_max) + " times: " + why + ".",
                    now);
  enqueue(run, now);
  run.note = "is tried again: " + why;
}

void Training::follow_logs() {
  const Instant now = real_now();
  if (now < logs_due_) return;
  bool any = false;
  for (auto& [key, run] : runs_)
    if (is_live(run.state)) {
      any = true;
      (void)upload_logs(world_, run, is_attached(run) ? pod_logs(world_, run) : runner_.logs_of(run), false);
    }
  if (any) logs_due_ = now + log_period;
}

// Attached clusters: pods instead of processes.

void Training::launch_attached(Run& run, Instant now) {
  run.exits.clear();
  const Status made = start_pods(world_, runner_.machine(), runner_.folder_of(run), run, properties_of(run));
  if (!made && made.error().code == Code::unavailable) {
    run.note = "waits: " + made.error().message;
    return;
  }
  if (!made) {
    end_pods(world_, run);
    const bool is_users = made.error().code == Code::not_found || made.error().code == Code::invalid_input;
    return fail_run(run, is_users ? "UserError" : "ServiceError", format_error(made.error()), now);
  }
  run.state = RunState::pulling;
  run.note = "its pods are being scheduled";
  touched_ = true;
}

void Training::watch_attached(Run& run, Instant now) {
  const PodsSeen seen = see_pods(world_, run);
  if (!seen.problem.empty()) return fail_run(run, "PodsLost", seen.problem, now);
  if (!seen.silence.empty()) {
    // What runs there goes on unheard; who asks for its end gets it without waiting for the agent.
    run.note = seen.silence;
    if (run.state == RunState::stopping) return finalize(run, run.verdict, now);
    if (run.cancel_asked) return finish(run, RunState::canceled, now);
    return;
  }
  if (run.state != RunState::pulling) run.note.clear();
  run.exits = seen.exits;
  if (run.state == RunState::pulling) {
    run.note = seen.waits_for;
    if (run.cancel_asked) return finish(run, RunState::canceled, now);
    if (!seen.waits_for.empty() && seen.exits.empty()) return;
    run.state = RunState::running;
    run.began = real_now();
    if (run.started == Instant{}) run.started = now;
    run.note.clear();
    touched_ = true;
  }
  if (run.state == RunState::stopping && seen.is_gone) return finalize(run, run.verdict, now);
  judge(run, now);
}

}  // namespace drover::localcloud::ml
