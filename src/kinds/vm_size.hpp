// The table of VM sizes: what they have and what they cost.
#pragma once

#include <span>
#include <string_view>

namespace drover::catalog {

/// The day on which the tables were last gone through.
inline constexpr std::string_view table_date = "2026-11-21";

struct VmSize {
  std::string_view name;    ///< as Azure spells it: Standard_D2_v3
  std::string_view family;  ///< quota family: standardDv3Family
  int vcpus;
  double memory_gib;
  int gpus;
  double usd_per_hour;         ///< Linux, pay as you go, East US
  double low_priority_factor;  ///< price of a low-priority node over that of a dedicated one, 0..1
  std::string_view source;
};

std::span<const VmSize> vm_sizes();
/// Compared without case.
const VmSize* find_vm_size(std::string_view name);

/// Whether Azure's naming convention for VM sizes allows this name (Microsoft's page "VM sizes naming conventions"):
/// a family that there is, vCPUs, features, an accelerator, a version. The table above has a few dozen of a thousand.
bool may_be_vm_size(std::string_view name);

}  // namespace drover::catalog
