// How Azure's services spell this kind.
#include "kinds/role_assignment/spec.hpp"

#include "base/text.hpp"
#include "drivers/azure/azure_kind.hpp"
#include "drivers/azure/wire/built_in_roles.hpp"
#include "model/arm_id.hpp"

namespace drover {
namespace {

using namespace azure;
using namespace azure::wire;
using nlohmann::json;

json create(const Resource&, const RoleAssignment&, const Given& given) {
  return {{"properties",
           {{"roleDefinitionId", given.role_definition_id},
            {"principalId", given.principal_id},
            {"principalType", "ServicePrincipal"}}}};
}

RoleAssignment read(const RoleAssignment& desired, const json&, const json& properties) {
  RoleAssignment role = desired;
  const std::string definition = text(properties, "roleDefinitionId");
  const auto guid = built_in_role(desired.role);
  if (!guid.empty() && !equals_ignore_case(arm_id::name_of(definition), guid)) role.role = definition;
  if (const auto scope = text(properties, "scope"); !scope.empty()) role.scope = scope;
  return role;
}

}  // namespace

constinit const AzureKind<RoleAssignment> RoleAssignment::in_azure = {.create = create, .read = read};

}  // namespace drover
