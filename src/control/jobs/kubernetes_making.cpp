// What an attempt on a cluster begins with: the Secret and the Jobs of its ranks, and, where they do not go with those,
// its code and data as blobs.
#include <algorithm>

#include "base/text.hpp"
#include "control/jobs/kubernetes_runner.hpp"
#include "jobs/assess.hpp"
#include "jobs/command.hpp"
#include "jobs/ignored.hpp"

namespace drover::control {
namespace {

using jobs::PodView;
using jobs::process_name;
using nlohmann::json;

constexpr Duration make_pause = std::chrono::seconds(5);
/// Pods of a job that may run as long as it likes are let in for this long.
constexpr Duration pass_default = std::chrono::days(30);
/// Between the end of a job and that of what lets its pods in: they hand over what it made.
constexpr Duration pass_margin = std::chrono::days(1);
/// What a namespace enforces hardly ever changes.
constexpr Duration rules_kept = std::chrono::minutes(5);
constexpr std::int64_t lines_bytes_max = 64 << 10;  // of Drover's own lines ahead of a log
constexpr const char* content_folder = "drover/files";

bool is_passing(Code code) {
  return code == Code::unavailable || code == Code::throttled || code == Code::deadline || code == Code::conflict ||
         code == Code::unauthenticated;
}

}  // namespace

std::vector<Error> KubernetesRunner::missing(const jobs::JobRecord& job) const {
  auto errors =
      jobs::missing_for_pods(job.spec, job.folder, [&](const std::string& path) { return folders_.exists(path); });
  if (!errors.empty() || store_ != nullptr) return errors;
  std::int64_t room = jobs::secret_bytes_max;
  const auto fits = [&](const std::string& what, const std::string& path) {
    const auto packed = folders_.pack(jobs::beside(job.folder, path), room);
    if (packed)
      room -= static_cast<std::int64_t>(packed->size());
    else if (packed.error().code != Code::precondition)
      errors.push_back(packed.error());
    else
      errors.push_back({.code = Code::precondition,
                        .message = what + ": code and data that go to a cluster with the job are at most 1 MiB packed",
                        .hint =
                            "--store URL names a container of blobs for more; an estate's clusters use the store of "
                            "its workspace",
                        .where = job.spec.where});
  };
  // How much is left of one with an ignore file shows when it is copied.
  const auto has_rules = [&](const char* file) {
    return folders_.exists(jobs::beside(job.folder, job.spec.code) + "/" + file);
  };
  if (!job.spec.code.empty() && std::ranges::none_of(jobs::ignore_files, has_rules)) fits("code", job.spec.code);
  for (const auto& [name, input] : job.spec.inputs)
    if (input.is_data() && !input.path.empty()) fits("inputs." + name, input.path);
  return errors;
}

Status KubernetesRunner::start(const jobs::JobRecord& job, const JobPaths& paths) {
  adopt(job, paths);
  Attempt& attempt = attempts_.at(process_name(job));
  DROVER_TRY(wish, wish_of(attempt, 0, ""));
  DROVER_TRY(files, small_files_of(attempt));
  attempt.is_wanted = true;
  attempt.making.emplace(make(attempt, std::move(wish), std::move(files)));
  attempt.making->start();
  return {};
}

Flow<Status> KubernetesRunner::make(Attempt& attempt, jobs::PodWish wish, Files files) {
  if (wish.rank == 0 && store_ != nullptr) {
    auto stored = co_await bring(attempt, !files.empty() || !has_files(attempt));
    if (!stored) co_return std::unexpected(std::move(stored.error()));
    files.merge(*stored);
  }
  attempt.make_note.clear();
  if (wish.rank == 0 && jobs::goes_as_file(wish)) files[jobs::command_file] = wish.command;
  const jobs::SpaceRules rules = co_await space_rules();
  wish.rules = rules;
  if (!files.empty()) {
    json secret = jobs::secret_manifest(wish, files);
    auto kept = co_await cluster_.create(std::move(secret));
    if (!kept && kept.error().code != Code::already_exists) co_return std::unexpected(std::move(kept.error()));
  }
  json job = jobs::job_manifest(wish);
  kubernetes::Warnings warnings;
  auto made = co_await cluster_.create(std::move(job), &warnings);
  for (const auto& warning : warnings) (void)say_before_log(attempt, "the cluster warns: " + warning);
  if (!made && made.error().code != Code::already_exists) co_return std::unexpected(std::move(made.error()));
  co_return Status{};
}

/// Who may not read the namespace is not told what it enforces; events say then what was refused.
Flow<jobs::SpaceRules> KubernetesRunner::space_rules() {
  if (rules_ && now() < rules_until_) co_return *rules_;
  kubernetes::ObjectName name{kubernetes::kinds::namespaces, "", place_.space};
  auto space = co_await cluster_.get(std::move(name));
  if (space || !is_passing(space.error().code)) {
    rules_ = space ? jobs::rules_of_space(*space) : jobs::SpaceRules{};
    rules_until_ = now() + rules_kept;
  }
  co_return rules_.value_or(jobs::SpaceRules{});
}

std::string KubernetesRunner::stored_outputs(const Attempt& attempt) const {
  return "drover/jobs/" + place_.home + "/" + process_name(attempt.job);
}

/// Files of the Secret by which pods reach the store; before that, unless they go with the Job, code and data to it.
Flow<Result<KubernetesRunner::Files>> KubernetesRunner::bring(Attempt& attempt, bool goes_along) {
  auto door = co_await store_->open();
  if (!door) co_return std::unexpected(std::move(door.error()).in("the store of files"));
  const Duration timeout = attempt.job.spec.timeout;
  auto pass = store_->pass_on(
      *door, now() + pass_margin + (timeout > Duration{0} ? timeout + jobs::start_patience : pass_default));
  if (!pass) co_return std::unexpected(std::move(pass.error()).in("the store of files"));
  jobs::PodStoreWish wish;
  wish.door = std::move(*pass);
  wish.outputs_prefix = stored_outputs(attempt);
  Files files;
  if (!goes_along) {
    auto brought = co_await bring_files(attempt, *door, wish.files);
    if (!brought) co_return std::unexpected(std::move(brought.error()).in("the store of files"));
    files[jobs::fetch_file] = "\n";
  }
  files[jobs::store_file] = jobs::format_pod_store(wish);
  files[jobs::agent_file] = std::string(jobs::pod_agent());
  co_return files;
}

Flow<Status> KubernetesRunner::bring_files(Attempt& attempt, BlobDoor door, std::vector<jobs::PodFile>& brought) {
  struct Part {
    std::string what, from, path;
  };
  std::vector<Part> parts;
  if (folders_.exists(attempt.paths.code)) parts.push_back({"its code", attempt.paths.code, "code"});
  for (const auto& [name, input] : attempt.job.spec.inputs)
    if (const std::string from = attempt.paths.inputs + "/" + name; input.is_data() && folders_.exists(from))
      parts.push_back({"inputs." + name, from, "inputs/" + name});
  if (!attempt.paths.resume.empty())
    parts.push_back({"what the attempt before had saved", attempt.paths.resume, "outputs"});
  for (const auto& part : parts) {
    attempt.make_note = part.what + " is uploaded";
    auto file = co_await bring_file(attempt, door, part.from, part.path);
    if (!file) co_return std::unexpected(std::move(file.error()).in(part.what));
    brought.push_back(std::move(*file));
  }
  co_return Status{};
}

/// A file as it is, a folder as an archive; under a name made of the content, so that what is there is not sent again.
Flow<Result<jobs::PodFile>> KubernetesRunner::bring_file(Attempt& attempt, BlobDoor door, std::string from,
                                                         std::string path) {
  auto name = content_name(folders_, from);
  auto files = folders_.list(from);
  if (!name) co_return std::unexpected(std::move(name.error()));
  if (!files) co_return std::unexpected(std::move(files.error()));
  const bool is_file = files->size() == 1 && files->front().path.empty();
  attempt.progress = {};
  jobs::PodFile file{.blob = std::string(content_folder) + "/" + *name + (is_file ? "" : ".tar"),
                     .path = std::move(path),
                     .is_archive = !is_file};
  auto present = co_await store_->blobs().size(door, file.blob);
  if (!present) co_return std::unexpected(std::move(present.error()));
  if (*present) co_return file;
  const std::string packed = attempt.paths.work + "/packed.tar";
  if (!is_file) {
    if (auto made = folders_.make(attempt.paths.work); !made) co_return std::unexpected(std::move(made.error()));
    if (auto done = folders_.pack_file(from, packed); !done) co_return std::unexpected(std::move(done.error()));
  }
  auto sent =
      co_await upload(store_->blobs(), folders_, std::move(door), is_file ? from : packed, file.blob, attempt.progress);
  (void)folders_.remove(packed);
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  co_return file;
}

bool KubernetesRunner::has_files(const Attempt& attempt) const {
  const JobPaths& paths = attempt.paths;
  return folders_.exists(paths.code) || folders_.exists(paths.inputs) || !paths.resume.empty();
}

/// Those that go with the Job, in its Secret. Empty when there are none, or too many and there is a store for them.
Result<KubernetesRunner::Files> KubernetesRunner::small_files_of(const Attempt& attempt) const {
  if (!has_files(attempt)) return Files{};
  const std::string& code = attempt.paths.code;
  // code/ and inputs/ lie beside one another; what else lies there is of attempts.
  const std::string staging = attempt.paths.work + "/files";
  DROVER_CHECK(folders_.remove(staging));
  DROVER_CHECK(folders_.make(staging));
  if (folders_.exists(code)) DROVER_CHECK(folders_.copy(code, staging + "/code"));
  if (folders_.exists(attempt.paths.inputs)) DROVER_CHECK(folders_.copy(attempt.paths.inputs, staging + "/inputs"));
  const auto without = folders_.pack(staging, jobs::secret_bytes_max);
  if (!attempt.paths.resume.empty()) DROVER_CHECK(folders_.copy(attempt.paths.resume, staging + "/outputs"));
  auto packed = attempt.paths.resume.empty() ? without : folders_.pack(staging, jobs::secret_bytes_max);
  DROVER_CHECK(folders_.remove(staging));
  if (packed) return Files{{jobs::archive_file, std::move(*packed)}};
  if (store_ != nullptr && packed.error().code == Code::precondition) return Files{};
  if (!without) return std::unexpected(packed.error());
  DROVER_CHECK(say_before_log(attempt,
                              "what the last attempt saved is more than goes to a cluster with a job (1 MiB packed): "
                              "this one begins without it"));
  return Files{{jobs::archive_file, *without}};
}

/// The lines are also in a file of their own, which is written first: by its size what the pod printed is told from
/// them when its log is followed anew. A crash in between repeats some bytes of the log, and loses none.
Status KubernetesRunner::say_before_log(const Attempt& attempt, const std::string& line) const {
  const std::string text = "drover: " + line + "\n", file = lines_file(attempt);
  const auto said = folders_.read(file, 0, lines_bytes_max);
  if (said && said->find(text) != std::string::npos) return {};
  DROVER_CHECK(folders_.make(attempt.paths.work));
  DROVER_CHECK(folders_.append(file, text));
  return folders_.append(attempt.paths.log, text);
}

Result<jobs::PodWish> KubernetesRunner::wish_of(const Attempt& attempt, std::int64_t rank,
                                                const std::string& master) const {
  const jobs::JobSpec& spec = attempt.job.spec;
  jobs::PodWish wish{.home = place_.home,
                     .attempt = process_name(attempt.job),
                     .space = place_.space,
                     .image = jobs::image_of(spec.environment),
                     .variables = place_.variables ? place_.variables(attempt.job) : Files{},
                     .rank = rank,
                     .nodes = spec.instances,
                     .processes = std::max<std::int64_t>(spec.distribution.processes_per_instance, 1),
                     .is_distributed = spec.instances > 1 || !spec.distribution.type.empty(),
                     .master = master,
                     .timeout = spec.timeout};
  for (const auto& [name, value] : spec.variables) wish.variables[name] = value;
  for (const auto& [name, output] : spec.outputs)
    if (!output.is_file()) wish.folders.push_back(name);
  wish.variables.emplace("DROVER_ATTEMPT", std::to_string(attempt.job.attempt));
  wish.variables.emplace("AZUREML_RUN_ID", attempt.job.id);
  wish.variables.emplace("AZUREML_EXPERIMENT_NAME", spec.experiment);
  if (!attempt.paths.resume.empty())
    wish.variables.emplace("DROVER_RESUME", std::string(jobs::folder_in_pod) + "/outputs");
  const std::string root = jobs::folder_in_pod;
  const auto resolve = [&](const std::string& kind, const std::string& name) -> std::optional<std::string> {
    if (kind == "outputs") return root + "/outputs/" + name;
    const auto& input = spec.inputs.at(name);
    if (!input.is_data()) return input.value;
    if (input.path.empty()) return std::nullopt;
    return root + "/inputs/" + name;
  };
  DROVER_TRY(command, jobs::expand_command(spec, resolve));
  wish.command = std::move(command);
  if (has_files(attempt) || store_ != nullptr || jobs::goes_as_file(wish))
    wish.secret = jobs::object_name(wish.attempt, -1);
  DROVER_TRY(limits, jobs::limits_of(spec));
  wish.limits = limits;
  return wish;
}

void KubernetesRunner::make_missing(Attempt& attempt, const std::vector<PodView>& views) {
  if (attempt.making && attempt.making->done()) {
    if (const Status made = std::move(attempt.making->value()); made) {
      attempt.make_trouble.clear();
    } else if (is_passing(made.error().code)) {
      attempt.make_trouble = "the cluster does not take its Job: " + made.error().message;
      attempt.make_again = now() + make_pause;
    } else if (!attempt.verdict) {
      attempt.verdict = jobs::Ended{.never_ran = true, .reason = "the cluster refused it: " + made.error().message};
      attempt.verdict_at = now();
    }
    attempt.making.reset();
  }
  if (attempt.making || attempt.verdict || attempt.is_stopping || attempt.is_given_up) return;
  if (now() < attempt.make_again) return;
  for (std::int64_t rank = 0; rank < attempt.job.spec.instances; ++rank) {
    const std::string job = jobs::object_name(process_name(attempt.job), rank);
    if (has_job(attempt, rank) || jobs_.gone.contains(job)) continue;
    if (rank == 0 && !attempt.is_wanted) return;  // of an earlier program, and it had come further: see judge
    const std::string& master = views[0].address;
    if (rank > 0 && master.empty()) return;
    auto wish = wish_of(attempt, rank, rank == 0 ? "" : master);
    auto files = rank == 0 ? small_files_of(attempt) : Result<Files>(Files{});
    if (!wish || !files) return;
    attempt.making.emplace(make(attempt, std::move(*wish), std::move(*files)));
    attempt.making->start();
    return;
  }
}

}  // namespace drover::control
