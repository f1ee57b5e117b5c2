#include "scaling/policy_family.hpp"

namespace drover::scaling {
namespace {

/// Closer where a share of a per cent of the cost hangs on it: at high utilisations and small margins.
const std::vector<double>& utilisations() {
  static const std::vector<double> knobs = {0.4,  0.5,   0.55, 0.6,   0.65, 0.7,   0.75, 0.8,
                                            0.85, 0.875, 0.9,  0.925, 0.95, 0.975, 1.0};
  return knobs;
}
/// A forecast may be too high on the whole.
const std::vector<double>& utilisations_of_foretold() {
  static const std::vector<double> knobs = [] {
    std::vector<double> all = utilisations();
    for (const double above : {1.05, 1.1, 1.2, 1.35, 1.5}) all.push_back(above);
    return all;
  }();
  return knobs;
}
/// In tenths up to three deviations; the far ones for loads that jump.
const std::vector<double>& margins() {
  static const std::vector<double> knobs = [] {
    std::vector<double> all;
    for (int i = 0; i <= 30; ++i) all.push_back(0.1 * i);
    for (const double far : {3.5, 4.0, 5.0, 6.0}) all.push_back(far);
    return all;
  }();
  return knobs;
}

/// Of the highest load: what stands by on top of the load, and the level that is always ready.
const std::vector<double>& reserves() {
  static const std::vector<double> knobs = {0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2,
                                            0.25, 0.3,  0.4,  0.5,  0.6, 0.75, 1.0};
  return knobs;
}
const std::vector<double>& levels_ready() {
  static const std::vector<double> knobs = {0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.1};
  return knobs;
}

}  // namespace

const std::vector<double>& knobs_of(PolicyFamily family) {
  if (family == PolicyFamily::foretold) return utilisations_of_foretold();
  if (knob_is_utilisation(family)) return utilisations();
  if (family == PolicyFamily::reserve) return reserves();
  if (family == PolicyFamily::standing) return levels_ready();
  return margins();
}

const char* policy_family_name(PolicyFamily family) {
  switch (family) {
    case PolicyFamily::fixed_peak:
      return "static";
    case PolicyFamily::timetable:
      return "cron";
    case PolicyFamily::kubernetes:
      return "hpa+cluster-autoscaler";
    case PolicyFamily::reactive:
      return "reactive";
    case PolicyFamily::trend:
      return "trend";
    case PolicyFamily::offset:
      return "last-week-offset";
    case PolicyFamily::hourly:
      return "aws-style";
    case PolicyFamily::harmonic:
      return "dsp-style";
    case PolicyFamily::reactive_quick:
      return "reactive-quick";
    case PolicyFamily::foretold:
      return "foretold";
    case PolicyFamily::forecast:
      return "forecast";
    case PolicyFamily::forecast_local:
      return "forecast-local";
    case PolicyFamily::forecast_root:
      return "forecast-root";
    case PolicyFamily::forecast_level:
      return "forecast-level";
    case PolicyFamily::persistence:
      return "persistence";
    case PolicyFamily::blend:
      return "blend";
    case PolicyFamily::smoothed:
      return "smoothed";
    case PolicyFamily::reserve:
      return "reserve";
    case PolicyFamily::covering:
      return "covering";
    case PolicyFamily::boosted:
      return "boosted";
    case PolicyFamily::standing:
      return "standing";
  }
  return "";
}

bool knob_is_utilisation(PolicyFamily family) { return family < PolicyFamily::forecast; }

}  // namespace drover::scaling
