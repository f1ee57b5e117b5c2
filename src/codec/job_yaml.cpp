#include "codec/job_yaml.hpp"

#include <algorithm>

#include "codec/shape.hpp"
#include "jobs/command.hpp"

namespace drover::codec {
namespace {

using jobs::Distribution;
using jobs::Input;
using jobs::JobEnvironment;
using jobs::JobSpec;
using jobs::Output;
using nlohmann::json;

constexpr std::int64_t instances_max = 1000;        // as for node pools
constexpr std::int64_t processes_max = 1024;        // of a node
constexpr std::int64_t timeout_s_max = 90 * 86400;  // Azure ML's own limit is 90 days

/// The scalar as text, whatever its type: a command gets numbers and truths as words.
std::string word(const Node& node, const std::string& path, Reading& reading) {
  if (node.kind == Node::Kind::null) return "";
  return reading.text(node, path);
}

template <class T>
Shape<T>& words(Shape<T>& shape, const char* key, std::string T::* member, const char* doc,
                const std::vector<std::string>& one_of = {}) {
  return shape.field(key, doc, {{"type", "string"}},
                     [=](T& into, const Node& node, const std::string& path, Reading& reading) {
                       into.*member = word(node, path, reading);
                       complain_of_choice(into.*member, one_of, node, path, reading);
                     });
}

template <class T>
Shape<T>& number(Shape<T>& shape, const char* key, std::int64_t T::* member, const char* doc, std::int64_t least,
                 std::int64_t most) {
  return shape.field(key, doc, {{"type", "integer"}},
                     [=](T& into, const Node& node, const std::string& path, Reading& reading) {
                       if (const auto value = reading.whole(node, path, least, most)) into.*member = *value;
                     });
}

/// A key that belongs to the format and means nothing to a job that Drover runs.
template <class T>
Shape<T>& ignored(Shape<T>& shape, const char* key, const char* doc) {
  return shape.field(key, doc, json::object(), [](T&, const Node&, const std::string&, Reading&) {});
}

template <class T>
Shape<T>& dictionary(Shape<T>& shape, const char* key, std::map<std::string, std::string> T::* member,
                     const char* doc) {
  return shape.field(key, doc, {{"type", "object"}},
                     [=](T& into, const Node& node, const std::string& path, Reading& reading) {
                       if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "names and values");
                       for (const auto& [name, value] : node.fields)
                         (into.*member)[name.text] = word(value, join_path(path, name.text), reading);
                     });
}

const std::vector<std::string> data_types = {"uri_file",     "uri_folder",   "mltable",
                                             "mlflow_model", "custom_model", "triton_model"};
const std::vector<std::string> modes = {"ro_mount", "rw_mount",   "download",     "upload",
                                        "direct",   "eval_mount", "eval_download"};

const Shape<Input>& input_shape() {
  static const Shape<Input> shape = [] {
    Shape<Input> made("Data, by its address");
    words(made, "type", &Input::type, "What kind of data", data_types);
    words(made, "path", &Input::path, "Where it lies");
    words(made, "mode", &Input::mode, "How the job gets it", modes);
    made.field("optional", "Whether the job does without", {{"type", "boolean"}},
               [](Input& into, const Node& node, const std::string& path, Reading& reading) {
                 if (const auto value = reading.flag(node, path)) into.optional = *value;
               });
    return made;
  }();
  return shape;
}

const Shape<Output>& output_shape() {
  static const Shape<Output> shape = [] {
    Shape<Output> made("Where the job writes to");
    words(made, "type", &Output::type, "uri_folder if absent", data_types);
    words(made, "path", &Output::path, "Where it is kept");
    words(made, "mode", &Output::mode, "How it gets there", modes);
    ignored(made, "name", "Name of the data asset that is registered of it");
    ignored(made, "version", "Its version");
    return made;
  }();
  return shape;
}

const Shape<JobEnvironment>& environment_shape() {
  static const Shape<JobEnvironment> shape = [] {
    Shape<JobEnvironment> build("An image to be built");
    words(build, "path", &JobEnvironment::build_path, "Folder of the Dockerfile");
    ignored(build, "dockerfile_path", "The Dockerfile in it");
    Shape<JobEnvironment> made("What the command runs in");
    words(made, "image", &JobEnvironment::image, "Container image");
    made.field("conda_file", "Packages to add to the image: a file, or written here", json::object(),
               [](JobEnvironment& into, const Node& node, const std::string& path, Reading& reading) {
                 into.conda_file = node.kind == Node::Kind::mapping ? "(inline)" : reading.text(node, path);
               });
    made.section("build", [](JobEnvironment& it) -> JobEnvironment& { return it; }, build, "An image to be built");
    for (const char* key : {"$schema", "name", "version", "description", "os_type", "tags"})
      ignored(made, key, "Of the registered environment");
    return made;
  }();
  return shape;
}

void read_inputs(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "inputs by name");
  for (const auto& [name, value] : node.fields) {
    Input input{.where = reading.span(value)};
    if (value.kind == Node::Kind::mapping)
      input_shape().read(input, value, join_path(path, name.text), reading, reading.span(name));
    else
      input.value = word(value, join_path(path, name.text), reading);
    if (value.kind == Node::Kind::mapping && input.type.empty()) input.type = "uri_folder";  // Azure ML's default
    job.inputs.emplace(name.text, std::move(input));
  }
}

void read_outputs(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "outputs by name");
  for (const auto& [name, value] : node.fields) {
    Output output{.where = reading.span(name)};
    output_shape().read(output, value, join_path(path, name.text), reading, reading.span(name));
    job.outputs.emplace(name.text, std::move(output));
  }
}

void read_environment(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  job.environment.where = reading.span(node);
  if (node.kind == Node::Kind::mapping)
    environment_shape().read(job.environment, node, path, reading, reading.span(node));
  else
    job.environment.reference = word(node, path, reading);
}

Shape<JobSpec> make_job_shape() {
  const auto self = [](JobSpec& it) -> JobSpec& { return it; };
  Shape<JobSpec> resources("What each node has");
  number(resources, "instance_count", &JobSpec::instances, "Nodes", 1, instances_max);
  words(resources, "instance_type", &JobSpec::instance_type, "VM size, or instance type of a Kubernetes compute");
  words(resources, "shm_size", &JobSpec::shared_memory, "Shared memory of the container, such as 2g");
  words(resources, "docker_args", &JobSpec::docker_arguments, "More for docker run");
  ignored(resources, "properties", "Of the service");
  Shape<JobSpec> limits("What it may take");
  limits.field("timeout", "Seconds that it may run", {{"type", "integer"}},
               [](JobSpec& into, const Node& node, const std::string& path, Reading& reading) {
                 if (const auto value = reading.whole(node, path, 1, timeout_s_max))
                   into.timeout = std::chrono::seconds(*value);
               });
  Shape<Distribution> distribution("How processes find each other");
  words(distribution, "type", &Distribution::type, "pytorch, tensorflow, mpi or ray",
        {"pytorch", "tensorflow", "mpi", "ray"});
  number(distribution, "process_count_per_instance", &Distribution::processes_per_instance, "Processes of a node", 1,
         processes_max);
  for (const char* key : {"worker_count", "parameter_server_count"}) ignored(distribution, key, "Of tensorflow");
  Shape<JobSpec> shape("A command job");
  for (const char* key : {"$schema", "type", "properties", "identity", "services", "queue_settings", "parent"})
    ignored(shape, key, "Of the service");
  words(shape, "name", &JobSpec::name, "Its name; made up if absent");
  words(shape, "display_name", &JobSpec::display_name, "As people call it");
  words(shape, "experiment_name", &JobSpec::experiment, "What it belongs to");
  words(shape, "description", &JobSpec::description, "What it is for");
  dictionary(shape, "tags", &JobSpec::tags, "Labels");
  words(shape, "command", &JobSpec::command, "What runs, in a shell");
  words(shape, "code", &JobSpec::code, "Folder that the command begins in, as a copy");
  shape.field("environment", "What it runs in: a name, an image, or host", json::object(), read_environment);
  dictionary(shape, "environment_variables", &JobSpec::variables, "Variables that the command sees");
  shape.section(
      "distribution", [](JobSpec& it) -> Distribution& { return it.distribution; }, distribution,
      "How processes find each other");
  words(shape, "compute", &JobSpec::compute, "Where it runs");
  shape.section("resources", self, resources, "What each node has");
  shape.section("limits", self, limits, "What it may take");
  shape.field("inputs", "What it is given", json::object(), read_inputs);
  shape.field("outputs", "What it makes", json::object(), read_outputs);
  return shape;
}

}  // namespace

std::expected<jobs::JobSpec, std::vector<Error>> load_job(std::string_view text, const std::string& file) {
  const auto name = std::make_shared<const std::string>(file);
  auto tree = parse_yaml(text, name);
  if (!tree) return std::unexpected(std::vector{std::move(tree.error())});
  static const Shape<JobSpec> shape = make_job_shape();
  auto reading = Reading::literal(name);
  JobSpec job{.where = reading.span(*tree)};
  shape.read(job, *tree, "", reading, reading.span(*tree));
  if (const Node* command = tree->find("command")) job.where = reading.span(*command);
  if (trim(job.command).empty())
    reading.complain(*tree, "command: missing", "say what is to run: command: python train.py");
  if (reading.errors().empty())
    if (auto checked = jobs::check_command(job); !checked) reading.errors().push_back(std::move(checked.error()));
  if (reading.errors().empty()) return job;
  std::ranges::stable_sort(reading.errors(), {},
                           [](const Error& e) { return std::pair(e.where.line, e.where.column); });
  return std::unexpected(std::move(reading.errors()));
}

}  // namespace drover::codec
