#include "kinds/node_pool/spec.hpp"

#include "kinds/vm_size.hpp"

namespace drover {
namespace {

bool is_pool_name(std::string_view name) {
  return is_lower_letter(name.front()) && every(name, [](char c) { return is_lower_letter(c) || is_digit(c); });
}

}  // namespace

constinit const KindInfo NodePool::info = {
    .name = "node-pool",
    .title = "node pool",
    .arm_type = "Microsoft.ContainerService/managedClusters/agentPools",
    .api_version = "2024-02-01",  // managedClusters.json
    .name_rule = {.length_min = 1,
                  .length_max = 12,
                  .has_form = is_pool_name,
                  .sentence = "a pool name is 1 to 12 lower-case letters and digits, beginning with a letter",
                  .source = "managedClusters.json 2024-02-01"},
    .timings = {.create = {130, 0.10},
                .update = catalog::Timing{45, 0.10},
                .scale = catalog::Timing{95, 0.12},
                .remove = catalog::Timing{110, 0.10}},
    .is_child = true,
};

std::string NodePool::summary() const {
  const std::string count =
      autoscaler ? std::to_string(autoscaler->least) + ".." + std::to_string(autoscaler->most) : std::to_string(nodes);
  return count + " x " + vm_size;
}

Money NodePool::hourly_cost() const {
  const auto* size = catalog::find_vm_size(vm_size);
  return size == nullptr ? Money{} : Money::usd(size->usd_per_hour) * static_cast<double>(nodes);
}

}  // namespace drover
