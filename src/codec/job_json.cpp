#include "codec/job_json.hpp"

#include <nlohmann/json.hpp>

namespace drover::codec {
namespace {

using jobs::JobRecord;
using jobs::JobSpec;
using nlohmann::json;

/// One list of members for both directions: `field(name, member)`.
template <class Spec, class F>
void spec_fields(Spec& spec, F&& field) {
  field("name", spec.name);
  field("display_name", spec.display_name);
  field("experiment_name", spec.experiment);
  field("description", spec.description);
  field("tags", spec.tags);
  field("command", spec.command);
  field("code", spec.code);
  field("environment_variables", spec.variables);
  field("compute", spec.compute);
  field("instance_count", spec.instances);
  field("instance_type", spec.instance_type);
  field("shm_size", spec.shared_memory);
  field("docker_args", spec.docker_arguments);
  field("timeout_s", spec.timeout);
  field("distribution", spec.distribution.type);
  field("processes_per_instance", spec.distribution.processes_per_instance);
  field("environment", spec.environment.reference);
  field("image", spec.environment.image);
  field("conda_file", spec.environment.conda_file);
  field("build_path", spec.environment.build_path);
}

/// Members of a spec that records of earlier versions have not.
template <class Spec, class F>
void later_spec_fields(Spec& spec, F&& field) {
  field("conda", spec.environment.conda);
  field("dockerfile_path", spec.environment.dockerfile);
  field("identity", spec.identity.type);
  field("identity_client_id", spec.identity.client_id);
  field("identity_object_id", spec.identity.object_id);
  field("identity_resource_id", spec.identity.resource_id);
  field("queue_tier", spec.queue_tier);
  field("services", spec.services);
}

template <class Record, class F>
void record_fields(Record& job, F&& field) {
  field("id", job.id);
  field("owner", job.owner);
  field("folder", job.folder);
  field("reason", job.reason);
  field("order", job.order);
  field("priority", job.priority);
  field("attempt", job.attempt);
  field("confined", job.confined);
  field("cancel_asked", job.cancel_asked);
  field("submitted_us", job.submitted);
  field("started_us", job.started);
  field("stopping_us", job.stopping);
  field("ended_us", job.ended);
}

/// Members that records of earlier versions have not.
template <class Record, class F>
void later_fields(Record& job, F&& field) {
  field("target", job.target);
  field("kubeconfig", job.kubeconfig);
  field("log_begin", job.log_begin);
  field("leaves_traces", job.leaves_traces);
  field("chosen", job.chosen);
  field("foretold_wait_s", job.foretold_wait);
  field("foretold_run_s", job.foretold_run);
  field("retries", job.retries);
  field("failures", job.failures);
  field("node_size", job.node_size);
  field("low_priority", job.low_priority);
  field("again_us", job.again);
  field("store", job.store);
  field("past", job.past);
  field("notes", job.notes);
  field("caller", job.caller);
}

template <class T>
json value_of(const T& value) {
  return value;
}
json value_of(const std::map<std::string, jobs::JobService>& services) {
  json all = json::object();
  for (const auto& [name, service] : services)
    all[name] = {{"type", service.type},
                 {"port", service.port},
                 {"on_all_nodes", service.on_all_nodes},
                 {"properties", service.properties}};
  return all;
}
json value_of(const jobs::JobTarget& target) { return jobs::target_text(target); }
json value_of(const Duration& value) { return to_seconds(value); }
json value_of(const Instant& value) { return value.time_since_epoch().count(); }
json value_of(const std::vector<jobs::PastAttempt>& past) {
  json all = json::array();
  for (const auto& each : past)
    all.push_back({{"attempt", each.attempt},
                   {"reason", each.reason},
                   {"started_us", value_of(each.started)},
                   {"ended_us", value_of(each.ended)}});
  return all;
}

template <class T>
void set(T& into, const json& value) {
  into = value.get<T>();
}
void set(jobs::JobTarget& into, const json& value) {
  const auto target = jobs::parse_target(value.get_ref<const std::string&>());
  if (!target) throw json::other_error::create(501, "not a target of jobs: " + value.dump(), &value);
  into = *target;
}
void set(Duration& into, const json& value) { into = from_seconds(value.get<double>()); }
void set(Instant& into, const json& value) { into = Instant(Duration(value.get<std::int64_t>())); }
void set(std::map<std::string, jobs::JobService>& into, const json& value) {
  for (const auto& [name, service] : value.items())
    into[name] = {.type = service.at("type"),
                  .port = service.at("port"),
                  .on_all_nodes = service.at("on_all_nodes"),
                  .properties = service.at("properties")};
}
void set(std::vector<jobs::PastAttempt>& into, const json& value) {
  for (const auto& each : value) {
    jobs::PastAttempt past{.attempt = each.at("attempt"), .reason = each.at("reason")};
    set(past.started, each.at("started_us"));
    set(past.ended, each.at("ended_us"));
    into.push_back(std::move(past));
  }
}

json inputs_json(const JobSpec& spec) {
  json all = json::object();
  for (const auto& [name, input] : spec.inputs)
    all[name] = {{"type", input.type},
                 {"value", input.value},
                 {"path", input.path},
                 {"mode", input.mode},
                 {"optional", input.optional}};
  return all;
}

json outputs_json(const JobSpec& spec) {
  json all = json::object();
  for (const auto& [name, output] : spec.outputs)
    all[name] = {{"type", output.type},
                 {"path", output.path},
                 {"mode", output.mode},
                 {"name", output.name},
                 {"version", output.version}};
  return all;
}

JobRecord read_record(const json& from) {
  JobRecord job;
  const json& spec = from.at("spec");
  record_fields(job, [&](const char* name, auto& member) { set(member, from.at(name)); });
  later_fields(job, [&](const char* name, auto& member) {
    if (const auto at = from.find(name); at != from.end()) set(member, *at);
  });
  spec_fields(job.spec, [&](const char* name, auto& member) { set(member, spec.at(name)); });
  later_spec_fields(job.spec, [&](const char* name, auto& member) {
    if (const auto at = spec.find(name); at != spec.end()) set(member, *at);
  });
  const auto state = jobs::parse_state(from.at("state").get_ref<const std::string&>());
  if (!state) throw json::other_error::create(501, "no such state", &from);
  job.state = *state;
  if (const auto code = from.find("exit_code"); code != from.end()) job.exit_code = code->get<int>();
  for (const auto& [name, input] : spec.at("inputs").items())
    job.spec.inputs[name] = {.type = input.at("type"),
                             .value = input.at("value"),
                             .path = input.at("path"),
                             .mode = input.at("mode"),
                             .optional = input.at("optional")};
  for (const auto& [name, output] : spec.at("outputs").items())
    job.spec.outputs[name] = {.type = output.at("type"),
                              .path = output.at("path"),
                              .mode = output.at("mode"),
                              .name = output.value("name", ""),
                              .version = output.value("version", "")};
  return job;
}

}  // namespace

json to_json(const JobRecord& job) {
  json spec = json::object(), out = json::object();
  spec_fields(job.spec, [&](const char* name, const auto& member) { spec[name] = value_of(member); });
  later_spec_fields(job.spec, [&](const char* name, const auto& member) { spec[name] = value_of(member); });
  spec["inputs"] = inputs_json(job.spec);
  spec["outputs"] = outputs_json(job.spec);
  record_fields(job, [&](const char* name, const auto& member) { out[name] = value_of(member); });
  later_fields(job, [&](const char* name, const auto& member) { out[name] = value_of(member); });
  out["state"] = jobs::state_name(job.state);
  if (job.exit_code) out["exit_code"] = *job.exit_code;
  out["spec"] = std::move(spec);
  return out;
}

Result<JobRecord> job_from_json(const json& from) {
  try {
    return read_record(from);
  } catch (const json::exception& error) {
    return fail(Code::corrupt, std::string("not a job: ") + error.what());
  }
}

}  // namespace drover::codec
