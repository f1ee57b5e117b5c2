// Carries a plan out: as parallel as its order allows, longest chain first, every change journalled before and after.
// On one thread; all waiting happens in Cloud::next.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/journal.hpp"
#include "planning/plan.hpp"
#include "ports/cloud.hpp"

namespace drover::control {

struct ApplyEvent {
  enum class What : std::uint8_t { started, done, failed, skipped, tick } what = What::tick;
  std::string key;
  std::string action;   ///< "creating", "removing", ...
  Instant at;           ///< world time
  Duration took{};      ///< done and failed
  Duration expected{};  ///< started
  Error error = {};     ///< failed; for skipped the message says what it waited for
};

struct ApplyReport {
  std::size_t done = 0;
  std::vector<std::pair<std::string, Error>> failed;  ///< by key
  std::vector<std::string> skipped;                   ///< because something they need failed, or a stop was asked for
  Duration took{};
  bool stopped = false;
  bool ok() const { return failed.empty() && skipped.empty() && !stopped; }
};

struct ApplyOptions {
  /// Operations at once. ARM takes 10 writes a second a subscription, and the longest take minutes, so that a thousand
  /// can be under way; more would only wait in the rate limiter.
  std::size_t in_flight_max = 1000;
  Duration tick = std::chrono::seconds(1);  ///< world time between tick events; zero for none
  std::function<void(const ApplyEvent&)> observer;
  std::function<bool()> stop_asked;  ///< begin nothing new, and return once asked
};

/// `outputs` holds what resources outside the plan give (principal ids of those that are there already). Errors: only
/// of the journal itself; what the cloud refuses is in the report.
Result<ApplyReport> execute(const planning::Plan& plan, Cloud& cloud, Journal& journal, Outputs outputs,
                            const ApplyOptions& options);

}  // namespace drover::control
