#include "kinds/compute/spec.hpp"

#include "kinds/compute/name_rule.hpp"
#include "kinds/vm_size.hpp"

namespace drover {

constinit const KindInfo Compute::info = {
    .name = "compute",
    .title = "compute",
    .arm_type = "Microsoft.MachineLearningServices/workspaces/computes",
    .api_version = "2024-04-01",  // machineLearningServices.json
    .name_rule = compute_name_rule,
    .timings = {.create = {12, 0.15, "recorded: one InProgress poll at 15 s"},
                .update = catalog::Timing{6, 0.15},
                .scale = catalog::Timing{170, 0.15},
                .remove = catalog::Timing{18, 0.15}},
    .is_child = true,
};

std::string Compute::summary() const {
  return std::to_string(nodes_min) + ".." + std::to_string(nodes_max) + " x " + vm_size +
         (priority == "LowPriority" ? ", low priority" : "");
}

Money Compute::hourly_cost() const {
  // Only the nodes that are always there; the rest costs when jobs run.
  const auto* size = catalog::find_vm_size(vm_size);
  if (size == nullptr) return {};
  const double factor = priority == "LowPriority" ? size->low_priority_factor : 1.0;
  return Money::usd(size->usd_per_hour * factor) * static_cast<double>(nodes_min);
}

}  // namespace drover
