// What a job costs by the price table: an estimate, since discounts, disks and traffic are not in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/money.hpp"
#include "base/time.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// Of so many machines of one size for so long; a time below zero costs nothing. nullopt: the table has no such size.
std::optional<Money> cost_of(std::string_view vm_size, std::int64_t nodes, Duration duration,
                             bool low_priority = false);

struct JobCost {
  std::optional<Money> money;  ///< up to `now`, or in all; none while it is not known
  std::string how;             ///< how it was reckoned, or why it is not known: a clause
};

/// Of its last attempt, for as long as its command ran. This machine costs nothing.
JobCost cost_of(const JobRecord& job, Instant now);

/// For machines that jobs share: the part of one that a job has taken, 0 to 1, from the largest of its shares of
/// processors, memory and GPUs; 1 where it does not say what it needs, since then nothing keeps it from all of them.
struct Share {
  double cpus = 0, memory_gib = 0;
  int gpus = 0;
};
double share_of(std::string_view vm_size, const Share& asked);

}  // namespace drover::jobs
