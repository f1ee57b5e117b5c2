// The loads that other autoscalers plan with: same time last week ahead of time, an hourly forecast every six hours,
// yesterday's smoothed curve, a timetable, the highest load ever. Stand-ins from their documentation, not their code.
#pragma once

#include <vector>

#include "forecast/like_days.hpp"
#include "forecast/rolling.hpp"

namespace drover::scaling {

struct PeerLoads {
  double offset = 0;     ///< Grafana Mimir's rule: last week (or yesterday) half an hour ahead, and now, the larger
  double hourly = 0;     ///< like AWS predictive scaling: mean of the same hour on other days, and now, the larger
  double harmonic = 0;   ///< like crane's DSP: yesterday's first 50 harmonics + 10 %, highest of the next hour, and now
  double timetable = 0;  ///< highest load ever in this hour of the week (of the day in the first two weeks)
  double peak = 0;       ///< highest load ever
};

class PeerSignals {
 public:
  explicit PeerSignals(const forecast::LoadAxis& axis);
  void push(double load);
  /// For a decision taken after the last push.
  const PeerLoads& loads() const { return loads_; }

 private:
  double offset_load();
  double hourly_load();
  double timetable_load() const;
  void forecast_hours(std::ptrdiff_t first_hour);
  void smooth_last_day();

  forecast::LoadAxis axis_;
  forecast::LikeDays like_;
  int day_, hour_;
  forecast::History history_;
  double hour_sum_ = 0;
  std::vector<double> hours_;  ///< mean load of each whole hour since the beginning
  std::ptrdiff_t planned_from_ = -1;
  std::vector<double> plan_;        ///< of the hours from planned_from_ on
  std::vector<double> day_so_far_;  ///< loads since the last whole day ended
  std::vector<double> harmonic_;    ///< for each step of today, from yesterday; empty on the first day
  std::vector<double> by_hour_of_week_, by_hour_of_day_;
  PeerLoads loads_;
};

}  // namespace drover::scaling
