// What an attempt in a workspace takes along, and what comes back of it.
#include "base/digest.hpp"
#include "control/jobs/azureml_runner.hpp"
#include "jobs/assess.hpp"
#include "jobs/workspace_job.hpp"

namespace drover::control {
namespace {

constexpr std::string_view azureml_prefix = "azureml:";
/// Assets are named after their content, so that they have one version.
constexpr const char* only_version = "1";
constexpr std::size_t environment_name_length = 16;
constexpr std::int64_t conda_bytes_max = 1 << 20;

std::string datastore_uri(const std::string& path) {
  return "azureml://datastores/" + std::string(jobs::blob_datastore) + "/paths/" + path;
}

std::string last_part(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return name.empty() || name == "." || name == ".." ? "data" : name;
}

}  // namespace

Flow<Result<std::string>> AzuremlRunner::send(Attempt& attempt, BlobDoor door, std::string path,
                                              std::string last_name) {
  auto name = content_name(folders_, path);
  if (!name) co_return std::unexpected(std::move(name.error()));
  const std::string place = "LocalUpload/" + *name + "/" + last_name;
  auto sent = co_await upload(blobs_, folders_, std::move(door), std::move(path), place, attempt.progress);
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  co_return place;
}

Flow<Result<std::string>> AzuremlRunner::bring_code(Attempt& attempt, BlobDoor door) {
  if (!folders_.exists(attempt.paths.code)) co_return std::string{};
  attempt.note = "its code is uploaded";
  auto name = content_name(folders_, attempt.paths.code);
  if (!name) co_return std::unexpected(std::move(name.error()));
  auto known = co_await workspace_.find_code(*name, only_version);
  if (!known) co_return std::unexpected(std::move(known.error()));
  if (*known) co_return **known;
  auto place = co_await send(attempt, door, attempt.paths.code, "code");
  if (!place) co_return std::unexpected(std::move(place.error()).in("code"));
  auto id = co_await workspace_.put_code(*name, only_version, door.url + "/" + *place);
  co_return id;
}

Flow<Result<std::string>> AzuremlRunner::bring_environment(Attempt& attempt, BlobDoor door) {
  const jobs::JobEnvironment& asked = attempt.job.spec.environment;
  if (asked.reference.starts_with("azureml://")) co_return asked.reference;
  if (asked.reference.starts_with(azureml_prefix)) {
    auto id = co_await workspace_.find_environment(asked.reference.substr(azureml_prefix.size()));
    co_return id;
  }
  training::EnvironmentWish wish{.image = asked.is_host() ? "host" : asked.image, .conda = asked.conda};
  if (!asked.conda_file.empty()) {
    auto conda = folders_.read(jobs::beside(attempt.job.folder, asked.conda_file), 0, conda_bytes_max);
    if (!conda) co_return std::unexpected(std::move(conda.error()));
    wish.conda = std::move(*conda);
  }
  if (!asked.build_path.empty()) {
    attempt.note = "the files of its image are uploaded";
    auto place = co_await send(attempt, door, jobs::beside(attempt.job.folder, asked.build_path), "context");
    if (!place) co_return std::unexpected(std::move(place.error()).in("environment.build"));
    wish.build_uri = door.url + "/" + *place;
    if (!asked.dockerfile.empty()) wish.dockerfile = asked.dockerfile;
  }
  std::string content = wish.image + '\n' + wish.conda + '\n' + wish.build_uri;
  if (!asked.dockerfile.empty()) content += '\n' + asked.dockerfile;
  const std::string name = "drover-" + sha256_hex(content).substr(0, environment_name_length);
  auto id = co_await workspace_.put_environment(name, only_version, std::move(wish));
  co_return id;
}

Flow<Result<training::InputWish>> AzuremlRunner::bring_input(Attempt& attempt, BlobDoor door, std::string name) {
  const jobs::Input& input = attempt.job.spec.inputs.at(name);
  training::InputWish wish{.type = input.type, .value = input.value, .uri = input.path, .mode = input.mode};
  if (!input.is_data()) {
    wish.type = "literal";
    co_return wish;
  }
  if (input.path.starts_with(azureml_prefix) && !input.path.starts_with("azureml://")) {
    auto uri = co_await workspace_.find_data(input.path.substr(azureml_prefix.size()));
    if (!uri) co_return std::unexpected(std::move(uri.error()).in("inputs." + name));
    wish.uri = std::move(*uri);
  } else if (jobs::is_path(input.path)) {
    attempt.note = "inputs." + name + " is uploaded";
    const std::string path = attempt.paths.inputs + "/" + name;
    auto place = co_await send(attempt, std::move(door), path, last_part(input.path));
    if (!place) co_return std::unexpected(std::move(place.error()).in("inputs." + name));
    wish.uri = datastore_uri(*place);
    auto files = folders_.list(path);
    if (files && wish.type.empty() && files->size() == 1 && files->front().path.empty()) wish.type = "uri_file";
  }
  co_return wish;
}

/// All that needs nothing of the workspace.
training::JobWish AzuremlRunner::wish_of(const Attempt& attempt) const {
  const jobs::JobSpec& spec = attempt.job.spec;
  training::JobWish wish{.name = attempt.name,
                         .display_name = spec.display_name.empty() ? attempt.job.id : spec.display_name,
                         .description = spec.description,
                         .experiment = spec.experiment,
                         .tags = spec.tags,
                         .properties = {{"drover.job", attempt.job.id}, {"drover.home", place_.home}},
                         .command = spec.command,
                         .compute = place_.compute,
                         .variables = spec.variables,  // these win over the place's
                         .instances = spec.instances,
                         .processes_per_instance = spec.distribution.processes_per_instance,
                         .distribution = spec.distribution.type,
                         .instance_type = spec.instance_type,
                         .shared_memory = spec.shared_memory,
                         .docker_arguments = spec.docker_arguments,
                         .timeout = spec.timeout,
                         .identity = {.type = spec.identity.type,
                                      .client_id = spec.identity.client_id,
                                      .object_id = spec.identity.object_id,
                                      .resource_id = spec.identity.resource_id},
                         .queue_tier = spec.queue_tier};
  for (const auto& [name, service] : spec.services)
    wish.services[name] = {.type = service.type,
                           .port = service.port,
                           .on_all_nodes = service.on_all_nodes,
                           .properties = service.properties};
  if (place_.variables) wish.variables.merge(place_.variables(attempt.job));
  for (const auto& [name, output] : spec.outputs) {
    std::string uri = output.path;
    if (uri.empty()) uri = datastore_uri(jobs::workspace_output_path(attempt.name, name));
    wish.outputs[name] = {.type = output.type, .uri = std::move(uri), .mode = output.mode};
  }
  return wish;
}

/// What the attempt before had made, to where this one's outputs begin.
Flow<Status> AzuremlRunner::bring_outputs(Attempt& attempt, BlobDoor door) {
  if (attempt.paths.resume.empty()) co_return Status{};
  for (const auto& [name, output] : attempt.job.spec.outputs) {
    const std::string saved = attempt.paths.resume + "/" + name;
    if (!output.path.empty() || !folders_.exists(saved)) continue;
    attempt.note = "outputs." + name + " of the attempt before is uploaded";
    auto sent = co_await upload(blobs_, folders_, door, saved, jobs::workspace_output_path(attempt.name, name),
                                attempt.progress);
    if (!sent) co_return sent;
  }
  co_return Status{};
}

Flow<Result<training::JobWish>> AzuremlRunner::prepare(Attempt& attempt) {
  training::JobWish wish = wish_of(attempt);
  auto door = co_await workspace_.open_datastore(std::string(jobs::blob_datastore));
  if (!door) co_return std::unexpected(std::move(door.error()));
  auto code = co_await bring_code(attempt, *door);
  if (!code) co_return std::unexpected(std::move(code.error()));
  wish.code_id = std::move(*code);
  auto resumed = co_await bring_outputs(attempt, *door);
  if (!resumed) co_return std::unexpected(std::move(resumed.error()));
  auto environment = co_await bring_environment(attempt, *door);
  if (!environment) co_return std::unexpected(std::move(environment.error()));
  wish.environment_id = std::move(*environment);
  for (const auto& [name, input] : attempt.job.spec.inputs) {
    if (input.is_data() && input.path.empty()) continue;  // optional, and not given
    auto brought = co_await bring_input(attempt, *door, name);
    if (!brought) co_return std::unexpected(std::move(brought.error()));
    wish.inputs[name] = std::move(*brought);
  }
  co_return wish;
}

/// An output that is a file: one blob. Nothing happens when the command wrote none.
Flow<Status> AzuremlRunner::take_file(Attempt& attempt, std::string path, std::string file) {
  auto door = co_await workspace_.open_datastore(std::string(jobs::blob_datastore));
  if (!door) co_return std::unexpected(std::move(door.error()));
  auto taken =
      co_await download_blob(blobs_, folders_, std::move(*door), std::move(path), std::move(file), attempt.progress);
  if (!taken) co_return std::unexpected(std::move(taken.error()));
  co_return Status{};
}

Flow<Status> AzuremlRunner::take(Attempt& attempt, std::string datastore, std::string path, std::string folder) {
  auto door = co_await workspace_.open_datastore(std::move(datastore));
  if (!door) co_return std::unexpected(std::move(door.error()));
  auto taken =
      co_await download(blobs_, folders_, std::move(*door), std::move(path), std::move(folder), attempt.progress);
  if (!taken) co_return std::unexpected(std::move(taken.error()));
  co_return Status{};
}

/// The rest of its log; outputs to outputs/NAME, what it wrote to ./outputs to outputs/, and its logs to logs/; an
/// output that its author gave a place of its own stays there.
Flow<Status> AzuremlRunner::collect(Attempt& attempt) {
  attempt.note = "what it made is fetched";
  if (auto made = folders_.make(attempt.paths.outputs()); !made) co_return made;
  auto followed = co_await follow_log(attempt);
  if (!followed) co_return followed;
  for (const auto& [name, output] : attempt.job.spec.outputs) {
    if (!output.path.empty()) continue;
    const std::string there = jobs::workspace_output_path(attempt.name, name);
    const std::string here = attempt.paths.outputs() + "/" + name;
    if (output.is_file()) {
      auto taken = co_await take_file(attempt, there, here);
      if (!taken) co_return taken;
      continue;
    }
    auto taken = co_await take(attempt, std::string(jobs::blob_datastore), there, here);
    if (!taken) co_return taken;
  }
  const auto artifacts = [&](const char* theirs, const std::string& ours) {
    return take(attempt, std::string(jobs::artifact_datastore), jobs::workspace_artifact_path(attempt.name, theirs),
                attempt.paths.work + ours);
  };
  auto written = co_await artifacts("outputs", "/outputs");
  if (!written) co_return written;
  auto said = co_await artifacts("user_logs", "/logs");
  if (!said || attempt.progress.left_out.empty()) co_return said;
  // The log is whole by now: its length says no more how much of the service's is here.
  co_return folders_.append(attempt.paths.log,
                            "drover: outputs that were left out, since they cannot be files: " +
                                describe(std::exchange(attempt.progress.left_out, {}), named_in_log_max) + "\n");
}

}  // namespace drover::control
