#include "localcloud/ml/runner.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::localcloud::ml {
namespace {

/// "job.UID.ATTEMPT" of "job.UID.ATTEMPT.RANK".
std::string attempt_of(const std::string& process) { return process.substr(0, process.rfind('.')); }

bool has_variable(const std::vector<std::pair<std::string, std::string>>& variables, std::string_view name) {
  return std::ranges::any_of(variables, [&](const auto& variable) { return variable.first == name; });
}

/// Paths on node `node` as its processes see them.
void see_paths(const JobFolder& folder, long long node, Bindings& bindings) {
  const std::string from = folder.node(node) + "/", to = folder.seen_node(node) + "/";
  for (auto* values : {&bindings.inputs, &bindings.outputs})
    for (auto& [name, value] : *values)
      if (value.starts_with(from)) value = to + value.substr(from.size());
}

}  // namespace

JobFolder Runner::folder_of(const Run& run) const {
  return {machine_.folder.empty() ? "" : machine_.folder + "/ml/" + run.uid, machine_.confined};
}

std::vector<std::string> Runner::logs_of(const Run& run) const {
  const JobFolder folder = folder_of(run);
  std::vector<std::string> paths;
  for (long long rank = 0; !folder.path.empty() && rank < run.ranks(); ++rank) paths.push_back(folder.log(rank));
  return paths;
}

void Runner::collect() {
  if (machine_.processes == nullptr) return;
  for (const auto& name : taken_) machine_.processes->forget(name);
  taken_.clear();
  for (const auto& path : discarded_)
    if (!path.empty()) remove_folder(path);
  discarded_.clear();
  for (auto& end : machine_.processes->take_ended()) {
    const std::string name = end.name;
    ends_[name] = std::move(end);
  }
}

Status Runner::start_rank(const Run& run, const Json& properties, const Bindings& bindings, long long rank,
                          const Image* image) {
  const JobFolder folder = folder_of(run);
  DROVER_TRY(command, bind_command(text_at(properties, {"command"}), bindings));
  ProcessSpec spec{.name = process_name(run, rank), .command = shell_command(command, image != nullptr)};
  Variables base = machine_environment(image == nullptr ? Variables{} : image->environment);
  spec.environment = job_environment(run, properties, bindings, rank, std::move(base));
  spec.confined = machine_.confined;
  if (!folder.path.empty()) {
    const std::string node = folder.node(rank / run.processes), seen = folder.seen_node(rank / run.processes);
    spec.folder = seen + "/wd";
    spec.log = folder.log(rank);
    if (!has_variable(spec.environment, "HOME")) spec.environment.emplace_back("HOME", seen + "/tmp");
    if (machine_.confined) spec.mounts.push_back({.from = node, .to = seen, .writable = true});
    const std::string own = folder.path + "/root-" + std::to_string(run.attempt) + "-" + std::to_string(rank);
    if (image != nullptr) DROVER_CHECK(enter_image(*image, own, spec));
  }
  const Status started = machine_.processes->start(spec);
  // From before a kill: it runs, or its end is still to be told.
  if (!started && started.error().code == Code::already_exists) return {};
  return started;
}

Status Runner::start(const Run& run, const Json& properties, const Image* image) {
  if (machine_.processes == nullptr)
    return fail(Code::precondition, "this world has no machine to run on: nothing was run",
                "serve the local cloud (drover cloud serve)");
  const JobFolder folder = folder_of(run);
  // Some of it may run from before a kill: then its folders are in use.
  const auto is_of_run = [&](const std::string& name) { return attempt_of(name) == attempt_of(process_name(run, 0)); };
  const bool goes_on = std::ranges::any_of(machine_.processes->running(), is_of_run) ||
                       std::ranges::any_of(ends_, is_of_run, [](const auto& entry) { return entry.first; });
  for (long long node = 0; node < run.instances; ++node) {
    Bindings bindings;
    if (!folder.path.empty()) {
      DROVER_TRY(laid_out, lay_out_node(world_, folder, run, properties, node, !goes_on));
      bindings = std::move(laid_out);
      see_paths(folder, node, bindings);
    }
    for (long long local = 0; local < run.processes; ++local)
      DROVER_CHECK(start_rank(run, properties, bindings, node * run.processes + local, image));
  }
  return {};
}

bool Runner::observe(Run& run) {
  if (machine_.processes == nullptr) return false;
  const auto names = machine_.processes->running();
  for (long long rank = 0; rank < run.ranks(); ++rank) {
    if (run.exits.contains(rank)) continue;
    const std::string name = process_name(run, rank);
    const auto end = ends_.find(name);
    if (end == ends_.end()) {
      if (std::ranges::find(names, name) == names.end()) return false;
      continue;
    }
    if (end->second.lost) return false;
    run.exits[rank] = end->second.exit_code;
    taken_.push_back(name);
    ends_.erase(end);
  }
  return true;
}

void Runner::end(const Run& run, bool by_force) {
  if (machine_.processes == nullptr) return;
  for (long long rank = 0; rank < run.ranks(); ++rank) {
    const std::string name = process_name(run, rank);
    if (by_force)
      machine_.processes->kill(name);
    else
      machine_.processes->terminate(name);
  }
}

void Runner::sweep(const std::set<std::string>& live) {
  if (machine_.processes == nullptr) return;
  for (const auto& name : machine_.processes->running())
    if (!live.contains(attempt_of(name))) machine_.processes->kill(name);
  std::erase_if(ends_, [&](const auto& entry) {
    const bool is_nobodys = !live.contains(attempt_of(entry.first));
    if (is_nobodys) taken_.push_back(entry.first);
    return is_nobodys;
  });
}

}  // namespace drover::localcloud::ml
