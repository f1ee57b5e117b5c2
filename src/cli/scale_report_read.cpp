// From the API's answer to a scaling decision to the report of it.
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/scale_report.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

json part(const json& from, const char* name) { return from.value(name, json::object()); }

scaling::ScalerPolicy read_policy(const json& answer) {
  const json from = part(answer, "policy_settings");
  scaling::ScalerPolicy policy;
  policy.kind = scaling::parse_policy(answer.value("policy", "")).value_or(scaling::PolicyKind::target);
  policy.sla = from.value("sla", policy.sla);
  policy.threshold = from.value("threshold", policy.threshold);
  policy.unit = from.value("unit", policy.unit);
  policy.increment = from.value("step", policy.increment);
  policy.floor = from.value("floor", policy.floor);
  policy.ceiling = from.value("ceiling", policy.ceiling);
  policy.cooldown = from_seconds(from.value("cooldown_s", to_seconds(policy.cooldown)));
  return policy;
}

scaling::ScalerInput read_input(const json& answer) {
  const json forecast = part(answer, "forecast");
  const json model = part(answer, "model");
  const json metrics = part(model, "metrics");
  scaling::ScalerInput input;
  input.forecast = forecast.value("value", 0.0);
  input.low = forecast.value("low", 0.0);
  input.high = forecast.value("high", 0.0);
  input.level = forecast.value("level", 0.0);
  input.naive_forecast = forecast.value("naive", 0.0);
  input.model_error = metrics.value("mae", 0.0);
  input.naive_error = metrics.value("naive_mae", 0.0);
  input.model_label = model.value("label", "model");
  input.nodes = part(answer, "decision").value("from", 0);
  input.now = parse_iso(answer.value("at", "")).value_or(Instant{});
  return input;
}

scaling::Decision read_decision(const json& answer) {
  using Verdict = scaling::Decision::Verdict;
  const json from = part(answer, "decision");
  const std::string verdict = from.value("verdict", "");
  scaling::Decision decision;
  decision.verdict = verdict == "change" ? Verdict::change : verdict == "refuse" ? Verdict::refuse : Verdict::hold;
  decision.from = from.value("from", 0);
  decision.to = from.value("to", 0);
  for (const auto& reason : from.value("reasons", json::array()))
    decision.reasons.push_back({scaling::parse_reason(reason.value("code", "")).value_or(scaling::Reason::Code::limit),
                                reason.value("sentence", "")});
  return decision;
}

/// "avg_completion_time" is seconds, "end_users" users; other columns are what the reader knows them to be.
std::string unit_of(const std::string& target, const std::string& decided_target, const std::string& decided_unit) {
  if (target == decided_target) return decided_unit;
  return target.ends_with("_users") ? "users" : "";
}

std::vector<ReportModel> read_models(const json& answer, const scaling::ScalerPolicy& policy) {
  const std::string target = answer.value("target", "");
  const std::string used_kind = policy.kind == scaling::PolicyKind::workshop ? "workshop" : "calibrated";
  std::vector<ReportModel> models;
  for (const auto& entry : part(answer, "evidence").value("models", json::array())) {
    const json metrics = part(entry, "metrics");
    ReportModel model;
    model.target = entry.value("target", "");
    model.name = entry.value("kind", "") + " v" + std::to_string(entry.value("version", 0));
    model.unit = unit_of(model.target, target, policy.unit);
    model.inputs = "learned from " + std::to_string(entry.value("trained_rows", 0)) + " days";
    model.r2 = metrics.value("r2", 0.0);
    model.mae = metrics.value("mae", 0.0);
    model.naive_mae = metrics.value("naive_mae", 0.0);
    model.held_out = metrics.value("held_out_rows", std::size_t{0});
    model.band_coverage = metrics.value("band_coverage", 0.0);
    model.in_use = entry.value("kind", "") == used_kind && model.target == target;
    models.push_back(std::move(model));
  }
  return models;
}

LoadChart read_chart(const json& answer, const ScaleReport& report) {
  LoadChart chart;
  chart.quantity = replace_all(answer.value("target", ""), "_", " ");
  chart.title = chart.quantity + ", day by day";
  chart.unit = report.policy.unit;
  if (const auto it = answer.find("history_start"); it != answer.end() && it->is_string())
    chart.start = parse_iso(it->get_ref<const std::string&>());
  chart.step = from_seconds(answer.value("history_step_s", 86400.0));
  chart.history = answer.value("history", std::vector<double>{});
  for (const auto& f : part(answer, "evidence").value("past_forecasts", json::array()))
    if (const std::size_t row = f.value("row", std::size_t{0}); row < chart.history.size())
      chart.past_forecasts.push_back({row, f.value("value", 0.0), f.value("low", 0.0), f.value("high", 0.0)});
  const auto& input = report.input;
  chart.next = ChartForecast{chart.history.size(), input.forecast, input.low, input.high};
  if (input.level > 0) chart.level = input.level;
  chart.wanted_low = report.policy.sla - report.policy.threshold;
  chart.wanted_high = report.policy.sla + report.policy.threshold;
  // Counts of the past are not known here; what is known is the count now and the one decided.
  if (!chart.history.empty()) chart.nodes = {{chart.history.size() - 1, report.decision.from}};
  chart.nodes_next = report.decision.to;
  return chart;
}

}  // namespace

ScaleReport read_scale_report(const json& answer) {
  const json evidence = part(answer, "evidence");
  ScaleReport report;
  report.estate = answer.value("estate", "");
  report.cloud = answer.value("cloud", "") == "azure" ? "Azure" : "the local cloud";
  report.pool = answer.value("scaler", "");
  report.log_name = evidence.value("log", "");
  report.policy = read_policy(answer);
  report.input = read_input(answer);
  report.decision = read_decision(answer);
  report.made_at = report.input.now;
  report.was_done = answer.value("performed", false);
  report.models = read_models(answer, report.policy);
  if (const auto models = evidence.value("models", json::array()); !models.empty()) {
    report.data_digest = models.front().value("data_digest", "");
    report.code_version = models.front().value("code_version", "");
  }
  if (report.was_done) report.timings.push_back({"setting the pool", from_seconds(answer.value("took_s", 0.0))});
  report.per_hour_before = Money::usd(evidence.value("usd_per_hour_before", 0.0));
  report.per_hour_after = Money::usd(evidence.value("usd_per_hour_after", 0.0));
  report.notes = evidence.value("notes", std::vector<std::string>{});
  report.chart = read_chart(answer, report);
  return report;
}

}  // namespace drover::cli
