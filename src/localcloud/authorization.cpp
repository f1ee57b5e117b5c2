// Role definitions and role assignments at any scope (Microsoft.Authorization). Assignments are kept and shown, not
// enforced: every principal of the local cloud may do everything.
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/filter.hpp"
#include "localcloud/names.hpp"
#include "localcloud/roles.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view assignments = "/providers/Microsoft.Authorization/roleAssignments";

const std::string& scope_of(const Call& call) { return call.names[0]; }

/// "/subscriptions/S" of a scope below one; "" for wider scopes.
std::string subscription_of(std::string_view scope) {
  const auto pieces = split(scope, '/');
  if (pieces.size() < 3 || !equals_ignore_case(pieces[1], "subscriptions")) return "";
  return "/subscriptions/" + std::string(pieces[2]);
}

// Definitions.

Json definition_json(const std::string& scope, const Role& role) {
  Json actions = Json::array({role.action});
  const Json none = Json::array();
  return {{"properties",
           {{"roleName", role.name},
            {"type", "BuiltInRole"},
            {"description", role.description},
            {"assignableScopes", {"/"}},
            {"permissions",
             {{{"actions", role.is_data ? none : actions},
               {"notActions", none},
               {"dataActions", role.is_data ? actions : none},
               {"notDataActions", none}}}},
            {"createdOn", "2015-02-02T21:55:09.8806423Z"},
            {"updatedOn", "2023-08-21T15:35:37.1131804Z"},
            {"createdBy", nullptr},
            {"updatedBy", nullptr}}},
          {"id", subscription_of(scope) + "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(role.id)},
          {"type", "Microsoft.Authorization/roleDefinitions"},
          {"name", role.id}};
}

http::Response list_definitions(Call& call) {
  const Filter filter = parse_filter(call.query("$filter"));
  const std::string wanted = filter.value("roleName");
  Json value = Json::array();
  for (const auto& role : roles())
    if (wanted.empty() || equals_ignore_case(wanted, role.name)) value.push_back(definition_json(scope_of(call), role));
  return answer(200, Json{{"value", std::move(value)}});
}

http::Response get_definition(Call& call) {
  const Role* role = find_role(call.names[1]);
  if (role == nullptr)
    return refuse(404, "RoleDefinitionDoesNotExist",
                  "The specified role definition with ID '" + call.names[1] + "' does not exist.");
  return answer(200, definition_json(scope_of(call), *role));
}

// Assignments.

std::string assignment_id(const Call& call) { return scope_of(call) + std::string(assignments) + "/" + call.names[1]; }

bool is_assignment(std::string_view key) {
  return key.find("/providers/microsoft.authorization/roleassignments/") != std::string_view::npos;
}

/// Refuses a scope that is not there; nothing when it is (or is wider than a group, where all are).
std::optional<http::Response> check_scope_exists(const Call& call) {
  const std::string& scope = scope_of(call);
  const auto pieces = split(scope, '/');
  if (pieces.size() < 5 || !equals_ignore_case(pieces[3], "resourcegroups")) return std::nullopt;
  const std::string group =
      "/" + join({"subscriptions", std::string(pieces[2]), "resourcegroups", std::string(pieces[4])}, "/");
  const Resource* found = call.world.find(to_lower(group));
  if (found == nullptr) return group_not_found(pieces[4]);
  if (found->state == "Deleting") return group_being_deleted(pieces[4]);
  if (pieces.size() > 5 && call.world.find(to_lower(scope)) == nullptr) return resource_not_found(scope);
  return std::nullopt;
}

struct Grant {
  std::string principal, role;  ///< object id; GUID of the definition
};
Grant grant_of(const Json& body) {
  return {to_lower(text_at(body, {"properties", "principalId"})),
          to_lower(last_name(text_at(body, {"properties", "roleDefinitionId"})))};
}

/// The id of an assignment of the same role to the same principal at this very scope; "" when there is none.
std::string same_grant(const Call& call, const Grant& grant) {
  const std::string prefix = to_lower(scope_of(call) + std::string(assignments)) + "/";
  const auto& all = call.world.resources();
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    const Grant other = grant_of(*parse_body(it->second.body));
    if (other.principal == grant.principal && other.role == grant.role) return it->second.id;
  }
  return "";
}

std::optional<http::Response> check_assignment(const Call& call) {
  if (!is_guid(call.names[1]))
    return refuse(
        400, "InvalidRoleAssignmentId",
        "The role assignment ID '" + call.names[1] + "' is not valid. The role assignment ID must be a GUID.");
  if (text_at(call.body, {"properties", "principalId"}).empty() ||
      text_at(call.body, {"properties", "roleDefinitionId"}).empty())
    return refuse(400, "InvalidCreateRoleAssignmentRequest",
                  "The request was incorrectly formatted: principalId and roleDefinitionId are required.");
  const Grant grant = grant_of(call.body);
  if (!is_guid(grant.principal))
    return refuse(400, "InvalidPrincipalId",
                  "A valid principal ID must be provided for role assignment: '" + grant.principal + "' is no GUID.");
  if (!is_guid(grant.role))
    return refuse(400, "RoleDefinitionDoesNotExist",
                  "The specified role definition with ID '" + grant.role + "' does not exist.");
  return check_scope_exists(call);
}

Json assignment_json(const Call& call) {
  const std::string now = azure_time(call.now());
  const std::string type = text_at(call.body, {"properties", "principalType"});
  const auto given = [&](std::string_view name) {
    const Json* value = at(call.body, {"properties", name});
    return value == nullptr ? Json(nullptr) : *value;
  };
  return {{"properties",
           {{"roleDefinitionId", text_at(call.body, {"properties", "roleDefinitionId"})},
            {"principalId", text_at(call.body, {"properties", "principalId"})},
            {"principalType", type.empty() ? "ServicePrincipal" : type},
            {"scope", scope_of(call)},
            {"condition", given("condition")},
            {"conditionVersion", given("conditionVersion")},
            {"createdOn", now},
            {"updatedOn", now},
            {"createdBy", call.caller.object_id},
            {"updatedBy", call.caller.object_id},
            {"delegatedManagedIdentityResourceId", nullptr},
            {"description", given("description")}}},
          {"id", assignment_id(call)},
          {"type", "Microsoft.Authorization/roleAssignments"},
          {"name", call.names[1]}};
}

http::Response put_assignment(Call& call) {
  if (auto refusal = check_assignment(call)) return std::move(*refusal);
  const Grant grant = grant_of(call.body);
  if (const Resource* present = call.world.find(to_lower(assignment_id(call)))) {
    const Grant before = grant_of(*parse_body(present->body));
    if (before.principal == grant.principal && before.role == grant.role) return answer(200, present->body);
    return refuse(409, "RoleAssignmentUpdateNotPermitted",
                  "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.");
  }
  if (!same_grant(call, grant).empty())
    return refuse(409, "RoleAssignmentExists", "The role assignment already exists.");
  call.world.takes(RoleAssignment::kind, catalog::Verb::create);
  return answer(201, call.world.put(assignment_id(call), dump(assignment_json(call))).body);
}

http::Response get_assignment(Call& call) {
  const Resource* present = call.world.find(to_lower(assignment_id(call)));
  if (present == nullptr)
    return refuse(404, "RoleAssignmentNotFound", "The role assignment '" + call.names[1] + "' is not found.");
  return answer(200, present->body);
}

http::Response delete_assignment(Call& call) {
  const std::string key = to_lower(assignment_id(call));
  const Resource* present = call.world.find(key);
  if (present == nullptr) return answer(204);
  const std::string body = present->body;
  call.world.takes(RoleAssignment::kind, catalog::Verb::remove);
  call.world.erase(key);
  return answer(200, body);
}

/// True when an assignment at `at` counts for `scope`: it lies there, above it, or (unless `only_at`) below it.
bool counts(std::string_view at, std::string_view scope, bool only_at) {
  const auto within = [](std::string_view inner, std::string_view outer) {
    return starts_with_ignore_case(inner, outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
  };
  return within(scope, at) || (!only_at && within(at, scope));
}

http::Response list_assignments(Call& call) {
  const std::string text = call.query("$filter");
  const bool only_at = to_lower(text).find("atscope()") != std::string::npos;
  std::string principal = parse_filter(text).value("principalId");
  // assignedTo('id'): the local cloud has no groups, so it means the principal itself.
  if (const auto at = text.find("assignedTo('"); at != std::string::npos)
    principal = text.substr(at + 12, text.find('\'', at + 12) - at - 12);
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    for (auto it = last.empty() ? all.begin() : all.upper_bound(last); it != all.end(); ++it) {
      if (!is_assignment(it->first)) continue;
      const Json body = *parse_body(it->second.body);
      if (!counts(text_at(body, {"properties", "scope"}), scope_of(call), only_at)) continue;
      if (!principal.empty() && !equals_ignore_case(principal, text_at(body, {"properties", "principalId"}))) continue;
      return {it->first, it->second.body};
    }
    return {};
  });
}

}  // namespace

void add_authorization_routes(Routes& routes) {
  const std::string provider = "{scope}/providers/microsoft.authorization/";
  routes.add("GET", provider + "roledefinitions", list_definitions);
  routes.add("GET", provider + "roledefinitions/{}", get_definition);
  routes.add("GET", provider + "roleassignments", list_assignments);
  routes.add("PUT", provider + "roleassignments/{}", put_assignment);
  routes.add("GET", provider + "roleassignments/{}", get_assignment);
  routes.add("DELETE", provider + "roleassignments/{}", delete_assignment);
}

}  // namespace drover::localcloud
