// The regions of Azure, as far as the local cloud has them.
#include <algorithm>
#include <array>

#include "localcloud/regions.hpp"

namespace drover::localcloud {
namespace {

constexpr std::array table = {
    Region{"eastus", "East US", "US", "Virginia", "-79.8164", "37.3719", "westus"},
    Region{"eastus2", "East US 2", "US", "Virginia", "-78.3889", "36.6681", "centralus"},
    Region{"centralus", "Central US", "US", "Iowa", "-93.6208", "41.5908", "eastus2"},
    Region{"southcentralus", "South Central US", "US", "Texas", "-98.5", "29.4167", "northcentralus"},
    Region{"northcentralus", "North Central US", "US", "Illinois", "-87.6278", "41.8819", "southcentralus"},
    Region{"westus", "West US", "US", "California", "-122.417", "37.783", "eastus"},
    Region{"westus2", "West US 2", "US", "Washington", "-119.852", "47.233", "westcentralus"},
    Region{"westus3", "West US 3", "US", "Phoenix", "-112.074036", "33.448376", "eastus"},
    Region{"westcentralus", "West Central US", "US", "Wyoming", "-110.234", "40.89", "westus2"},
    Region{"canadacentral", "Canada Central", "Canada", "Toronto", "-79.383", "43.653", "canadaeast"},
    Region{"canadaeast", "Canada East", "Canada", "Quebec", "-71.217", "46.817", "canadacentral"},
    Region{"brazilsouth", "Brazil South", "South America", "Sao Paulo State", "-46.633", "-23.55", "southcentralus"},
    Region{"northeurope", "North Europe", "Europe", "Ireland", "-6.2597", "53.3478", "westeurope"},
    Region{"westeurope", "West Europe", "Europe", "Netherlands", "4.9", "52.3667", "northeurope"},
    Region{"uksouth", "UK South", "Europe", "London", "-0.799", "50.941", "ukwest"},
    Region{"ukwest", "UK West", "Europe", "Cardiff", "-3.084", "53.427", "uksouth"},
    Region{"francecentral", "France Central", "Europe", "Paris", "2.373", "46.3772", "francesouth"},
    Region{"germanywestcentral", "Germany West Central", "Europe", "Frankfurt", "8.682127", "50.110924",
           "germanynorth"},
    Region{"switzerlandnorth", "Switzerland North", "Europe", "Zurich", "8.564572", "47.451542", "switzerlandwest"},
    Region{"norwayeast", "Norway East", "Europe", "Norway", "10.752245", "59.913868", "norwaywest"},
    Region{"swedencentral", "Sweden Central", "Europe", "Gaevle", "17.14127", "60.67488", "swedensouth"},
    Region{"southeastasia", "Southeast Asia", "Asia Pacific", "Singapore", "103.833", "1.283", "eastasia"},
    Region{"eastasia", "East Asia", "Asia Pacific", "Hong Kong", "114.188", "22.267", "southeastasia"},
    Region{"japaneast", "Japan East", "Asia Pacific", "Tokyo, Saitama", "139.77", "35.68", "japanwest"},
    Region{"japanwest", "Japan West", "Asia Pacific", "Osaka", "135.5022", "34.6939", "japaneast"},
    Region{"koreacentral", "Korea Central", "Asia Pacific", "Seoul", "126.978", "37.5665", "koreasouth"},
    Region{"centralindia", "Central India", "Asia Pacific", "Pune", "73.9197", "18.5822", "southindia"},
    Region{"southindia", "South India", "Asia Pacific", "Chennai", "80.1636", "12.9822", "centralindia"},
    Region{"australiaeast", "Australia East", "Asia Pacific", "New South Wales", "151.2094", "-33.86",
           "australiasoutheast"},
    Region{"australiasoutheast", "Australia Southeast", "Asia Pacific", "Victoria", "144.9631", "-37.8136",
           "australiaeast"},
    Region{"southafricanorth", "South Africa North", "Africa", "Johannesburg", "28.21837", "-25.73134",
           "southafricawest"},
    Region{"uaenorth", "UAE North", "Middle East", "Dubai", "55.316666", "25.266666", "uaecentral"},
};

}  // namespace

std::span<const Region> regions() { return table; }

const Region* find_region(std::string_view name) {
  const auto* const it = std::ranges::find(table, name, &Region::name);
  return it == table.end() ? nullptr : it;
}

}  // namespace drover::localcloud
