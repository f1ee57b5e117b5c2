#include "kinds/cluster/spec.hpp"

#include "base/text.hpp"
#include "kinds/derived_name.hpp"

namespace drover {
namespace {

constexpr std::string_view recorded = "estimate: 10 polls at 30 s in the recorded aks create";

}  // namespace

constinit const KindInfo Cluster::info = {
    .name = "cluster",
    .title = "cluster",
    .arm_type = "Microsoft.ContainerService/managedClusters",
    .api_version = "2024-02-01",  // managedClusters.json
    .name_rule = {.length_min = 1,
                  .length_max = 63,
                  .has_form = is_hyphenated_word,
                  .sentence =
                      "a cluster name is 1 to 63 letters, digits, hyphens and underscores, beginning and ending with a "
                      "letter or digit",
                  .source = "managedClusters.json 2024-02-01"},
    .timings = {.create = {240, 0.08, recorded},
                .update = catalog::Timing{60, 0.10, recorded},
                .remove = catalog::Timing{210, 0.10, recorded}},
    .has_members = true,
};

std::string derived_dns_prefix(std::string_view cluster) {
  constexpr std::size_t length_max = 54;
  return to_lower(hyphenated(cluster, length_max));
}

}  // namespace drover
