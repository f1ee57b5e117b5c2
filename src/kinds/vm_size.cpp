#include "kinds/vm_size.hpp"

#include <algorithm>
#include <array>
#include <regex>

#include "base/number.hpp"
#include "base/text.hpp"

namespace drover::catalog {
namespace {

// Prices: Azure retail list, Linux pay-as-you-go, East US, remembered from the public price pages of 2024; not looked
// up again on table_date, hence "estimate". Shapes (vCPU, GiB, GPUs) are Microsoft's published VM sizes.
constexpr std::string_view list_2024 = "estimate: Azure price page, East US, Linux, 2024";

constexpr std::array sizes = {
    VmSize{"Standard_A2_v2", "standardAv2Family", 2, 4, 0, 0.091, 0.2, list_2024},
    VmSize{"Standard_B2s", "standardBSFamily", 2, 4, 0, 0.0416, 0.4, list_2024},
    VmSize{"Standard_B2ms", "standardBSFamily", 2, 8, 0, 0.0832, 0.4, list_2024},
    VmSize{"Standard_B4ms", "standardBSFamily", 4, 16, 0, 0.166, 0.4, list_2024},
    VmSize{"Standard_D2_v2", "standardDv2Family", 2, 7, 0, 0.146, 0.2, list_2024},
    VmSize{"Standard_DS2_v2", "standardDSv2Family", 2, 7, 0, 0.146, 0.2, list_2024},
    VmSize{"Standard_DS3_v2", "standardDSv2Family", 4, 14, 0, 0.293, 0.2, list_2024},
    VmSize{"Standard_DS4_v2", "standardDSv2Family", 8, 28, 0, 0.585, 0.2, list_2024},
    VmSize{"Standard_DS11_v2", "standardDSv2Family", 2, 14, 0, 0.185, 0.2, list_2024},
    VmSize{"Standard_D2_v3", "standardDv3Family", 2, 8, 0, 0.096, 0.2, list_2024},
    VmSize{"Standard_D4_v3", "standardDv3Family", 4, 16, 0, 0.192, 0.2, list_2024},
    VmSize{"Standard_D2s_v3", "standardDSv3Family", 2, 8, 0, 0.096, 0.2, list_2024},
    VmSize{"Standard_D4s_v3", "standardDSv3Family", 4, 16, 0, 0.192, 0.2, list_2024},
    VmSize{"Standard_D8s_v3", "standardDSv3Family", 8, 32, 0, 0.384, 0.2, list_2024},
    VmSize{"Standard_D4as_v4", "standardDASv4Family", 4, 16, 0, 0.192, 0.2, list_2024},
    VmSize{"Standard_D2ds_v5", "standardDDSv5Family", 2, 8, 0, 0.113, 0.2, list_2024},
    VmSize{"Standard_D4ds_v5", "standardDDSv5Family", 4, 16, 0, 0.226, 0.2, list_2024},
    VmSize{"Standard_E4ds_v4", "standardEDSv4Family", 4, 32, 0, 0.288, 0.2, list_2024},
    VmSize{"Standard_F4s_v2", "standardFSv2Family", 4, 8, 0, 0.169, 0.2, list_2024},
    VmSize{"Standard_NC6", "standardNCFamily", 6, 56, 1, 0.90, 0.2, list_2024},
    VmSize{"Standard_NC6s_v3", "standardNCSv3Family", 6, 112, 1, 3.06, 0.2, list_2024},
    VmSize{"Standard_NC12s_v3", "standardNCSv3Family", 12, 224, 2, 6.12, 0.2, list_2024},
    VmSize{"Standard_NC24s_v3", "standardNCSv3Family", 24, 448, 4, 12.24, 0.2, list_2024},
    VmSize{"Standard_NC4as_T4_v3", "standardNCASv3_T4Family", 4, 28, 1, 0.526, 0.2, list_2024},
    VmSize{"Standard_NC24ads_A100_v4", "StandardNCADSA100v4Family", 24, 220, 1, 3.673, 0.3, list_2024},
    VmSize{"Standard_ND40rs_v2", "standardNDSv2Family", 40, 672, 8, 22.03, 0.4, list_2024},
    VmSize{"Standard_ND96asr_v4", "standardNDASv4_A100Family", 96, 900, 8, 27.20, 0.4, list_2024},
    VmSize{"Standard_NV6", "standardNVFamily", 6, 56, 1, 1.14, 0.2, list_2024},
};

}  // namespace

std::span<const VmSize> vm_sizes() { return sizes; }

bool may_be_vm_size(std::string_view name) {
  // Family with its sub-family, vCPUs, those of them that are on, features, accelerator or memory, version. Features
  // come and go, but not all letters are ones.
  static const std::regex form(
      "(?:standard|basic)_"
      "(a|b|d|dc|ds|e|ec|eb|f|fs|fx|g|gs|h|hb|hc|hx|l|ls|m|ms|nc|ncc|nd|ng|nm|np|nv|pb)"
      "(0|[1-9][0-9]{0,3})(?:-[1-9][0-9]{0,2})?([abcdehilmnoprstx]{0,7})"
      "(?:_(?:cc|ndr|t4|a10|a100|h100|h200|gb200|gb300|mi300x|v620|v710)|_[0-9]{1,3})*(?:_v([1-8]))?(?:_promo)?",
      std::regex::icase | std::regex::optimize);
  constexpr std::size_t name_max = 64;  // the longest are below 40
  std::cmatch parts;
  if (name.size() > name_max || !std::regex_match(name.data(), name.data() + name.size(), parts, form)) return false;
  const std::string family = to_lower(parts[1].str());
  const int cpus = parse_whole<int>(parts[2].str()).value_or(0), version = parse_whole<int>(parts[4].str()).value_or(1);
  // From version 3 on no family has an odd number of them, but for confidential machines with one; and D and E, which
  // have always had features by then, end below 400.
  if (version >= 3 && cpus % 2 != 0 && cpus != 1) return false;
  if (version >= 3 && (family == "d" || family == "e") && cpus > 400) return false;
  const bool is_first = !parts[4].matched;
  if (!is_first && version == 1 && family != "ng") return false;  // the first versions of the others do not say so
  if (family == "nc" && is_first && cpus % 6 != 0) return false;
  return !(is_first && (family == "e" || (family == "d" && parts[3].length() > 0)));
}

const VmSize* find_vm_size(std::string_view name) {
  const auto* const it = std::ranges::find_if(sizes, [&](const VmSize& s) { return equals_ignore_case(s.name, name); });
  return it == sizes.end() ? nullptr : it;
}

}  // namespace drover::catalog
