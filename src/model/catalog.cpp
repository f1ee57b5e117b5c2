#include "model/catalog.hpp"

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

// Durations. "recorded" = the polls of Microsoft's own test recordings (shared reference, section 4), whose clock is
// not in the file, so only the count of polls is known; the rest are round figures from operators' experience.
constexpr std::string_view guess = "estimate";
constexpr std::string_view aks = "estimate: 10 polls at 30 s in the recorded aks create";
constexpr std::string_view registration = "estimate; the federated-learning guide says up to 10 min";

constexpr std::array table = {
    Timing{Kind::resource_group, Verb::create, 1.2, 0.15, guess},
    Timing{Kind::resource_group, Verb::update, 0.8, 0.15, guess},
    Timing{Kind::resource_group, Verb::remove, 75, 0.20, "estimate: 6 polls at 15 s in the recorded group delete"},
    Timing{Kind::provider_registration, Verb::create, 45, 0.25, registration},
    Timing{Kind::provider_registration, Verb::remove, 30, 0.25, guess},
    Timing{Kind::storage_account, Verb::create, 18, 0.10, "estimate: recorded create answers on its second poll"},
    Timing{Kind::storage_account, Verb::update, 2, 0.10, guess},
    Timing{Kind::storage_account, Verb::remove, 3, 0.15, guess},
    Timing{Kind::blob_container, Verb::create, 0.4, 0.10, guess},
    Timing{Kind::blob_container, Verb::update, 0.4, 0.10, guess},
    Timing{Kind::blob_container, Verb::remove, 0.4, 0.10, guess},
    Timing{Kind::key_vault, Verb::create, 14, 0.15, guess},
    Timing{Kind::key_vault, Verb::update, 2, 0.15, guess},
    Timing{Kind::key_vault, Verb::remove, 4, 0.15, guess},
    Timing{Kind::application_insights, Verb::create, 5, 0.15, guess},
    Timing{Kind::application_insights, Verb::update, 2, 0.15, guess},
    Timing{Kind::application_insights, Verb::remove, 3, 0.15, guess},
    Timing{Kind::workspace, Verb::create, 28, 0.15, guess},
    Timing{Kind::workspace, Verb::update, 8, 0.15, guess},
    Timing{Kind::workspace, Verb::remove, 22, 0.15, guess},
    Timing{Kind::cluster, Verb::create, 240, 0.08, aks},
    Timing{Kind::cluster, Verb::update, 60, 0.10, aks},
    Timing{Kind::cluster, Verb::remove, 210, 0.10, aks},
    Timing{Kind::node_pool, Verb::create, 130, 0.10, guess},
    Timing{Kind::node_pool, Verb::update, 45, 0.10, guess},
    Timing{Kind::node_pool, Verb::scale, 95, 0.12, guess},
    Timing{Kind::node_pool, Verb::remove, 110, 0.10, guess},
    Timing{Kind::compute, Verb::create, 12, 0.15, "recorded: one InProgress poll at 15 s"},
    Timing{Kind::compute, Verb::update, 6, 0.15, guess},
    Timing{Kind::compute, Verb::scale, 170, 0.15, guess},
    Timing{Kind::compute, Verb::remove, 18, 0.15, guess},
    Timing{Kind::extension, Verb::create, 630, 0.15, "estimate: the AzureML on AKS notebook says more than 10 min"},
    Timing{Kind::extension, Verb::update, 120, 0.15, guess},
    Timing{Kind::extension, Verb::remove, 60, 0.15, guess},
    Timing{Kind::attached_compute, Verb::create, 20, 0.15, guess},
    Timing{Kind::attached_compute, Verb::update, 20, 0.15, guess},
    Timing{Kind::attached_compute, Verb::remove, 18, 0.15, guess},
    Timing{Kind::service_principal, Verb::create, 2.5, 0.15, guess},
    Timing{Kind::service_principal, Verb::remove, 1.5, 0.15, guess},
    Timing{Kind::role_assignment, Verb::create, 1.5, 0.15, guess},
    Timing{Kind::role_assignment, Verb::remove, 1.2, 0.15, guess},
};

const Timing* find_timing(Kind kind, Verb verb) {
  const auto* const it = std::ranges::find_if(table, [&](const Timing& t) { return t.kind == kind && t.verb == verb; });
  return it == table.end() ? nullptr : it;
}

}  // namespace

const JobStart& job_start(JobPlace place) {
  // The seed's runs on warm nodes, all together: 59.66 s on an attached cluster, 54.97 s on a compute (shared
  // reference, origins section 5); its script took some 10 s of each.
  static constexpr std::array starts = {
      JobStart{JobPlace::machine, 0.1, 0, 0.5, "estimate"},
      JobStart{JobPlace::cluster, 8, 0, 0.6, "estimate: scheduling, and an image that a node has"},
      JobStart{JobPlace::attached_compute, 50, 0, 0.3, "estimate, from 59.66 s all together"},
      JobStart{JobPlace::compute, 45, 215, 0.3, "estimate, from 54.97 s all together, and 170 s to make nodes"},
  };
  return starts[static_cast<std::size_t>(place)];
}

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

std::span<const Timing> timings() { return table; }

const Timing& timing(Kind kind, Verb verb) {
  if (const Timing* exact = find_timing(kind, verb)) return *exact;
  return *find_timing(kind, Verb::create);  // every kind has a create line; verbs without one take as long
}

Money hourly_price(Kind kind) {
  switch (kind) {
    case Kind::storage_account:
      return Money::usd(0.02);  // estimate: 1 TB of hot LRS blobs a month
    case Kind::application_insights:
      return Money::usd(0.003);  // estimate: 1 GB of telemetry a month
    default:
      return {};
  }
}

}  // namespace drover::catalog
