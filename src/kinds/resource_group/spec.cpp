#include "kinds/resource_group/spec.hpp"

namespace drover {
namespace {

constexpr std::string_view recorded = "estimate: 6 polls at 15 s in the recorded group delete";

bool is_group_name(std::string_view name) {
  constexpr std::string_view marks = "-_.()";
  return every(name, [&](char c) { return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos; }) &&
         name.back() != '.';
}

}  // namespace

constinit const KindInfo ResourceGroup::info = {
    .name = "resource-group",
    .title = "resource group",
    .arm_type = "Microsoft.Resources/resourceGroups",
    .api_version = "2024-03-01",  // resources.json
    .name_rule = {.length_min = 1,
                  .length_max = 90,
                  .has_form = is_group_name,
                  .sentence = "a resource group name is 1 to 90 letters, digits and -_.() and does not end with a dot",
                  .source = "resources.json 2024-03-01; ARM RPC contract for the dot"},
    .timings = {.create = {1.2, 0.15},
                .update = catalog::Timing{0.8, 0.15},
                .remove = catalog::Timing{75, 0.20, recorded}},
    .has_members = true,
};

std::string ResourceGroup::summary() const { return location; }

}  // namespace drover
