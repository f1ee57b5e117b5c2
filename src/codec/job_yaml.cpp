#include "codec/job_yaml.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.hpp"
#include "codec/shape.hpp"
#include "jobs/command.hpp"

namespace drover::codec {
namespace {

using jobs::Distribution;
using jobs::Input;
using jobs::JobEnvironment;
using jobs::JobIdentity;
using jobs::JobService;
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

/// A number or a truth as it stands, text in quotes: JSON, which is YAML as well.
json json_of(const Node& node) {
  json made;
  switch (node.kind) {
    case Node::Kind::null:
      return made;
    case Node::Kind::scalar:
      return node.text;
    case Node::Kind::sequence:
      made = json::array();
      for (const auto& item : node.items) made.push_back(json_of(item));
      return made;
    case Node::Kind::mapping:
      made = json::object();
      for (const auto& [key, value] : node.fields) made[key.text] = json_of(value);
      return made;
  }
  return made;
}

/// A name that becomes part of a path or of a variable.
bool is_binding_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && name.size() <= 255 && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

void check_binding_name(const Node& name, const char* what, Reading& reading) {
  if (is_binding_name(name.text)) return;
  reading.complain(name, std::string(what) + ": " + printable(name.text) + " cannot be a name",
                   "letters, digits, _, - and ., a letter or _ first");
}

/// As the environment of a process has them (POSIX: no '=', no zero byte), and nothing that no shell can name or that
/// would upset a terminal.
bool is_variable_name(std::string_view name) {
  return !name.empty() && std::ranges::none_of(name, [](char c) {
    return c == '=' || static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
  });
}

template <class T>
Shape<T>& variables(Shape<T>& shape, const char* key, std::map<std::string, std::string> T::* member, const char* doc) {
  return shape.field(key, doc, {{"type", "object"}},
                     [=](T& into, const Node& node, const std::string& path, Reading& reading) {
                       if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "names and values");
                       for (const auto& [name, value] : node.fields) {
                         if (!is_variable_name(name.text))
                           reading.complain(name, join_path(path, name.text) + ": no variable can have this name",
                                            "letters, digits and _, such as DATA_PATH");
                         (into.*member)[name.text] = word(value, join_path(path, name.text), reading);
                       }
                     });
}

const std::vector<std::string> literal_types = {"string", "integer", "number", "boolean"};
const std::vector<std::string> data_types = {"uri_file",     "uri_folder",   "mltable",
                                             "mlflow_model", "custom_model", "triton_model"};
const std::vector<std::string> modes = {"ro_mount", "rw_mount",   "download",     "upload",
                                        "direct",   "eval_mount", "eval_download"};

const Shape<Input>& input_shape() {
  static const Shape<Input> shape = [] {
    Shape<Input> made("Data, by its address");
    std::vector<std::string> types = data_types;
    types.insert(types.end(), literal_types.begin(), literal_types.end());
    words(made, "type", &Input::type, "What kind of data, or of literal", types);
    for (const char* key : {"value", "default"})  // of a literal with a type, as components have them
      words(made, key, &Input::value, "The literal");
    for (const char* key : {"description", "min", "max", "enum"}) ignored(made, key, "Of the service");
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
    words(made, "name", &Output::name, "Name of the data asset that is registered of it");
    words(made, "version", &Output::version, "Its version");
    ignored(made, "description", "Of the service");
    return made;
  }();
  return shape;
}

const Shape<JobEnvironment>& environment_shape() {
  static const Shape<JobEnvironment> shape = [] {
    Shape<JobEnvironment> build("An image to be built");
    words(build, "path", &JobEnvironment::build_path, "Folder of the Dockerfile");
    words(build, "dockerfile_path", &JobEnvironment::dockerfile, "The Dockerfile in it");
    Shape<JobEnvironment> made("What the command runs in");
    words(made, "image", &JobEnvironment::image, "Container image");
    made.field("conda_file", "Packages to add to the image: a file, or written here", json::object(),
               [](JobEnvironment& into, const Node& node, const std::string& path, Reading& reading) {
                 if (node.kind == Node::Kind::mapping)
                   into.conda = json_of(node).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
                 else
                   into.conda_file = reading.text(node, path);
               });
    made.section("build", [](JobEnvironment& it) -> JobEnvironment& { return it; }, build, "An image to be built");
    for (const char* key : {"$schema", "name", "version", "description", "os_type", "tags"})
      ignored(made, key, "Of the registered environment");
    return made;
  }();
  return shape;
}

/// A literal that says its type: the command gets its text, once it is one of that type.
void read_literal(Input& input, const Node& node, const std::string& path, Reading& reading) {
  const Node* value = node.find("value");
  if (value == nullptr || value->kind == Node::Kind::null) value = node.find("default");
  if (value == nullptr || value->kind == Node::Kind::null) {
    if (!input.optional)
      reading.complain(node, path + ": no value", "say value: ..., or write the value itself after the name");
  } else if (input.type == "integer") {
    constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();
    (void)reading.whole(*value, path, -any, any);
  } else if (input.type == "number") {
    constexpr double any = std::numeric_limits<double>::max();
    (void)reading.number(*value, path, -any, any);
  } else if (input.type == "boolean") {
    (void)reading.flag(*value, path);
  }
  if (!input.path.empty()) reading.complain(node, path + ": a " + input.type + " has no path", "say value: ...");
  input.type.clear();
}

void read_inputs(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "inputs by name");
  for (const auto& [name, value] : node.fields) {
    check_binding_name(name, "inputs", reading);
    Input input{.where = reading.span(value)};
    if (value.kind == Node::Kind::mapping)
      input_shape().read(input, value, join_path(path, name.text), reading, reading.span(name));
    else
      input.value = word(value, join_path(path, name.text), reading);
    if (std::ranges::find(literal_types, input.type) != literal_types.end())
      read_literal(input, value, join_path(path, name.text), reading);
    else if (value.kind == Node::Kind::mapping && input.type.empty())
      input.type = "uri_folder";  // Azure ML's default
    job.inputs.emplace(name.text, std::move(input));
  }
}

void read_outputs(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "outputs by name");
  for (const auto& [name, value] : node.fields) {
    check_binding_name(name, "outputs", reading);
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

void read_docker_arguments(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  if (node.kind != Node::Kind::sequence) {
    job.docker_arguments = word(node, path, reading);
    return;
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; i < node.items.size(); ++i) words.push_back(word(node.items[i], indexed(path, i), reading));
  job.docker_arguments = join(words, " ");
}

const Shape<JobIdentity>& identity_shape() {
  static const Shape<JobIdentity> shape = [] {
    Shape<JobIdentity> made("Whose rights the command has");
    made.field("type", "managed, user_identity or aml_token", {{"type", "string"}},
               [](JobIdentity& into, const Node& node, const std::string& path, Reading& reading) {
                 std::string type = to_lower(word(node, path, reading));
                 if (type == "managed_identity") type = "managed";
                 if (type == "user" || type == "useridentity") type = "user_identity";
                 if (type == "amltoken") type = "aml_token";
                 complain_of_choice(type, {"managed", "user_identity", "aml_token"}, node, path, reading);
                 into.type = std::move(type);
               });
    words(made, "client_id", &JobIdentity::client_id, "Of a user-assigned managed identity");
    words(made, "object_id", &JobIdentity::object_id, "Of a user-assigned managed identity");
    words(made, "msi_resource_id", &JobIdentity::resource_id, "Of a user-assigned managed identity");
    words(made, "resource_id", &JobIdentity::resource_id, "Of a user-assigned managed identity");
    return made;
  }();
  return shape;
}

const Shape<JobService>& service_shape() {
  static const Shape<JobService> shape = [] {
    Shape<JobService> made("Something that runs beside the command");
    for (const char* key : {"type", "job_service_type"})
      words(made, key, &JobService::type, "jupyter_lab, ssh, tensor_board, vs_code or custom");
    number(made, "port", &JobService::port, "Where it listens", 1, 65535);
    made.field("nodes", "all: on each node", {{"type", "string"}},
               [](JobService& into, const Node& node, const std::string& path, Reading& reading) {
                 const std::string nodes = word(node, path, reading);
                 complain_of_choice(nodes, {"all"}, node, path, reading);
                 into.on_all_nodes = nodes == "all";
               });
    dictionary(made, "properties", &JobService::properties, "Of the service");
    const auto property = [&](const char* key, const char* theirs) {
      made.field(key, "Of a service of its type", {{"type", "string"}},
                 [theirs](JobService& into, const Node& node, const std::string& path, Reading& reading) {
                   into.properties[theirs] = word(node, path, reading);
                 });
    };
    property("ssh_public_keys", "sshPublicKeys");
    property("log_dir", "logDir");
    for (const char* key : {"endpoint", "status", "error_message"}) ignored(made, key, "What the service answered");
    return made;
  }();
  return shape;
}

void read_services(JobSpec& job, const Node& node, const std::string& path, Reading& reading) {
  if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "services by name");
  for (const auto& [name, value] : node.fields) {
    check_binding_name(name, "services", reading);
    service_shape().read(job.services[name.text], value, join_path(path, name.text), reading, reading.span(name));
  }
}

const Shape<JobSpec>& queue_shape() {
  static const Shape<JobSpec> shape = [] {
    Shape<JobSpec> made("How it waits");
    made.field("job_tier", "spot, basic, standard or premium", {{"type", "string"}},
               [](JobSpec& into, const Node& node, const std::string& path, Reading& reading) {
                 into.queue_tier = to_lower(word(node, path, reading));
                 complain_of_choice(into.queue_tier, {"spot", "basic", "standard", "premium", "null"}, node, path,
                                    reading);
               });
    ignored(made, "priority", "Of the service");
    return made;
  }();
  return shape;
}

Shape<JobSpec> make_job_shape() {
  const auto self = [](JobSpec& it) -> JobSpec& { return it; };
  Shape<JobSpec> resources("What each node has");
  number(resources, "instance_count", &JobSpec::instances, "Nodes", 1, instances_max);
  words(resources, "instance_type", &JobSpec::instance_type, "VM size, or instance type of a Kubernetes compute");
  words(resources, "shm_size", &JobSpec::shared_memory, "Shared memory of the container, such as 2g");
  resources.field("docker_args", "More for docker run: a text, or a list of arguments",
                  {{"oneOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}},
                  read_docker_arguments);
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
  for (const char* key : {"$schema", "type", "properties", "parent"}) ignored(shape, key, "Of the service");
  shape.section(
      "identity", [](JobSpec& it) -> JobIdentity& { return it.identity; }, identity_shape(),
      "Whose rights the command has");
  shape.field("services", "What runs beside the command", json::object(), read_services);
  shape.section("queue_settings", self, queue_shape(), "How it waits");
  words(shape, "name", &JobSpec::name, "Its name; made up if absent");
  words(shape, "display_name", &JobSpec::display_name, "As people call it");
  words(shape, "experiment_name", &JobSpec::experiment, "What it belongs to");
  words(shape, "description", &JobSpec::description, "What it is for");
  dictionary(shape, "tags", &JobSpec::tags, "Labels");
  words(shape, "command", &JobSpec::command, "What runs, in a shell");
  words(shape, "code", &JobSpec::code, "Folder that the command begins in, as a copy");
  shape.field("environment", "What it runs in: a name, an image, or host", json::object(), read_environment);
  variables(shape, "environment_variables", &JobSpec::variables, "Variables that the command sees");
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

/// Files of az with another type, and what they hold.
struct OtherType {
  std::string_view type, what, key;  ///< key: a section that only this type has; "" for none
};
constexpr std::array<OtherType, 15> other_types = {
    {{"pipeline", "a pipeline: several jobs that need each other", "jobs"},
     {"sweep", "a sweep: a command tried with many parameters", "search_space"},
     {"spark", "a Spark job", "entry"},
     {"automl", "an AutoML job", "task"},
     {"parallel", "a parallel job: one command over many files", "mini_batch_size"},
     {"import", "an import of data", "source"},
     {"finetuning", "a fine-tuning job", "training_data"},
     {"custom_model_finetuning", "a fine-tuning job", ""},
     {"azure_openai_finetuning", "a fine-tuning job", ""},
     {"distillation", "a distillation: one model learns from another", "student_model"},
     {"data_transfer", "a transfer of data", ""},
     {"labeling", "a labeling job: people say what data shows", ""},
     {"batch", "a batch job: a call of an endpoint", ""},
     {"component", "a component: a part of pipelines", ""},
     {"base", "no job that runs", ""}}};

/// What the file is where it is no command job; null where it is one, or says nothing that is known.
const OtherType* other_type(const Node& root) {
  const Node* type = root.find("type");
  const bool is_told = type != nullptr && type->kind != Node::Kind::null && !type->text.empty();
  for (const auto& other : other_types) {
    if (is_told && to_lower(type->text) == other.type) return &other;
    if (!is_told && root.find("command") == nullptr && !other.key.empty() && root.find(other.key) != nullptr)
      return &other;
  }
  return nullptr;
}

/// The type is `command`, in small letters as az has it, or is not said.
void check_type(const Node& root, Reading& reading) {
  const Node* type = root.find("type");
  if (type == nullptr || type->kind == Node::Kind::null || (type->kind == Node::Kind::scalar && type->text.empty()))
    return;
  if (type->kind != Node::Kind::scalar) return reading.wrong_type(*type, "type", "the word command");
  if (type->text == "command") return;
  std::vector<std::string_view> known = {"command"};
  for (const auto& other : other_types) known.push_back(other.type);
  const auto near = nearest(to_lower(type->text), known);
  reading.complain(
      *type, "type: there are no jobs of the type " + printable(type->text),
      near.empty() ? "drover runs command jobs: type: command" : "did you mean " + std::string(near) + "?");
}

/// One document with settings; errors speak of jobs.
Result<Node> job_tree(std::string_view text, const std::shared_ptr<const std::string>& name) {
  const auto refuse = [&](std::uint32_t line, std::string message, std::string hint) {
    return std::unexpected(Error{
        .code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = {name, line, 1}});
  };
  DROVER_TRY(documents, parse_yaml_documents(text, name));
  std::erase_if(documents, [](const Node& node) { return node.kind == Node::Kind::null; });
  if (documents.empty()) return refuse(1, "the job file is empty", "a job has a command: command: python train.py");
  if (documents.size() > 1)
    return refuse(documents[1].line, "a second document begins here, and a file has one job",
                  "put each job in a file of its own, and submit them together: drover job submit FILE...");
  Node& root = documents.front();
  if (const OtherType* other = other_type(root)) {
    const Node* type = root.find("type");
    return refuse(type == nullptr ? root.line : type->line,
                  "this is " + std::string(other->what) + " (type: " + std::string(other->type) + ")",
                  "drover runs command jobs (type: command); az ml job create -f runs the others");
  }
  return std::move(root);
}

void note_places(const Node& node, const std::string& path, int depth, const Reading& reading, JobSpec& job) {
  if (depth == 0) return;
  for (const auto& [key, value] : node.fields) {
    const std::string name = path.empty() ? key.text : path + "." + key.text;
    job.places.emplace(name, reading.span(key));
    note_places(value, name, depth - 1, reading, job);
  }
}

/// As Azure ML has it: unique in a workspace, and part of addresses.
void check_name(const JobSpec& job, const Node& root, Reading& reading) {
  constexpr std::size_t length_max = 255;
  const bool is_name =
      job.name.size() <= length_max && std::ranges::all_of(job.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (const Node* name = root.find("name"); name != nullptr && !is_name)
    reading.complain(*name, "name: " + printable(job.name) + " cannot be the name of a job",
                     "letters, digits, - and _, at most 255; display_name: takes any text");
}

}  // namespace

std::expected<jobs::JobSpec, std::vector<Error>> load_job(std::string_view text, const std::string& file) {
  const auto name = std::make_shared<const std::string>(file);
  auto tree = job_tree(text, name);
  if (!tree) return std::unexpected(std::vector{std::move(tree.error())});
  static const Shape<JobSpec> shape = make_job_shape();
  auto reading = Reading::literal(name);
  JobSpec job{.where = reading.span(*tree)};
  shape.read(job, *tree, "", reading, reading.span(*tree));
  if (const Node* command = tree->find("command")) job.where = reading.span(*command);
  constexpr int places_depth = 3;
  note_places(*tree, "", places_depth, reading, job);
  check_type(*tree, reading);
  check_name(job, *tree, reading);
  if (trim(job.command).empty())
    reading.complain(*tree, "command: missing", "say what is to run: command: python train.py");
  if (reading.errors().empty()) reading.errors() = jobs::check_command(job);
  if (reading.errors().empty()) return job;
  std::ranges::stable_sort(reading.errors(), {},
                           [](const Error& e) { return std::pair(e.where.line, e.where.column); });
  return std::unexpected(std::move(reading.errors()));
}

}  // namespace drover::codec
