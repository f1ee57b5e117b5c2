#include "scaling/decide.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "forecast/model.hpp"
#include "scaling/words.hpp"

namespace drover::scaling {
namespace {

using enum Reason::Code;

constexpr std::array<std::pair<PolicyKind, const char*>, 2> policy_names = {
    {{PolicyKind::target, "target"}, {PolicyKind::workshop, "workshop"}}};

constexpr std::array<std::pair<Reason::Code, const char*>, 16> reason_names = {{
    {above_band, "above_band"},
    {below_band, "below_band"},
    {inside_band, "inside_band"},
    {one_step, "one_step"},
    {at_floor, "at_floor"},
    {at_ceiling, "at_ceiling"},
    {below_floor, "below_floor"},
    {above_ceiling, "above_ceiling"},
    {limit, "limit"},
    {cooling_down, "cooling_down"},
    {last_change, "last_change"},
    {worse_than_naive, "worse_than_naive"},
    {no_forecast, "no_forecast"},
    {band_reaches_up, "band_reaches_up"},
    {autoscaler_on, "autoscaler_on"},
    {bad_policy, "bad_policy"},
}};

Decision stay(const ScalerInput& input, Decision::Verdict verdict, Reason reason) {
  return {.verdict = verdict, .from = input.nodes, .to = input.nodes, .reasons = {std::move(reason)}};
}

Decision hold(const ScalerInput& input, Reason reason) {
  return stay(input, Decision::Verdict::hold, std::move(reason));
}

Decision move(const ScalerInput& input, int to, Reason reason) {
  return {.verdict = to == input.nodes ? Decision::Verdict::hold : Decision::Verdict::change,
          .from = input.nodes,
          .to = to,
          .reasons = {std::move(reason)}};
}

std::string nodes_text(int count) { return std::to_string(count) + (count == 1 ? " node" : " nodes"); }

// AksResourceController.verify_compliance as it was written: no ceiling, no cool-down, a minimum only on the way up.
Decision decide_workshop(const ScalerPolicy& policy, const ScalerInput& input) {
  if (input.forecast > policy.sla + policy.threshold)
    return move(input, std::max(input.nodes + policy.increment, policy.min_nodes),
                {above_band, "above the band, as the workshop's controller reckons it"});
  if (input.forecast < policy.sla - policy.threshold)
    return move(input, input.nodes - policy.increment,
                {below_band, "below the band, as the workshop's controller reckons it"});
  return hold(input, {inside_band, "inside the band, as the workshop's controller reckons it"});
}

std::optional<Decision> refuse_bad_policy(const ScalerPolicy& policy, const ScalerInput& input) {
  const bool good = policy.floor >= 0 && policy.floor <= policy.ceiling && policy.increment >= 1 &&
                    policy.threshold >= 0 && std::isfinite(policy.sla) && std::isfinite(policy.threshold);
  if (good) return std::nullopt;
  return stay(
      input, Decision::Verdict::refuse,
      {bad_policy, "the scaler's limits contradict each other: floor " + std::to_string(policy.floor) + ", ceiling " +
                       std::to_string(policy.ceiling) + ", step " + std::to_string(policy.increment)});
}

// The limits hold whatever the forecast says, and without waiting for a cool-down.
std::optional<Decision> enforce_limits(const ScalerPolicy& policy, const ScalerInput& input) {
  if (input.nodes < policy.floor)
    return move(input, policy.floor,
                {below_floor, nodes_text(input.nodes) + ", the floor is " + std::to_string(policy.floor)});
  if (input.nodes > policy.ceiling)
    return move(input, policy.ceiling,
                {above_ceiling, nodes_text(input.nodes) + ", the ceiling is " + std::to_string(policy.ceiling)});
  return std::nullopt;
}

std::optional<Decision> hold_untrusted(const ScalerPolicy& policy, const ScalerInput& input) {
  if (!std::isfinite(input.forecast) || !std::isfinite(input.low) || !std::isfinite(input.high))
    return hold(input, {no_forecast, "the model gives no number"});
  if (!(input.model_error < input.naive_error))
    return hold(input,
                {worse_than_naive, input.model_label + " is no better than a naive forecast (error " +
                                       format_quantity(input.model_error, policy.unit) + " against " +
                                       format_quantity(input.naive_error, policy.unit) + "), so nothing is done"});
  return std::nullopt;
}

std::optional<Decision> hold_cooling(const ScalerPolicy& policy, const ScalerInput& input) {
  if (!input.last_change) return std::nullopt;
  // A change in the future comes from a clock that was set; it counts as just made.
  const Duration since = std::max(input.now - *input.last_change, Duration{0});
  if (since >= policy.cooldown) return std::nullopt;
  return hold(input, {cooling_down, "last change " + format_span_of_time(since) + " ago, the cool-down of " +
                                        format_span_of_time(policy.cooldown) + " ends in " +
                                        format_span_of_time(policy.cooldown - since)});
}

void add_last_change(Decision& decision, const ScalerInput& input) {
  if (!input.last_change) return;
  const Duration since = std::max(input.now - *input.last_change, Duration{0});
  decision.reasons.push_back({last_change, "last change " + format_span_of_time(since) + " ago"});
}

Decision step_up(const ScalerPolicy& policy, const ScalerInput& input) {
  if (input.nodes >= policy.ceiling) {
    Decision decision =
        hold(input, {at_ceiling, "above the band, but the pool is at its ceiling of " + nodes_text(policy.ceiling)});
    decision.reasons.push_back({above_band, "raise the ceiling or accept the wait"});
    return decision;
  }
  const int room = policy.ceiling - input.nodes;
  Decision decision = move(input, input.nodes + std::min(policy.increment, room), {above_band, "above the band"});
  decision.reasons.push_back({one_step, std::to_string(decision.to) + " is one step"});
  decision.reasons.push_back({limit, "ceiling " + std::to_string(policy.ceiling)});
  return decision;
}

Decision step_down(const ScalerPolicy& policy, const ScalerInput& input) {
  if (input.nodes <= policy.floor)
    return hold(input, {at_floor, "below the band, but the pool is at its floor of " + nodes_text(policy.floor)});
  // Taking a node away is the dearer mistake: it is done only when the load will most likely not need it back.
  if (input.high > policy.sla + policy.threshold)
    return hold(input, {band_reaches_up, "below the band, but it may well be up to " +
                                             format_quantity(input.high, policy.unit) + ", which is above it"});
  const int room = input.nodes - policy.floor;
  Decision decision = move(input, input.nodes - std::min(policy.increment, room), {below_band, "below the band"});
  decision.reasons.push_back({one_step, std::to_string(decision.to) + " is one step"});
  decision.reasons.push_back({limit, "floor " + std::to_string(policy.floor)});
  return decision;
}

Decision decide_target(const ScalerPolicy& policy, const ScalerInput& input) {
  if (auto decision = refuse_bad_policy(policy, input)) return *decision;
  if (auto decision = enforce_limits(policy, input)) return *decision;
  if (auto decision = hold_untrusted(policy, input)) return *decision;
  const bool above = input.forecast > policy.sla + policy.threshold;
  const bool below = input.forecast < policy.sla - policy.threshold;
  if (!above && !below) return hold(input, {inside_band, "inside the band"});
  if (auto decision = hold_cooling(policy, input)) return *decision;
  Decision decision = above ? step_up(policy, input) : step_down(policy, input);
  if (decision.acts()) add_last_change(decision, input);
  return decision;
}

std::string forecast_remark(const ScalerPolicy& policy, const ScalerInput& input) {
  std::string text;
  if (input.level > 0)
    text += format_fixed(input.level * 100, 0) + " % between " + format_number(input.low) + " and " +
            format_number(input.high) + "; ";
  text += "naive forecast " + format_number(input.naive_forecast) + "; " + input.model_label + " error " +
          format_quantity(input.model_error, policy.unit) + " against " +
          format_quantity(input.naive_error, policy.unit) + " naive";
  return text;
}

}  // namespace

ScalerInput input_of(const forecast::Model& model, const forecast::Forecast& forecast, std::string model_label) {
  return {.forecast = forecast.value,
          .low = forecast.low,
          .high = forecast.high,
          .level = forecast.level,
          .naive_forecast = forecast.naive,
          .model_error = model.metrics.mae,
          .naive_error = model.metrics.naive_mae,
          .model_label = std::move(model_label)};
}

const char* policy_name(PolicyKind kind) {
  for (const auto& [value, name] : policy_names)
    if (value == kind) return name;
  return "";
}

std::optional<PolicyKind> parse_policy(std::string_view name) {
  for (const auto& [value, text] : policy_names)
    if (name == text) return value;
  return std::nullopt;
}

const char* reason_name(Reason::Code code) {
  for (const auto& [value, name] : reason_names)
    if (value == code) return name;
  return "";
}

std::optional<Reason::Code> parse_reason(std::string_view name) {
  for (const auto& [value, known] : reason_names)
    if (known == name) return value;
  return std::nullopt;
}

bool Decision::has(Reason::Code code) const {
  return std::ranges::any_of(reasons, [code](const Reason& reason) { return reason.code == code; });
}

std::string Decision::explanation() const {
  std::string text;
  for (const auto& reason : reasons) text += (text.empty() ? "" : "; ") + reason.sentence;
  return text;
}

Decision decide(const ScalerPolicy& policy, const ScalerInput& input) {
  if (input.autoscaler_on)
    return stay(input, Decision::Verdict::refuse,
                {autoscaler_on, "the pool's own autoscaler is on and would refuse a node count; switch it off first"});
  return policy.kind == PolicyKind::workshop ? decide_workshop(policy, input) : decide_target(policy, input);
}

std::vector<ExplainLine> explain(const ScalerPolicy& policy, const ScalerInput& input, const Decision& decision) {
  const bool workshop = policy.kind == PolicyKind::workshop;
  // All digits for the workshop, whose published number people compare.
  const std::string value =
      workshop ? format_fixed(input.forecast, 9) + " " + policy.unit : format_quantity(input.forecast, policy.unit);
  const std::string wanted = format_number(policy.sla - policy.threshold) + " to " +
                             format_quantity(policy.sla + policy.threshold, policy.unit);
  std::string outcome = "nodes " + std::to_string(decision.from);
  outcome += decision.acts() ? " -> " + std::to_string(decision.to) : " stay";
  if (decision.verdict == Decision::Verdict::refuse) outcome = "refused";
  return {{workshop ? "Forecast" : "Forecast for tomorrow", value,
           workshop ? "the workshop's arithmetic: every count through the end-user model, for the last known day"
                    : forecast_remark(policy, input)},
          {"Wanted", wanted, ""},
          {"Decision", outcome, decision.explanation()}};
}

}  // namespace drover::scaling
