#include "kinds/service_principal/spec.hpp"

namespace drover {
namespace {

bool is_printable_name(std::string_view name) {
  return every(name, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

}  // namespace

constinit const KindInfo ServicePrincipal::info = {
    .name = "service-principal",
    .title = "service principal",
    .arm_type = "",
    .api_version = "",  // Microsoft Graph v1.0
    .name_rule = {.length_min = 1,
                  .length_max = 120,
                  .has_form = is_printable_name,
                  .sentence = "a service principal's display name is 1 to 120 printable characters",
                  .source = "Microsoft Graph, application.displayName (256); az refuses more than 120"},
    .timings = {.create = {2.5, 0.15}, .remove = catalog::Timing{1.5, 0.15}},
};

}  // namespace drover
