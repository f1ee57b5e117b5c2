#include "jobs/lifecycle.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/rng.hpp"

namespace drover::jobs {
namespace {

constexpr int signal_base = 128;  // exit codes above say which signal ended a process (POSIX shells)

constexpr int killed_code = signal_base + 9;

bool holds_slot(const JobRecord& job) {
  return job.state == State::starting || job.state == State::running || job.state == State::stopping;
}

bool is_past_timeout(const JobRecord& job, Instant now) {
  return job.spec.timeout > Duration{0} && job.started != Instant{} && now - job.started >= job.spec.timeout;
}

bool is_pausing(const JobRecord& job, Instant now) { return job.state == State::queued && job.again > now; }

/// Those that were lost, before the one that runs or waits now or with it.
int lost_attempts(const JobRecord& job) { return job.attempt - job.failures; }

State state_after_stop(const JobRecord& job) { return job.cancel_asked ? State::canceled : State::failed; }

Finish give_up(const JobRecord& job, State state, const std::string& reason, const std::string& trouble) {
  return {job.id, state, reason + "; whether it has ended is not known: " + trouble, std::nullopt};
}

Step verdict(const JobRecord& job, const Ended& end, Instant now) {
  if (end.lost && job.state != State::stopping) {
    const std::string how = end.reason.empty() ? "its process was lost: the machine went down under it" : end.reason;
    if (const int lost = lost_attempts(job); lost < attempts_max)
      return Requeue{job.id, how, false, now + pause_after(lost, process_name(job))};
    return Finish{job.id, State::failed, how + " (" + std::to_string(attempts_max) + " times)", std::nullopt};
  }
  if (job.state == State::stopping) {
    if (end.unseen) return give_up(job, state_after_stop(job), job.reason, end.reason);
    return Finish{job.id, state_after_stop(job), job.reason, end.exit_code};
  }
  if (end.never_ran) return Finish{job.id, State::failed, end.reason, std::nullopt};
  // A child that was killed is not the job: that goes on, and ends as it likes.
  const std::string which = end.rank < 0 ? "" : "rank " + std::to_string(end.rank);
  if (end.out_of_memory && end.exit_code == killed_code)
    return Finish{job.id, State::failed,
                  (which.empty() ? "it" : which) + " was killed for using more memory than it may", end.exit_code};
  if (!end.reason.empty()) return Finish{job.id, State::failed, end.reason, end.exit_code};
  if (end.exit_code == 0) return Finish{job.id, State::completed, "", 0};
  std::string reason = (which.empty() ? "its command" : "the command of " + which) + " ended with exit code " +
                       std::to_string(end.exit_code);
  if (end.exit_code > signal_base) reason += " (signal " + std::to_string(end.exit_code - signal_base) + ")";
  if (end.out_of_memory) reason += ", and a process of it was killed for using more memory than it may";
  if (job.failures < job.retries) return Requeue{job.id, std::move(reason), true};
  if (job.retries > 0) reason += ", the last of " + std::to_string(job.failures + 1) + " times";
  return Finish{job.id, State::failed, std::move(reason), end.exit_code};
}

Finish cancel_waiting(const JobRecord& job) {
  return {job.id, State::canceled, "it was canceled before it began", std::nullopt};
}

std::string late_text(const JobRecord& job) {
  return "it ran longer than its timeout of " + format_human(job.spec.timeout);
}

/// Steps of a job whose process was begun.
void follow(const JobRecord& job, const Situation& now, std::vector<Step>& steps) {
  const std::string process = process_name(job);
  if (const auto ended = now.ended.find(process); ended != now.ended.end()) {
    steps.push_back(verdict(job, ended->second, now.now));
    return;
  }
  const auto begun = now.begun.find(process);
  if (begun == now.begun.end()) {
    // Of one that is starting nothing may have come yet; the same name cannot start twice.
    if (job.state == State::starting && !job.cancel_asked)
      steps.push_back(Start{job.id});
    else
      steps.push_back(verdict(job, {.lost = true}, now.now));
    return;
  }
  if (job.state == State::starting && begun->second.is_running) {
    steps.push_back(Confirm{job.id, begun->second.since});
    return;  // its bounds count from there
  }
  const bool is_on_the_clock = begun->second.is_on_the_clock;
  if (job.state == State::stopping) {
    if (!is_on_the_clock) return;
    const Duration asked = now.now - job.stopping;
    // A program that was off, or could not see it, has yet to end it.
    if (now.now - std::max(job.stopping, now.seen_since) >= stop_patience)
      steps.push_back(give_up(job, state_after_stop(job), job.reason,
                              begun->second.note.empty() ? "it was killed, and is there still" : begun->second.note));
    else if (asked >= grace)
      steps.push_back(Stop{job.id, job.reason, true});
    return;
  }
  if (job.cancel_asked)
    steps.push_back(Stop{job.id, "it was canceled"});
  else if (!is_on_the_clock)
    return;
  else if (job.state == State::starting && !begun->second.is_running && now.now - job.started >= start_patience)
    steps.push_back(
        Stop{job.id, "it could not begin within " + format_human(start_patience) + ": " + begun->second.note});
  else if (begun->second.is_running && is_past_timeout(job, now.now))
    steps.push_back(Stop{job.id, late_text(job)});
}

/// What an owner has in a queue: jobs in the order in which they will start, and how many have a slot.
struct Share {
  std::vector<const JobRecord*> jobs;
  std::size_t next = 0;
  std::int64_t running = 0;
};

/// Before its turn within those of one owner; then between owners, as many as run are counted first.
auto rank_within(const JobRecord* job) { return std::pair(-job->priority, job->order); }

std::string span(Instant from, Instant to) { return format_human(std::max(to - from, Duration{0})); }

}  // namespace

Duration pause_after(int lost, const std::string& attempt) {
  Duration pause = retry_pause;
  for (int i = 1; i < lost && pause < retry_pause_max; ++i) pause *= 2;
  Rng chance(parse_whole<std::uint64_t>(sha256_hex(attempt).substr(0, 16), 16).value_or(0));
  return std::min(pause + from_seconds(to_seconds(pause) / 4 * chance.uniform()), retry_pause_max);
}

Queue queue_of(const std::vector<const JobRecord*>& jobs, std::size_t length_max, Instant now) {
  Queue queue;
  std::map<std::string_view, Share> owners;
  for (const auto* job : jobs) {
    if (job->state == State::queued && !job->cancel_asked && !is_pausing(*job, now))
      owners[job->owner].jobs.push_back(job);
    if (!holds_slot(*job)) continue;
    ++owners[job->owner].running;
    ++queue.taken;
  }
  for (auto& [owner, share] : owners) std::ranges::sort(share.jobs, {}, rank_within);
  while (queue.waiting.size() < length_max) {
    Share* first = nullptr;
    const auto rank = [](const Share& share) {
      const JobRecord* job = share.jobs[share.next];
      return std::tuple(-job->priority, share.running, job->order);
    };
    for (auto& [owner, share] : owners)
      if (share.next < share.jobs.size() && (first == nullptr || rank(share) < rank(*first))) first = &share;
    if (first == nullptr) break;
    const JobRecord* job = first->jobs[first->next++];
    ++first->running;
    queue.place.emplace(job->id, queue.waiting.size());
    queue.waiting.push_back(job);
  }
  return queue;
}

std::vector<Step> decide(const Situation& situation) {
  std::vector<Step> steps;
  std::int64_t free = situation.slots;
  // Who gives up its slot now counts neither there nor against its owner.
  std::vector<const JobRecord*> rest;
  for (const auto* job : situation.jobs) {
    const std::size_t before = steps.size();
    if (holds_slot(*job))
      follow(*job, situation, steps);
    else if (job->cancel_asked)
      steps.push_back(cancel_waiting(*job));
    if (steps.size() > before &&
        (std::holds_alternative<Finish>(steps.back()) || std::holds_alternative<Requeue>(steps.back())))
      continue;
    free -= holds_slot(*job) ? 1 : 0;
    rest.push_back(job);
  }
  if (free <= 0) return steps;
  for (const auto* job : queue_of(rest, static_cast<std::size_t>(free), situation.now).waiting)
    steps.push_back(Start{job->id});
  return steps;
}

std::vector<Step> decide_unseen(const std::vector<const JobRecord*>& jobs, Instant now, const std::string& trouble) {
  std::vector<Step> steps;
  const Instant long_ago = now - unseen_patience;
  for (const auto* job : jobs) {
    if (job->state == State::queued) {
      if (job->cancel_asked) steps.push_back(cancel_waiting(*job));
    } else if (job->state == State::stopping) {
      if (job->stopping <= long_ago) steps.push_back(give_up(*job, state_after_stop(*job), job->reason, trouble));
    } else if (job->cancel_asked) {
      steps.push_back(Stop{job->id, "it was canceled"});
    } else if (job->state == State::starting && long_ago - job->started >= start_patience) {
      steps.push_back(
          give_up(*job, State::failed, "it was not seen to begin within " + format_human(start_patience), trouble));
    } else if (job->state == State::running && is_past_timeout(*job, long_ago)) {
      steps.push_back(give_up(*job, State::failed, late_text(*job), trouble));
    }
  }
  return steps;
}

std::string why(const JobRecord& job, const Queue& queue, std::int64_t slots, Instant now, const std::string& note) {
  switch (job.state) {
    case State::queued: {
      const std::int64_t taken = queue.taken;
      const auto known = queue.place.find(job.id);
      const std::size_t place = known == queue.place.end() ? queue.waiting.size() : known->second;
      if (is_pausing(job, now))
        return "Waiting " + format_human(std::chrono::ceil<std::chrono::seconds>(job.again - now)) +
               " before attempt " + std::to_string(job.attempt + 1) + " of " +
               std::to_string(attempts_max + job.failures) + ", since " + job.reason + ".";
      std::string text = "Waiting " + span(job.submitted, now) + ": ";
      if (job.attempt > 0 && !job.reason.empty()) text += job.reason + ", and it is tried again; ";
      if (!note.empty()) return text + note + ".";
      if (taken < slots) return text + "a slot is free, and it starts with the next look (any drover job command).";
      text += taken == 1 ? "the one slot is taken" : "all " + std::to_string(slots) + " slots are taken";
      if (place == 0) return text + ", and it is the next.";
      return text + ", and " + std::to_string(place) + (place == 1 ? " job goes" : " jobs go") + " before it.";
    }
    case State::starting:
      return "Starting for " + span(job.started, now) + " " + place_text(job) + ": " +
             (note.empty() ? "its process is being made" : note) + ".";
    case State::running: {
      std::string text = "Running for " + span(job.started, now) + " " + place_text(job);
      if (!note.empty()) text += " (" + note + ")";
      if (job.attempt > 1) text += ", for the " + std::to_string(job.attempt) + ". time";
      if (job.spec.timeout > Duration{0}) text += "; it may run " + format_human(job.spec.timeout);
      return text + ".";
    }
    case State::stopping:
      return "Stopping for " + span(job.stopping, now) + ", since " + job.reason +
             (now - job.stopping > grace && !note.empty() ? ": " + note
                                                          : "; after " + format_human(grace) + " it is killed") +
             ".";
    case State::completed:
      return "Completed after " + span(job.started, job.ended) + ".";
    case State::failed:
      return "Failed after " + span(job.started, job.ended) + ": " + job.reason + ".";
    case State::canceled:
      return "Canceled: " + job.reason + ".";
  }
  return "";
}

}  // namespace drover::jobs
