// Experiments of MLflow: the ones that scripts make, and the one that is always there.
#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "control/tracking.hpp"
#include "control/tracking_rules.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

constexpr std::string_view shelf_experiments = "tracking/experiment/";
constexpr std::size_t number_digits = 12;

std::int64_t milliseconds(Instant instant) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

/// Padded, so that keys are in the order of numbers.
std::string key_of(const std::string& id) {
  return std::string(shelf_experiments) + std::string(number_digits - std::min(id.size(), number_digits), '0') + id;
}

json default_experiment() {
  return {{"experiment_id", "0"}, {"name", "Default"}, {"artifact_location", ""}, {"lifecycle_stage", "active"}};
}

Error no_experiment(const std::string& id) {
  return {.code = Code::not_found, .message = "No Experiment with id=" + printable(id) + " exists"};
}

Error name_taken(const json& by) {
  std::string message = "Experiment '" + printable(by.value("name", "")) + "' already exists";
  if (by.value("lifecycle_stage", "") == "active") return {.code = Code::already_exists, .message = message + "."};
  return {.code = Code::already_exists,
          .message = message + " in deleted state.",
          .hint = "restore it, or take another name"};
}

Status check_tag(const std::string& key_path, const std::string& key, const std::string& value_path,
                 const std::string& value) {
  DROVER_CHECK(check_tracking_name(key_path, key));
  return check_length(value_path, value, experiment_tag_value_characters_max);
}

/// Each key once: the last value stands.
void put_tag(json& tags, const std::string& key, const std::string& value) {
  const auto known = std::ranges::find(tags, key, [](const json& tag) { return tag.value("key", ""); });
  if (known != tags.end())
    (*known)["value"] = value;
  else
    tags.push_back({{"key", key}, {"value", value}});
}

Result<json> tags_of(const json& asked) {
  json tags = json::array();
  for (std::size_t i = 0; asked.is_array() && i < asked.size(); ++i) {
    const std::string key = asked[i].value("key", ""), value = asked[i].value("value", "");
    DROVER_CHECK(check_tag(indexed("tags", i) + ".key", key, indexed("tags", i) + ".value", value));
    put_tag(tags, key, value);
  }
  return tags;
}

}  // namespace

Result<std::vector<json>> Tracking::experiments() {
  DROVER_TRY(kept, store_.scan(shelf_experiments));
  std::vector<json> list;
  // The default one is kept from its first change on.
  if (kept.empty() || kept.front().first != key_of("0")) list.push_back(default_experiment());
  for (const auto& [key, text] : kept) list.push_back(parse_json(text));
  return list;
}

Result<json> Tracking::experiment(const std::string& id) {
  DROVER_TRY(all, experiments());
  for (auto& each : all)
    if (each.value("experiment_id", "") == id) return std::move(each);
  return std::unexpected(no_experiment(id));
}

Result<json> Tracking::experiment_by_name(const std::string& name) {
  DROVER_TRY(all, experiments());
  for (auto& each : all)
    if (each.value("name", "") == name) return std::move(each);
  return fail(Code::not_found, "Could not find experiment with name '" + printable(name) + "'");
}

Result<std::string> Tracking::create_experiment(const std::string& name, const json& tags, Instant now,
                                                const std::string& artifact_location) {
  DROVER_CHECK(check_experiment_name(name));
  if (const auto known = experiment_by_name(name)) return std::unexpected(name_taken(*known));
  DROVER_TRY(kept_tags, tags_of(tags));
  DROVER_TRY(all, experiments());
  std::string id = std::to_string(all.size());
  const json kept = {{"experiment_id", id},
                     {"name", name},
                     {"artifact_location", artifact_location},
                     {"lifecycle_stage", "active"},
                     {"creation_time", milliseconds(now)},
                     {"last_update_time", milliseconds(now)},
                     {"tags", kept_tags}};
  DROVER_CHECK(store_.commit({{key_of(id), kept.dump()}}));
  return id;
}

Result<json> Tracking::experiment_in(const std::string& id, const char* stage) {
  DROVER_TRY(found, experiment(id));
  if (found.value("lifecycle_stage", "") != stage) return std::unexpected(no_experiment(id));
  return found;
}

Result<json> Tracking::active_experiment(const std::string& id) {
  DROVER_TRY(found, experiment(id));
  const std::string stage = found.value("lifecycle_stage", "");
  if (stage == "active") return found;
  return fail(Code::invalid_input,
              "The experiment " + id + " must be in the 'active' state. Current state is " + stage + ".");
}

Status Tracking::put_experiment(json experiment, Instant now, std::vector<StoreWrite> beside) {
  experiment["last_update_time"] = milliseconds(now);
  beside.push_back({key_of(experiment.value("experiment_id", "")), experiment.dump()});
  return store_.commit(beside);
}

Status Tracking::rename_experiment(const std::string& id, const std::string& name, Instant now) {
  DROVER_TRY(found, experiment(id));
  DROVER_CHECK(check_experiment_name(name));
  if (found.value("lifecycle_stage", "") != "active")
    return fail(Code::precondition, "Cannot rename a non-active experiment.");
  if (const auto known = experiment_by_name(name); known && known->value("experiment_id", "") != id)
    return std::unexpected(name_taken(*known));
  found["name"] = name;
  return put_experiment(std::move(found), now);
}

Status Tracking::move_experiment(const std::string& id, const char* from, const char* to, Instant now) {
  DROVER_TRY(found, experiment_in(id, from));
  DROVER_TRY(its_runs, runs({id}));
  std::vector<StoreWrite> moved;
  for (const auto& run : its_runs) {
    DROVER_TRY(write, run_moved(run.at("info").value("run_id", ""), to));
    moved.push_back(std::move(write));
  }
  found["lifecycle_stage"] = to;
  return put_experiment(std::move(found), now, std::move(moved));
}

Status Tracking::delete_experiment(const std::string& id, Instant now) {
  return move_experiment(id, "active", "deleted", now);
}

Status Tracking::restore_experiment(const std::string& id, Instant now) {
  return move_experiment(id, "deleted", "active", now);
}

Status Tracking::tag_experiment(const std::string& id, const std::string& key, const std::string& value, Instant now) {
  DROVER_CHECK(check_tag("key", key, "value", value));
  DROVER_TRY(found, active_experiment(id));
  if (!found.contains("tags")) found["tags"] = json::array();
  put_tag(found["tags"], key, value);
  return put_experiment(std::move(found), now);
}

Status Tracking::untag_experiment(const std::string& id, const std::string& key, Instant now) {
  DROVER_TRY(found, active_experiment(id));
  const json known = found.value("tags", json::array());
  json rest = json::array();
  for (const auto& tag : known)
    if (tag.value("key", "") != key) rest.push_back(tag);
  if (rest.size() == known.size())
    return fail(Code::not_found, "No tag with name: " + printable(key) + " in experiment with id " + id);
  found["tags"] = std::move(rest);
  return put_experiment(std::move(found), now);
}

}  // namespace drover::control
