#include "codec/resource_json.hpp"

#include <nlohmann/json.hpp>

#include "codec/contents_json.hpp"

namespace drover::codec {
namespace {

using nlohmann::json;

json value_of(const std::string& value) { return value; }
json value_of(std::int64_t value) { return value; }
json value_of(bool value) { return value; }
json value_of(SoftDeleted value) { return static_cast<std::int64_t>(value); }
json value_of(Duration value) { return to_seconds(value); }
json value_of(const std::optional<NodeBounds>& bounds) {
  return bounds ? json{{"least", bounds->least}, {"most", bounds->most}} : json(false);
}

void set(std::string& into, const json& value) { into = value.get<std::string>(); }
void set(std::int64_t& into, const json& value) {
  // A number with a fraction or beyond 64 bits comes as a double, whose cast would mean nothing.
  if (!value.is_number_integer()) throw json::other_error::create(501, "not a whole number: " + value.dump(), &value);
  into = value.get<std::int64_t>();
}
void set(SoftDeleted& into, const json& value) {
  const auto way = value.get<std::int64_t>();
  if (way < 0 || way > static_cast<std::int64_t>(SoftDeleted::automatic))
    throw json::other_error::create(501, "not a way with deleted vaults: " + value.dump(), &value);
  into = static_cast<SoftDeleted>(way);
}
void set(bool& into, const json& value) { into = value.get<bool>(); }
Duration duration_of(double seconds) {
  constexpr double seconds_max = 1e12;  // 30,000 years, and in microseconds still well inside 64 bits
  if (!(seconds >= -seconds_max && seconds <= seconds_max))
    throw json::other_error::create(501, "not a duration: " + std::to_string(seconds), nullptr);
  return from_seconds(seconds);
}
void set(Duration& into, const json& value) { into = duration_of(value.get<double>()); }

void set(std::optional<NodeBounds>& into, const json& value) {
  into.reset();
  if (value.is_boolean()) return;  // off
  set(into.emplace().least, value.at("least"));
  set(into->most, value.at("most"));
}

/// Members that no plan compares but that creation needs; not every kind has some.
template <class S, class F>
void creation_fields(S& spec, F&& field) {
  if constexpr (requires { S::creation_fields(spec, field); }) S::creation_fields(spec, field);
}

json spec_json(const Spec& spec) {
  json fields = json::object();
  std::visit(
      [&](auto copy) {
        copy.fields(copy, [&](const char* name, const auto& value, Change) { fields[name] = value_of(value); });
        creation_fields(copy, [&](const char* name, const auto& value) { fields[name] = value_of(value); });
      },
      spec);
  return fields;
}

Spec spec_from(Kind kind, const json& fields) {
  Spec spec = make_spec(kind);
  std::visit(
      [&](auto& value) {
        const auto read = [&](const char* name, auto& member) {
          if (const auto it = fields.find(name); it != fields.end()) set(member, *it);
        };
        value.fields(value, [&](const char* name, auto& member, Change) { read(name, member); });
        creation_fields(value, read);
      },
      spec);
  return spec;
}

Resource read_resource(const json& from) {
  const auto kind = parse_kind(from.at("kind").get_ref<const std::string&>());
  if (!kind) throw json::other_error::create(501, "unknown kind " + from.at("kind").get<std::string>(), &from);
  // States and plans of earlier versions hold keys as the estate spelled them.
  Resource resource{.key = canonical_key(from.at("key").get_ref<const std::string&>()),
                    .name = from.at("name"),
                    .account = from.at("account"),
                    .arm_id = from.at("id"),
                    .spec = spec_from(*kind, from.at("spec"))};
  if (const auto it = from.find("needs"); it != from.end())
    for (const auto& need : *it) resource.needs.push_back(canonical_key(need.get_ref<const std::string&>()));
  resource.goes_with = canonical_key(from.value("goes_with", ""));
  if (auto* role = std::get_if<RoleAssignment>(&resource.spec)) role->principal = canonical_key(role->principal);
  resource.is_protected = from.value("protected", false);
  return resource;
}

json to_json(const FieldChange& change) {
  return {{"field", change.field},
          {"before", change.before},
          {"after", change.after},
          {"replaces", change.how == Change::replace}};
}

json to_json(const planning::Action& action) {
  json out = {{"action", planning::action_name(action.kind)},
              {"resource", codec::to_json(action.resource)},
              {"reason", action.reason},
              {"expected_s", to_seconds(action.expected)},
              {"usd_per_hour", action.per_hour.dollars()},
              {"usd_per_hour_before", action.per_hour_before.dollars()},
              {"after", action.after}};
  if (!action.comes_with.empty()) out["comes_with"] = action.comes_with;
  for (const auto& one : action.along)
    out["along"].push_back({{"name", one.name}, {"id", one.arm_id}, {"usd_per_hour", one.per_hour.dollars()}});
  if (action.old) out["old"] = codec::to_json(*action.old);
  for (const auto& change : action.changes) out["changes"].push_back(to_json(change));
  return out;
}

planning::Action read_action(const json& from) {
  planning::Action action;
  const auto& name = from.at("action").get_ref<const std::string&>();
  constexpr std::array kinds = {planning::ActionKind::create, planning::ActionKind::adopt,
                                planning::ActionKind::update, planning::ActionKind::replace,
                                planning::ActionKind::settle, planning::ActionKind::remove,
                                planning::ActionKind::forget};
  bool known = false;
  for (const auto kind : kinds)
    if (name == planning::action_name(kind)) {
      action.kind = kind;
      known = true;
    }
  if (!known) throw json::other_error::create(501, "unknown action " + name, &from);
  action.resource = read_resource(from.at("resource"));
  action.reason = from.value("reason", "");
  action.expected = duration_of(from.value("expected_s", 0.0));
  action.per_hour = Money::usd(from.value("usd_per_hour", 0.0));
  action.per_hour_before = Money::usd(from.value("usd_per_hour_before", 0.0));
  action.after = from.value("after", std::vector<std::uint32_t>{});
  action.comes_with = canonical_key(from.value("comes_with", ""));
  for (const auto& one : from.value("along", json::array()))
    action.along.push_back({one.at("name"), one.at("id"), Money::usd(one.value("usd_per_hour", 0.0))});
  if (const auto it = from.find("old"); it != from.end()) action.old = read_resource(*it);
  for (const auto& change : from.value("changes", json::array()))
    action.changes.push_back({change.at("field"), change.at("before"), change.at("after"),
                              change.value("replaces", false) ? Change::replace : Change::in_place});
  return action;
}

}  // namespace

json to_json(const Resource& resource) {
  json out = {{"key", resource.key},   {"kind", kind_name(resource.kind())},
              {"name", resource.name}, {"account", resource.account},
              {"id", resource.arm_id}, {"spec", spec_json(resource.spec)}};
  if (!resource.needs.empty()) out["needs"] = resource.needs;
  if (!resource.goes_with.empty()) out["goes_with"] = resource.goes_with;
  if (resource.is_protected) out["protected"] = true;
  return out;
}

Result<Resource> resource_from_json(const json& from) {
  try {
    return read_resource(from);
  } catch (const json::exception& error) {
    return fail(Code::corrupt, std::string("not a resource: ") + error.what());
  }
}

json to_json(const planning::Unmanaged& one) {
  json out = {{"name", one.name}, {"id", one.arm_id}, {"usd_per_hour", one.per_hour.dollars()}};
  if (one.spec)
    for (const auto& [field, value] : describe(*one.spec)) out["observed"][field] = value;
  return out;
}

json to_json(const planning::Plan& plan) {
  json out = {{"format", 1},
              {"estate", plan.estate},
              {"cloud", plan.cloud},
              {"destroys", plan.destroys},
              {"actions", json::array()},
              {"refusals", json::array()},
              {"notes", plan.notes},
              {"unchanged", plan.unchanged},
              {"usd_per_hour", plan.per_hour.dollars()},
              {"critical_path", {{"seconds", to_seconds(plan.critical_path_length)}, {"keys", plan.critical_path}}},
              {"fingerprints", plan.fingerprints}};
  for (const auto& action : plan.actions) out["actions"].push_back(to_json(action));
  using planning::ActionKind;
  out["counts"] = {{"create", plan.count(ActionKind::create)},
                   {"update", plan.count(ActionKind::update)},
                   {"replace", plan.count(ActionKind::replace)},
                   {"delete", plan.count(ActionKind::remove)},
                   {"along", plan.along_count()}};
  for (const auto& one : plan.unmanaged) out["unmanaged"].push_back(codec::to_json(one));
  for (const auto& refusal : plan.refusals)
    out["refusals"].push_back({{"key", refusal.key}, {"reason", refusal.reason}, {"hint", refusal.hint}});
  for (const auto& contents : plan.contents) out["contents"].push_back(to_json(contents));
  return out;
}

Result<planning::Plan> plan_from_json(const json& from) {
  try {
    if (!from.is_object() || from.value("format", 0) != 1)
      return fail(Code::corrupt, "not a plan of this version of drover", "make the plan again");
    planning::Plan plan;
    plan.estate = from.at("estate");
    plan.cloud = from.at("cloud");
    plan.destroys = from.value("destroys", false);
    for (const auto& action : from.at("actions")) plan.actions.push_back(read_action(action));
    for (const auto& action : plan.actions)
      for (const auto before : action.after)
        if (before >= plan.actions.size()) return fail(Code::corrupt, "the plan names an action that it does not have");
    for (const auto& refusal : from.at("refusals"))
      plan.refusals.push_back({refusal.at("key"), refusal.at("reason"), refusal.at("hint")});
    for (const auto& contents : from.value("contents", json::array())) plan.contents.push_back(read_contents(contents));
    for (const auto& one : from.value("unmanaged", json::array()))
      plan.unmanaged.push_back(
          {.name = one.at("name"), .arm_id = one.at("id"), .per_hour = Money::usd(one.value("usd_per_hour", 0.0))});
    plan.notes = from.value("notes", std::vector<std::string>{});
    plan.unchanged = from.value("unchanged", std::size_t{0});
    plan.per_hour = Money::usd(from.value("usd_per_hour", 0.0));
    plan.critical_path_length = duration_of(from.at("critical_path").at("seconds"));
    plan.critical_path = from.at("critical_path").at("keys").get<std::vector<std::string>>();
    plan.fingerprints = from.at("fingerprints").get<std::map<std::string, std::string>>();
    return plan;
  } catch (const json::exception& error) {
    return fail(Code::corrupt, std::string("not a plan: ") + error.what(), "make the plan again");
  }
}

json to_json(const Error& error) {
  json out = {{"code", code_name(error.code)}, {"message", error.message}};
  if (!error.hint.empty()) out["hint"] = error.hint;
  if (!error.service_code.empty()) out["service_code"] = error.service_code;
  if (error.where) {
    out["where"] = {{"file", *error.where.file}, {"line", error.where.line}, {"column", error.where.column}};
  }
  return out;
}

Error error_from_json(const json& from) {
  Error error{.code = parse_code(from.value("code", "internal")).value_or(Code::internal),
              .message = from.value("message", "")};
  error.hint = from.value("hint", "");
  error.service_code = from.value("service_code", "");
  if (const auto it = from.find("where"); it != from.end())
    error.where = {std::make_shared<const std::string>(it->value("file", "")), it->value("line", 0u),
                   it->value("column", 0u)};
  return error;
}

}  // namespace drover::codec
