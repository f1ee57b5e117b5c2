// What things cost and how long they take, used by plans (estimates) and by the local cloud (its physics). Every line
// carries its source or says that it is an estimate.
#pragma once

#include <string_view>

#include "kinds/kinds.hpp"
#include "kinds/vm_size.hpp"

namespace drover::catalog {

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

/// Typical duration; what has none of its own takes as long as a creation.
const Timing& timing(Kind kind, Verb verb);

}  // namespace drover::catalog
