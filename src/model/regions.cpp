#include "model/regions.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace drover::regions {
namespace {

constexpr std::array<std::string_view, 82> names = {"eastus",
                                                    "eastus2",
                                                    "eastus3",
                                                    "centralus",
                                                    "northcentralus",
                                                    "southcentralus",
                                                    "westcentralus",
                                                    "westus",
                                                    "westus2",
                                                    "westus3",
                                                    "southeastus",
                                                    "canadacentral",
                                                    "canadaeast",
                                                    "mexicocentral",
                                                    "brazilsouth",
                                                    "brazilsoutheast",
                                                    "chilecentral",
                                                    "northeurope",
                                                    "westeurope",
                                                    "uksouth",
                                                    "ukwest",
                                                    "francecentral",
                                                    "francesouth",
                                                    "germanywestcentral",
                                                    "germanynorth",
                                                    "switzerlandnorth",
                                                    "switzerlandwest",
                                                    "norwayeast",
                                                    "norwaywest",
                                                    "swedencentral",
                                                    "swedensouth",
                                                    "polandcentral",
                                                    "italynorth",
                                                    "spaincentral",
                                                    "austriaeast",
                                                    "belgiumcentral",
                                                    "denmarkeast",
                                                    "southafricanorth",
                                                    "southafricawest",
                                                    "uaenorth",
                                                    "uaecentral",
                                                    "qatarcentral",
                                                    "israelcentral",
                                                    "israelnorthwest",
                                                    "eastasia",
                                                    "southeastasia",
                                                    "japaneast",
                                                    "japanwest",
                                                    "koreacentral",
                                                    "koreasouth",
                                                    "centralindia",
                                                    "southindia",
                                                    "westindia",
                                                    "jioindiawest",
                                                    "jioindiacentral",
                                                    "southcentralindia",
                                                    "indonesiacentral",
                                                    "malaysiawest",
                                                    "malaysiasouth",
                                                    "taiwannorth",
                                                    "taiwannorthwest",
                                                    "australiaeast",
                                                    "australiasoutheast",
                                                    "australiacentral",
                                                    "australiacentral2",
                                                    "newzealandnorth",
                                                    "eastus2euap",
                                                    "centraluseuap",
                                                    "eastusstg",
                                                    "southcentralusstg",
                                                    "usgovvirginia",
                                                    "usgovarizona",
                                                    "usgovtexas",
                                                    "usgoviowa",
                                                    "usdodcentral",
                                                    "usdodeast",
                                                    "chinanorth",
                                                    "chinanorth2",
                                                    "chinanorth3",
                                                    "chinaeast",
                                                    "chinaeast2",
                                                    "chinaeast3"};

}  // namespace

std::optional<std::string_view> canonical(std::string_view location) {
  const std::string wanted = to_lower(replace_all(std::string(trim(location)), " ", ""));
  const auto it = std::ranges::find(names, wanted);
  if (it == names.end()) return std::nullopt;
  return *it;
}

std::vector<std::string_view> all() { return {names.begin(), names.end()}; }

}  // namespace drover::regions
