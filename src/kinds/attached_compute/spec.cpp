#include "kinds/attached_compute/spec.hpp"

#include "kinds/compute/name_rule.hpp"

namespace drover {

constinit const KindInfo AttachedCompute::info = {
    .name = "attached-compute",
    .title = "attached compute",
    .arm_type = "Microsoft.MachineLearningServices/workspaces/computes",
    .api_version = "2024-04-01",  // machineLearningServices.json
    .name_rule = compute_name_rule,
    .timings = {.create = {20, 0.15}, .update = catalog::Timing{20, 0.15}, .remove = catalog::Timing{18, 0.15}},
    .is_child = true,
};

std::string AttachedCompute::summary() const { return "namespace " + space; }

}  // namespace drover
