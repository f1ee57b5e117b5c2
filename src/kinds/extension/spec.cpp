#include "kinds/extension/spec.hpp"

namespace drover {

constinit const KindInfo Extension::info = {
    .name = "extension",
    .title = "extension",
    .arm_type = "Microsoft.KubernetesConfiguration/extensions",
    .api_version = "2023-05-01",  // extensions.json
    .name_rule = {.length_min = 1,
                  .length_max = 63,
                  .has_form = is_hyphenated_word,
                  .sentence =
                      "an extension's name is 1 to 63 letters, digits, hyphens and underscores, beginning and ending "
                      "with a letter or digit",
                  .source = "extensions.json 2023-05-01; the pattern is from memory"},
    .timings = {.create = {630, 0.15, "estimate: the AzureML on AKS notebook says more than 10 min"},
                .update = catalog::Timing{120, 0.15},
                .remove = catalog::Timing{60, 0.15}},
    .is_child = true,
};

std::string Extension::summary() const { return type; }

}  // namespace drover
