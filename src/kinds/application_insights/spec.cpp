#include "kinds/application_insights/spec.hpp"

namespace drover {
namespace {

bool is_insights_name(std::string_view name) {
  constexpr std::string_view refused = "%&\\?/#<>:";
  return every(name,
               [&](char c) {
                 return static_cast<unsigned char>(c) >= 0x20 && refused.find(c) == std::string_view::npos;
               }) &&
         name.back() != ' ' && name.back() != '.';
}

}  // namespace

constinit const KindInfo ApplicationInsights::info = {
    .name = "application-insights",
    .title = "app insights",
    .arm_type = "Microsoft.Insights/components",
    .api_version = "2020-02-02",  // components_API.json (not among the saved specs)
    .name_rule = {.length_min = 1,
                  .length_max = 260,
                  .has_form = is_insights_name,
                  .sentence =
                      "an application insights name is 1 to 260 characters without %&\\?/#<>: and does not end with "
                      "a blank or a dot",
                  .source = naming_page},
    .timings = {.create = {5, 0.15}, .update = catalog::Timing{2, 0.15}, .remove = catalog::Timing{3, 0.15}},
    .usd_per_hour = 0.003,  // estimate: 1 GB of telemetry a month
};

std::string derived_insights_name(std::string_view base) { return "appi-" + std::string(base); }

}  // namespace drover
