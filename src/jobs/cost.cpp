#include "jobs/cost.hpp"

#include <algorithm>

#include "jobs/limits.hpp"
#include "model/catalog.hpp"

namespace drover::jobs {
namespace {

constexpr double seconds_an_hour = 3600;
constexpr double bytes_a_gib = 1024.0 * 1024 * 1024;

}  // namespace

std::optional<Money> cost_of(std::string_view vm_size, std::int64_t nodes, Duration duration, bool low_priority) {
  const auto* size = catalog::find_vm_size(vm_size);
  if (size == nullptr) return std::nullopt;
  const double hourly = size->usd_per_hour * (low_priority ? size->low_priority_factor : 1.0);
  return Money::usd(hourly * static_cast<double>(nodes) * std::max(to_seconds(duration), 0.0) / seconds_an_hour);
}

double share_of(std::string_view vm_size, const Share& asked) {
  const auto* size = catalog::find_vm_size(vm_size);
  if (size == nullptr || (asked.cpus <= 0 && asked.memory_gib <= 0 && asked.gpus <= 0)) return 1;
  double share = std::max(asked.cpus / size->vcpus, asked.memory_gib / size->memory_gib);
  if (size->gpus > 0) share = std::max(share, static_cast<double>(asked.gpus) / size->gpus);
  return std::clamp(share, 0.0, 1.0);
}

JobCost cost_of(const JobRecord& job, Instant now) {
  if (kind_of(job.target) == PlaceKind::machine) return {Money{}, "this machine is there anyway"};
  if (job.started == Instant{} || job.state == State::queued) return {Money{}, "it has not begun"};
  if (job.node_size.empty()) return {std::nullopt, "it is not known what its machines are"};
  const Instant until = is_over(job.state) ? job.ended : now;
  const auto whole = cost_of(job.node_size, job.spec.instances, until - job.started, job.low_priority);
  if (!whole)
    return {std::nullopt, "the price table of " + std::string(catalog::table_date) + " has no " + job.node_size};
  double share = 1;
  // A pod shares its node; a node of a compute has one job.
  if (kind_of(job.target) == PlaceKind::cluster)
    if (const auto limits = limits_of(job.spec))
      share = share_of(job.node_size, {.cpus = limits->cpus,
                                       .memory_gib = static_cast<double>(limits->memory_bytes) / bytes_a_gib,
                                       .gpus = limits->gpus});
  std::string how = "estimate: " + std::to_string(job.spec.instances) + " x " + job.node_size;
  if (job.low_priority) how += " at low priority";
  if (share < 1) how += ", " + std::to_string(static_cast<int>(share * 100 + 0.5)) + " % of it";
  return {*whole * share, how + ", for " + format_human(until - job.started)};
}

}  // namespace drover::jobs
