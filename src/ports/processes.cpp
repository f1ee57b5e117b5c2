#include "ports/processes.hpp"

#include <utility>

namespace drover {

Status FakeProcesses::start(const ProcessSpec& spec) {
  if (spec.command.empty()) return fail(Code::invalid_input, spec.name + ": no command");
  if (running_.contains(spec.name) || ended_.contains(spec.name))
    return fail(Code::already_exists, "a process " + spec.name + " is there already");
  if (spec.confined && isolation_.unconfined_only) return std::unexpected(*isolation_.unconfined_only);
  running_.emplace(spec.name, spec);
  return {};
}

void FakeProcesses::terminate(const std::string& name) {
  if (heeds_terminate_) finish(name, 143);
}

std::vector<std::string> FakeProcesses::running() const {
  std::vector<std::string> names;
  for (const auto& [name, spec] : running_) names.push_back(name);
  return names;
}

std::vector<ProcessEnd> FakeProcesses::take_ended() { return std::exchange(fresh_, {}); }

void FakeProcesses::finish(const std::string& name, int exit_code, bool out_of_memory) {
  if (running_.erase(name) == 0) return;
  const ProcessEnd end{.name = name, .exit_code = exit_code, .out_of_memory = out_of_memory};
  ended_[name] = end;
  fresh_.push_back(end);
}

void FakeProcesses::lose_all() {
  for (const auto& [name, spec] : std::exchange(running_, {})) {
    ended_[name] = {.name = name, .lost = true};
    fresh_.push_back(ended_[name]);
  }
}

void FakeProcesses::tell_again() {
  fresh_.clear();
  for (const auto& [name, end] : ended_) fresh_.push_back(end);
}

const ProcessSpec* FakeProcesses::find(const std::string& name) const {
  const auto it = running_.find(name);
  return it == running_.end() ? nullptr : &it->second;
}

}  // namespace drover
