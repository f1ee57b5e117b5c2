// How many nodes a pool should have, given what its load is forecast to be: one decision as a value, with its reasons
// in words. Carrying it out, and asking the world for the node count, is control's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace drover::forecast {
struct Forecast;
struct Model;
}  // namespace drover::forecast

namespace drover::scaling {

enum class PolicyKind : std::uint8_t {
  target,    ///< keeps the forecast inside the wanted range, within floor and ceiling, one step a cool-down
  workshop,  ///< the arithmetic of the workshop's AksResourceController, its defects included
};

const char* policy_name(PolicyKind kind);
std::optional<PolicyKind> parse_policy(std::string_view name);

struct ScalerPolicy {
  PolicyKind kind = PolicyKind::target;
  double sla = 50;  ///< in `unit`; wanted is sla - threshold .. sla + threshold
  double threshold = 20;
  std::string unit = "s";                        ///< of the forecast quantity, for sentences only
  int increment = 1;                             ///< nodes a step; at least 1
  int floor = 1;                                 ///< fewest nodes (target policy)
  int ceiling = 10;                              ///< most nodes (target policy)
  int min_nodes = 2;                             ///< workshop policy only: the least that a step up may lead to
  Duration cooldown = std::chrono::minutes{10};  ///< pause after a change (target policy)
};

struct ScalerInput {
  double forecast = 0;  ///< of the next period
  double low = 0;       ///< the forecast's band; equal to `forecast` when the model has none
  double high = 0;
  double level = 0;                         ///< share of periods that the band holds (0.9); 0 when there is no band
  double naive_forecast = 0;                ///< "as the last period"
  double model_error = 0;                   ///< mean absolute held-out error
  double naive_error = 0;                   ///< the same of "as the last period" on the same periods
  std::string model_label = "model";        ///< as people know it: "model v3"
  int nodes = 0;                            ///< the pool has now
  std::optional<Instant> last_change = {};  ///< of the node count; nullopt: never, as far as is known
  Instant now{};
  bool autoscaler_on = false;  ///< the pool's own autoscaler, which forbids setting the count
};

/// What a model and its forecast say, as an input; nodes, times and the autoscaler are for the caller to fill in.
/// `model_label` is as people know it: "model v3".
ScalerInput input_of(const forecast::Model& model, const forecast::Forecast& forecast, std::string model_label);

/// Why; programs read the code, people the sentence.
struct Reason {
  enum class Code : std::uint8_t {
    above_band,
    below_band,
    inside_band,
    one_step,
    at_floor,
    at_ceiling,
    below_floor,  ///< more nodes because the pool has fewer than the floor
    above_ceiling,
    limit,  ///< which limit the step stayed within
    cooling_down,
    last_change,
    worse_than_naive,
    no_forecast,      ///< the forecast is not a number
    band_reaches_up,  ///< no step down, because the load may well be above the wanted range
    autoscaler_on,
    bad_policy,  ///< floor above ceiling and the like
  };
  Code code;
  std::string sentence;  ///< a clause without capital and full stop, so that several can stand in a line
};

/// "above_band" and so on.
const char* reason_name(Reason::Code code);
std::optional<Reason::Code> parse_reason(std::string_view name);

struct Decision {
  enum class Verdict : std::uint8_t {
    change,  ///< set the pool to `to` nodes
    hold,    ///< nothing to do, or better not; from == to
    refuse,  ///< something must be put right by a person first; from == to
  };
  Verdict verdict = Verdict::hold;
  int from = 0;
  int to = 0;
  std::vector<Reason> reasons;  ///< the decisive one first

  bool acts() const { return verdict == Verdict::change; }
  bool has(Reason::Code code) const;
  /// The sentences, joined by "; ".
  std::string explanation() const;
};

/// Pure: the same policy and input give the same decision. With the target policy `to` is in floor..ceiling unless the
/// verdict is refuse; with the workshop policy it may even be negative, as the original's was.
Decision decide(const ScalerPolicy& policy, const ScalerInput& input);

/// One line of what `drover scale once` prints: "Wanted", "30 to 70 s", "".
struct ExplainLine {
  std::string label;
  std::string value;
  std::string remark;
};

/// Forecast, wanted range and decision for people, in this order.
std::vector<ExplainLine> explain(const ScalerPolicy& policy, const ScalerInput& input, const Decision& decision);

}  // namespace drover::scaling
