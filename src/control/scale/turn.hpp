// What one turn of a live pool saw, decided and did: a value that is shown, kept for the audit, and compared in tests.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scaling/live.hpp"
#include "scaling/trial.hpp"

namespace drover::control {

struct Turn {
  Instant at = {};
  scaling::Arbitration decision;
  int asked = 0;  ///< of the cloud, before
  std::optional<int> ready = {};
  int leaving = 0;
  std::optional<double> load = {};  ///< of the last step that was measured
  scaling::LeadTime lead;
  Duration lead_used = {};
  bool lead_told = false;  ///< by the estate, not learned
  std::optional<scaling::NodeWish> forecast = {};
  std::optional<double> share_allowed = {};  ///< of steps, that the followed candidate may have missed
  std::optional<scaling::Trial> trial = {};
  bool acts = false;                     ///< it may change something
  std::string observes_because;          ///< why it may not; "" when it may
  std::vector<std::string> done = {};    ///< what was begun or done: "asked for 5 nodes"
  std::vector<std::string> notes = {};   ///< what was not seen, or stands in the way
  std::vector<std::string> alerts = {};  ///< for those on call
};

/// As it is kept and answered.
nlohmann::json to_json(const Turn& turn);

}  // namespace drover::control
