#include "kinds/provider_registration/spec.hpp"

namespace drover {
namespace {

constexpr std::string_view from_the_guide = "estimate; the federated-learning guide says up to 10 min";

bool is_namespace(std::string_view name) {
  return every(name, [](char c) { return is_letter_or_digit(c) || c == '.'; }) && is_letter(name.front()) &&
         is_letter_or_digit(name.back()) && name.find('.') != std::string_view::npos;
}

}  // namespace

constinit const KindInfo ProviderRegistration::info = {
    .name = "provider",
    .title = "provider",
    .arm_type = "",
    .api_version = "2024-03-01",  // resources.json
    .name_rule = {.length_min = 3,
                  .length_max = 100,
                  .has_form = is_namespace,
                  .sentence = "a provider is a namespace such as Microsoft.Network",
                  .source = "ARM RPC contract"},
    .timings = {.create = {45, 0.25, from_the_guide}, .remove = catalog::Timing{30, 0.25}},
};

}  // namespace drover
