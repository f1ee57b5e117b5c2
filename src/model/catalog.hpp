// The one dated table of what things cost and how long they take, used by plans (estimates) and by the local cloud (its
// physics). Every line carries its source or says that it is an estimate.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/money.hpp"
#include "base/time.hpp"
#include "model/kind.hpp"

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

/// What lies between a job's submission and its command, in the time of its cloud.
enum class JobPlace : std::uint8_t { machine, cluster, attached_compute, compute };
struct JobStart {
  JobPlace place;
  double warm_s;  ///< its nodes are there; typical
  double cold_s;  ///< its nodes are made first; 0 where they never are
  double spread;  ///< sigma of the logarithm
  std::string_view source;
};
const JobStart& job_start(JobPlace place);

enum class Verb : std::uint8_t { create, update, scale, remove };

struct Timing {
  Kind kind;
  Verb verb;
  double typical_s;  ///< median
  double spread;     ///< sigma of the log of the duration; 0.1 = two thirds within +-10 %
  std::string_view source;
};

std::span<const Timing> timings();
/// Typical duration; a line exists for every (kind, verb).
const Timing& timing(Kind kind, Verb verb);

/// Flat price of a resource itself, beside its nodes (a cluster's control plane, a storage account's floor).
Money hourly_price(Kind kind);

}  // namespace drover::catalog
