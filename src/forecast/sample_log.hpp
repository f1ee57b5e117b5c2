// A made-up service log for demonstrations and tests, in the form of the workshop's raw log, from a seed.
#pragma once

#include <string>

#include "base/rng.hpp"
#include "base/time.hpp"

namespace drover::forecast {

/// What the made-up service goes through: users swell and ebb over weeks, jobs take longer the more users there are
/// (as the logarithm of their number), and the log ends while the load is rising.
struct SampleLogPlan {
  Instant first_day{};          ///< midnight UTC of the first day
  int days = 365;               ///< 28 at least; a year, about 6 MB, is enough for the workshop's models too
  double end_users_low = 28;    ///< sessions a day at the ebb
  double end_users_high = 112;  ///< sessions a day at the flood
  int jobs_a_day = 18;
  double noise = 0.24;  ///< standard deviation of a day's users, as a share
};

/// Lines of time, id, level, message and two empty fields between tabs, ordered by time. Same plan, same seed, same
/// bytes.
std::string sample_log(const SampleLogPlan& plan, Rng rng);

}  // namespace drover::forecast
