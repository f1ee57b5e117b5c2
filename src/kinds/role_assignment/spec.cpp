#include "kinds/role_assignment/spec.hpp"

namespace drover {
namespace {

bool is_guid(std::string_view name) {
  return every(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

}  // namespace

constinit const KindInfo RoleAssignment::info = {
    .name = "role-assignment",
    .title = "role assignment",
    .arm_type = "Microsoft.Authorization/roleAssignments",
    .api_version = "2022-04-01",  // authorization-RoleAssignmentsCalls.json
    .name_rule = {.length_min = 36,
                  .length_max = 36,
                  .has_form = is_guid,
                  .sentence = "a role assignment is named by a GUID",
                  .source = "authorization-RoleAssignmentsCalls.json"},
    .timings = {.create = {1.5, 0.15}, .remove = catalog::Timing{1.2, 0.15}},
};

std::string RoleAssignment::summary() const { return role; }

}  // namespace drover
