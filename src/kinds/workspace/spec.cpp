#include "kinds/workspace/spec.hpp"

namespace drover {
namespace {

bool is_workspace_name(std::string_view name) {
  return is_letter_or_digit(name.front()) &&
         every(name, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

}  // namespace

constinit const KindInfo Workspace::info = {
    .name = "workspace",
    .title = "workspace",
    .arm_type = "Microsoft.MachineLearningServices/workspaces",
    .api_version = "2024-04-01",  // machineLearningServices.json
    .name_rule = {.length_min = 3,
                  .length_max = 33,
                  .has_form = is_workspace_name,
                  .sentence =
                      "a workspace name is 3 to 33 letters, digits, hyphens and underscores, beginning with a letter "
                      "or digit",
                  .source = "machineLearningServices.json 2024-04-01"},
    .timings = {.create = {28, 0.15}, .update = catalog::Timing{8, 0.15}, .remove = catalog::Timing{22, 0.15}},
    .has_members = true,
};

}  // namespace drover
