#include "jobs/job.hpp"

#include <array>

namespace drover::jobs {
namespace {

constexpr std::array states = {State::queued,    State::starting, State::running, State::stopping,
                               State::completed, State::failed,   State::canceled};

}  // namespace

const char* state_name(State state) {
  switch (state) {
    case State::queued:
      return "queued";
    case State::starting:
      return "starting";
    case State::running:
      return "running";
    case State::stopping:
      return "stopping";
    case State::completed:
      return "completed";
    case State::failed:
      return "failed";
    case State::canceled:
      return "canceled";
  }
  return "";
}

std::optional<State> parse_state(std::string_view name) {
  for (const auto state : states)
    if (name == state_name(state)) return state;
  return std::nullopt;
}

bool is_over(State state) { return state == State::completed || state == State::failed || state == State::canceled; }

std::string place_text(const JobRecord& job) {
  return kind_of(job.target) == PlaceKind::machine ? "on this machine" : "on " + target_text(job.target);
}

bool is_on_callers_cluster(const JobRecord& job) {
  return kind_of(job.target) == PlaceKind::cluster && job.caller.contains("PATH");
}

std::string place_key(const JobRecord& job) {
  if (!is_on_callers_cluster(job)) return target_text(job.target);
  std::string key = target_text(job.target) + '\n' + job.kubeconfig + '\n' + job.store;
  // Where a program is looked for, and how it speaks, makes no other cluster of it.
  const auto says_who = [](const std::string& name) {
    return name != "PATH" && name != "TZ" && name != "LANG" && name != "LC_ALL";
  };
  for (const auto& [name, value] : job.caller)
    if (says_who(name)) key += '\n' + name + '=' + value;
  return key;
}

std::string process_name(const JobRecord& job) { return job.id + "." + std::to_string(job.attempt); }

}  // namespace drover::jobs
