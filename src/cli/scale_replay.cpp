// drover scale replay: what each policy would have cost and missed on a recorded load. Reads a file and computes; no
// estate, no state folder, no cloud.
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/scale_replay_report.hpp"
#include "codec/load_log.hpp"
#include "forecast/load_choice.hpp"
#include "scaling/study.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

/// Metrics have holes: rows without a number are left out up to this share, and the step repeats the one before.
constexpr double rows_without_value_max = 0.2;

Error bad(const std::string& option, const std::string& value, const std::string& hint) {
  return {.code = Code::invalid_input, .message = option + " " + value + " makes no sense", .hint = hint};
}

Result<Duration> duration_of(const std::string& option, const std::string& value) {
  const auto duration = parse_duration(value);
  if (!duration || *duration < Duration{0})
    return std::unexpected(bad(option, value, "say it with units: 5m, 90s, 14d"));
  return *duration;
}

Result<std::optional<Instant>> instant_of(const std::string& option, const std::string& value) {
  if (value.empty()) return std::optional<Instant>{};
  auto instant = parse_iso(value);
  if (!instant) instant = parse_iso(value + "T00:00:00Z");
  if (!instant) return std::unexpected(bad(option, value, "a day or a time: 1995-08-04 or 1995-08-04T12:00:00Z"));
  return instant;
}

Result<forecast::ChosenLoad> read_load(const Context& context) {
  const Invocation& typed = context.typed;
  DROVER_TRY(text, context.files.read(typed.log));
  const auto format = codec::parse_load_log_format(typed.log_format.empty() ? "auto" : typed.log_format);
  if (!format)
    return std::unexpected(bad("--format", typed.log_format, "auto, daily-table, service-log, csv or common-log"));
  DROVER_TRY(log,
             codec::read_load_log(
                 text, typed.log,
                 {.format = *format, .time_column = typed.time_column, .malformed_share_max = rows_without_value_max}));
  const ReplayWords& words = typed.replay;
  forecast::LoadChoice choice{.column = typed.value_column};
  DROVER_TRY(from, instant_of("--from", words.from));
  DROVER_TRY(to, instant_of("--to", words.to));
  DROVER_TRY(smoothing, duration_of("--smooth", words.smooth));
  choice.from = from;
  choice.to = to;
  choice.smoothing = smoothing;
  choice.zero_is_missing = words.zeros_missing;
  auto chosen = forecast::choose_load(log.load, choice);
  if (!chosen) return std::unexpected(std::move(chosen.error()).in(typed.log));
  // Days that are not whole matter to models of days only.
  std::erase_if(log.notes, [](const std::string& note) {
    return note.starts_with("The first day,") || note.starts_with("The last day,");
  });
  chosen->notes.insert(chosen->notes.begin(), log.notes.begin(), log.notes.end());
  return chosen;
}

/// "1%" or "0.01".
Result<double> share_of(const std::string& option, const std::string& value) {
  const bool is_percent = value.ends_with('%');
  const std::string digits = is_percent ? value.substr(0, value.size() - 1) : value;
  double share = -1;
  const auto [end, trouble] = std::from_chars(digits.data(), digits.data() + digits.size(), share);
  if (trouble != std::errc{} || end != digits.data() + digits.size()) share = -1;
  if (is_percent) share /= 100;
  if (!(share >= 0 && share < 1)) return std::unexpected(bad(option, value, "a share below all of them: 1% or 0.01"));
  return share;
}

/// What was typed, with its units: made out before the log is read, which takes longer.
struct ReplayRequest {
  double violation_share_max = 0;
  Duration lead = {}, train = {}, stock_out = {}, gap = {};  ///< train 0: the usual
  scaling::ReplayFaults faults = {};
};

Result<ReplayRequest> request_of(const ReplayWords& words) {
  ReplayRequest request;
  if (!(words.slo_percent > 0 && words.slo_percent < 100))
    return std::unexpected(bad("--slo", format_fixed(words.slo_percent, words.slo_percent < 0 ? 1 : 0),
                               "it is the share of steps with enough nodes in per cent, above 0 and below 100: 99.5"));
  request.violation_share_max = (100 - words.slo_percent) / 100;
  DROVER_TRY(lead, duration_of("--lead", words.lead));
  DROVER_TRY(train, duration_of("--train", words.train.empty() ? "0s" : words.train));
  DROVER_TRY(stock_out, duration_of("--stock-out", words.stock_out));
  DROVER_TRY(gap, duration_of("--metric-gap", words.gap));
  DROVER_TRY(failures, share_of("--boot-failures", words.boot_failures));
  request.lead = lead;
  request.train = train;
  request.stock_out = stock_out;
  request.gap = gap;
  request.faults = {.lead_log_deviation = words.lead_spread, .boot_failure_share = failures};
  return request;
}

/// Boots that a pool has seen before the replay, where their time is to be learned: a fortnight's at least.
constexpr int boots_seen = 100;

/// The hardships that were asked for; `notes` gets what policies make of them.
void add_hardships(ReplayRequest& request, scaling::PoolTerms& terms, int first_step, std::vector<std::string>& notes) {
  const auto& axis = terms.axis;
  const int at = first_step + axis.steps_a_day(), later = at + axis.steps(std::chrono::hours{6});
  if (request.stock_out > Duration{}) request.faults.stockouts = {{at, at + axis.steps(request.stock_out)}};
  if (request.gap > Duration{}) request.faults.metric_gaps = {{later, later + axis.steps(request.gap)}};
  if (request.faults.lead_log_deviation <= 0) return;
  request.faults.lead_steps = axis.lead_steps;
  const scaling::LeadTime lead = scaling::lead_time_after(boots_seen, request.lead, request.faults);
  terms.axis.lead_steps = terms.axis.steps(lead.p95 + terms.axis.step / 2);
  notes.push_back("Lead times vary; policies plan with " + format_duration(terms.axis.lead_steps * axis.step) +
                  ", as " + lead.words + ".");
}

Result<scaling::PoolTerms> terms_of(const Invocation& typed, const ReplayRequest& request,
                                    const forecast::Series& series) {
  const ReplayWords& words = typed.replay;
  scaling::PoolTerms terms;
  terms.axis = {.step = series.step, .start = series.start};
  terms.axis.lead_steps = terms.axis.steps(request.lead);
  terms.violation_share_max = request.violation_share_max;
  terms.node_capacity = words.node_capacity > 0 ? words.node_capacity
                                                : scaling::capacity_for_percentile(series.values, words.nodes_at_p999);
  return terms;
}

/// Policies choose by a fortnight, if there is one.
Duration training_of(const ReplayRequest& request, const forecast::Series& series) {
  if (request.train > Duration{}) return request.train;
  const Duration whole = static_cast<std::int64_t>(series.values.size()) * series.step;
  return std::min<Duration>(14 * forecast::one_day, whole * 2 / 3);
}

json to_json(const scaling::Study& study) {
  json policies = json::array();
  for (const auto& row : study.rows) {
    json policy;
    policy["name"] = row.name;
    policy["cost_ratio"] = row.cost_ratio;
    policy["violation_percent"] = 100 * row.result.violation_share();
    policy["unserved_percent"] = 100 * row.result.unserved_share;
    policy["scale_ups"] = row.result.scale_ups;
    policy["decision_ms_p99"] = row.decision_ms_p99;
    policies.push_back(std::move(policy));
  }
  json out;
  out["policies"] = std::move(policies);
  out["optimum_node_minutes"] = 0;
  return out;
}

/// Of so many steps, in the words that people pay in.
std::string cost_of(double node_minutes, double price) {
  return price > 0 ? format_fixed(node_minutes / 60 * price, 2) : format_count(std::llround(node_minutes / 60)) + " h";
}

std::string table_of(const Context& context, const scaling::Study& study, double step_minutes) {
  const double price = context.typed.replay.price;
  std::string text = "  " + padded("policy", 24) + padded("cost/optimum", 14) +
                     padded(price > 0 ? "cost" : "node-hours", 14) + padded("violations", 12) + padded("unserved", 11) +
                     padded("scale-ups", 11) + "decision p99\n";
  for (const auto& row : study.rows) {
    const bool is_ours = row.name == "portfolio";
    const std::string name = padded(row.name, 24);
    text +=
        "  " + (is_ours ? toned(context, Tone::strong, name) : name) + padded(format_fixed(row.cost_ratio, 3), 14) +
        padded(cost_of(row.result.node_steps * step_minutes, price), 14) +
        toned(context, row.keeps_slo ? Tone::plain : Tone::bad,
              padded(format_fixed(100 * row.result.violation_share(), 2) + " %" + (row.keeps_slo ? "" : " !"), 12)) +
        padded(format_fixed(100 * row.result.unserved_share, 3) + " %", 11) +
        padded(format_count(row.result.scale_ups), 11) + format_fixed(row.decision_ms_p99, 3) + " ms\n";
  }
  text += "  " + padded("optimum, load known", 24) + padded("1.000", 14) +
          cost_of(study.optimum_node_steps * step_minutes, price) + "\n";
  return text;
}

void print(const Context& context, const forecast::ChosenLoad& load, const scaling::PoolTerms& terms,
           const scaling::Study& study) {
  const double step_minutes = to_seconds(terms.axis.step) / 60;
  const auto steps = load.series.values.size();
  const auto replayed = steps - static_cast<std::size_t>(study.first_step);
  context.terminal.out("Load: " + load.column + " of " + context.typed.log + ", " +
                       format_count(static_cast<long long>(steps)) + " steps of " + format_duration(terms.axis.step) +
                       "; the last " + format_count(static_cast<long long>(replayed)) +
                       " are replayed, those before teach.\n" + "Pool: a node carries " +
                       format_fixed(terms.node_capacity, 2) + " and is ready " +
                       format_duration(terms.axis.lead_steps * terms.axis.step) + " after it was asked for; at most " +
                       format_fixed(100 * terms.violation_share_max, 2) + " % of the steps may have too few.\n");
  for (const auto& note : load.notes) context.terminal.out("Note: " + note + "\n");
  context.terminal.out("\n" + table_of(context, study, step_minutes) +
                       "\n! misses the SLO. Knobs are chosen as the replay goes, from what was known then; hpa-0.7 has "
                       "none.\n");
}

}  // namespace

int replay_scaling(const Context& context) {
  auto request = request_of(context.typed.replay);
  if (!request) return complain(context, std::move(request.error()));
  auto load = read_load(context);
  if (!load) return complain(context, std::move(load.error()));
  auto terms = terms_of(context.typed, *request, load->series);
  if (!terms) return complain(context, std::move(terms.error()));
  const int first_step = static_cast<int>(training_of(*request, load->series) / terms->axis.step);
  add_hardships(*request, *terms, first_step, load->notes);
  std::function<double()> milliseconds;
  if (context.now) milliseconds = [&] { return to_seconds(context.now().time_since_epoch()) * 1000; };
  auto study = scaling::study_policies(*terms, load->series.values, first_step, request->faults, milliseconds);
  if (!study) return complain(context, std::move(study.error()).in(context.typed.log));
  if (!context.typed.out.empty())
    if (auto written = context.files.write(context.typed.out, format_replay_report(*load, *terms, *study)); !written)
      return complain(context, std::move(written.error()));
  if (context.typed.json) {
    json out = to_json(*study);
    out["optimum_node_minutes"] = study->optimum_node_steps * to_seconds(terms->axis.step) / 60;
    context.terminal.out(out.dump(2) + "\n");
    return Exit::done;
  }
  print(context, *load, *terms, *study);
  if (!context.typed.out.empty()) context.terminal.out("Report in " + context.typed.out + "\n");
  return Exit::done;
}

}  // namespace drover::cli
