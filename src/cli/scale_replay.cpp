// drover scale replay: what each policy would have cost and missed on a recorded load. Reads a file and computes; no
// estate, no state folder, no cloud.
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/load_words.hpp"
#include "cli/scale_replay_report.hpp"
#include "codec/load_log.hpp"
#include "forecast/fitted_model.hpp"
#include "scaling/headline.hpp"
#include "scaling/study.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

/// Rows as those of `series`, each the forecast made when that step had ended; a column a policy.
Status read_forecasts(const Context& context, const std::string& file, const forecast::Series& series,
                      std::vector<scaling::Foretold>& all) {
  DROVER_TRY(text, context.files.read(file));
  DROVER_TRY(log, codec::read_load_log(text, file, {.format = codec::LoadLogFormat::csv}));
  if (log.load.start != series.start || log.load.step != series.step || log.load.rows() != series.values.size())
    return fail(Code::invalid_input, file + " does not have the rows of the load",
                "--load-out FILE writes the load as it is replayed; forecasts have a row for each of its steps");
  for (auto& column : log.load.columns) all.push_back({.name = column.name, .loads = std::move(column.values)});
  return {};
}

std::string csv_of(const forecast::Series& series) {
  std::string text = "time,load\n";
  for (std::size_t i = 0; i < series.values.size(); ++i)
    text += format_iso(series.start + static_cast<std::int64_t>(i) * series.step) + "," +
            format_fixed(series.values[i], 9) + "\n";
  return text;
}

/// "1%" or "0.01".
Result<double> share_of(const std::string& option, const std::string& value) {
  const bool is_percent = value.ends_with('%');
  const std::string digits = is_percent ? value.substr(0, value.size() - 1) : value;
  double share = -1;
  const auto [end, trouble] = std::from_chars(digits.data(), digits.data() + digits.size(), share);
  if (trouble != std::errc{} || end != digits.data() + digits.size()) share = -1;
  if (is_percent) share /= 100;
  if (!(share >= 0 && share < 1))
    return std::unexpected(bad_option(option, value, "a share below all of them: 1% or 0.01"));
  return share;
}

/// Hardships as they were typed, made out before the log is read, which takes longer.
struct Hardships {
  Duration lead = {}, stock_out = {}, gap = {};
  scaling::ReplayFaults faults = {};
};

Result<Hardships> hardships_of(const ReplayWords& words) {
  DROVER_CHECK(check_slo(words));
  DROVER_TRY(lead, duration_of("--lead", words.lead));
  DROVER_TRY(train, duration_of("--train", words.train.empty() ? "0s" : words.train));
  (void)train;
  DROVER_TRY(stock_out, duration_of("--stock-out", words.stock_out));
  DROVER_TRY(gap, duration_of("--metric-gap", words.gap));
  DROVER_TRY(failures, share_of("--boot-failures", words.boot_failures));
  return Hardships{.lead = lead,
                   .stock_out = stock_out,
                   .gap = gap,
                   .faults = {.lead_log_deviation = words.lead_spread, .boot_failure_share = failures}};
}

/// Boots that a pool has seen before the replay, where their time is to be learned: a fortnight's at least.
constexpr int boots_seen = 100;

/// The hardships that were asked for; `notes` gets what policies make of them.
void add_hardships(Hardships& asked, scaling::PoolTerms& terms, int first_step, std::vector<std::string>& notes) {
  const auto& axis = terms.axis;
  const int at = first_step + axis.steps_a_day(), later = at + axis.steps(std::chrono::hours{6});
  if (asked.stock_out > Duration{}) asked.faults.stockouts = {{at, at + axis.steps(asked.stock_out)}};
  if (asked.gap > Duration{}) asked.faults.metric_gaps = {{later, later + axis.steps(asked.gap)}};
  if (asked.faults.lead_log_deviation <= 0) return;
  asked.faults.lead_steps = axis.lead_steps;
  const scaling::LeadTime lead = scaling::lead_time_after(boots_seen, asked.lead, asked.faults);
  terms.axis.lead_steps = terms.axis.steps(lead.p95 + terms.axis.step / 2);
  notes.push_back("Lead times vary; policies plan with " + format_duration(terms.axis.lead_steps * axis.step) +
                  ", as " + lead.words + ".");
}

double node_hours(double node_steps, const scaling::PoolTerms& terms) {
  return node_steps * to_seconds(terms.axis.step) / 3600;
}

json policies_json(const scaling::Study& study, const scaling::PoolTerms& terms) {
  json policies = json::array();
  for (const auto& row : study.rows) {
    json policy;
    policy["name"] = row.name;
    policy["cost_ratio"] = row.cost_ratio;
    policy["node_hours"] = node_hours(row.result.node_steps, terms);
    policy["nodes_mean"] = row.result.node_steps / std::max(1, row.result.steps);
    policy["violation_percent"] = 100 * row.result.violation_share();
    policy["keeps_slo"] = row.keeps_slo;
    policy["unserved_percent"] = 100 * row.result.unserved_share;
    policy["scale_ups"] = row.result.scale_ups;
    policy["decision_ms_p99"] = row.decision_ms_p99;
    policies.push_back(std::move(policy));
  }
  return policies;
}

/// What the headline says, and what it rests on.
json to_json(const scaling::Study& study, const scaling::PoolTerms& terms, const ReplayWords& words) {
  json out;
  out["policies"] = policies_json(study, terms);
  out["optimum_node_minutes"] = study.optimum_node_steps * to_seconds(terms.axis.step) / 60;
  out["optimum_node_hours"] = node_hours(study.optimum_node_steps, terms);
  out["node_capacity"] = terms.node_capacity;
  out["node_capacity_is_assumed"] = words.node_capacity <= 0;
  const auto headline = scaling::headline_of(study);
  if (headline.rival == nullptr || headline.ours == nullptr) return out;
  out["headline"]["words"] = scaling::headline_words(study, terms.violation_share_max, terms.axis.step);
  out["headline"]["compared_with"] = headline.rival->name;
  out["headline"]["saved_percent"] = 100 * headline.saved;
  out["headline"]["above_optimum_percent"] = 100 * headline.above_optimum;
  out["headline"]["both_keep_slo"] = headline.ours->keeps_slo && headline.rival->keeps_slo;
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

/// A clause on each row of the table.
std::string clauses_of(const scaling::Study& study) {
  std::string text;
  for (const auto& row : study.rows)
    if (const std::string words = scaling::row_words(row.name); !words.empty())
      text += "  " + padded(row.name, 24) + words + "\n";
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
                       " are replayed, those before teach.\n" + "Pool: " + capacity_words(context.typed.replay, terms) +
                       " and is ready " + format_duration(terms.axis.lead_steps * terms.axis.step) +
                       " after it was asked for; at most " + format_fixed(100 * terms.violation_share_max, 2) +
                       " % of the steps may have too few.\n");
  for (const auto& note : load.notes) context.terminal.out("Note: " + note + "\n");
  context.terminal.out(
      "\n" + table_of(context, study, step_minutes) + "\n" +
      scaling::headline_words(study, terms.violation_share_max, terms.axis.step) +
      "\n\n! misses the SLO. Knobs are chosen as the replay goes, from what was known then; hpa-0.7 has "
      "none. What the policies do:\n" +
      clauses_of(study));
}

}  // namespace

int replay_scaling(const Context& context) {
  auto hardships = hardships_of(context.typed.replay);
  if (!hardships) return complain(context, std::move(hardships.error()));
  auto log = read_log(context);
  if (!log) return complain(context, std::move(log.error()));
  auto load = choose_load(context, *log);
  if (!load) return complain(context, std::move(load.error()));
  auto terms = terms_of(context, load->series);
  if (!terms) return complain(context, std::move(terms.error()));
  const auto train = training_of(context.typed.replay, load->series);
  if (!train) return complain(context, Error(train.error()));
  const int first_step = static_cast<int>(*train / terms->axis.step);
  add_hardships(*hardships, *terms, first_step, load->notes);
  std::function<double()> milliseconds;
  if (context.now) milliseconds = [&] { return to_seconds(context.now().time_since_epoch()) * 1000; };
  if (const auto& file = context.typed.replay.load_out; !file.empty()) {
    if (auto written = context.files.write(file, csv_of(load->series)); !written)
      return complain(context, std::move(written.error()));
    return Exit::done;
  }
  const forecast::FitModel trees = context.typed.replay.boosted ? forecast::boosted_trees_if_there() : nullptr;
  if (context.typed.replay.boosted && !trees)
    return complain(context, Error{.code = Code::precondition,
                                   .message = "there are no boosted trees here",
                                   .hint = "install libxgboost0, and build Drover with DROVER_BOOSTED_TREES=ON"});
  std::vector<scaling::Foretold> foretold;
  for (const auto& file : context.typed.replay.forecasts)
    if (auto read = read_forecasts(context, file, load->series, foretold); !read)
      return complain(context, std::move(read.error()));
  auto study = scaling::study_policies(*terms, load->series.values, first_step, hardships->faults, milliseconds,
                                       foretold, trees);
  if (!study) return complain(context, std::move(study.error()).in(context.typed.log));
  if (!context.typed.out.empty())
    if (auto written = context.files.write(
            context.typed.out,
            format_replay_report(*load, *terms, *study, capacity_words(context.typed.replay, *terms)));
        !written)
      return complain(context, std::move(written.error()));
  if (context.typed.json) {
    json out = to_json(*study, *terms, context.typed.replay);
    out["notes"] = load->notes;
    context.terminal.out(out.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    return Exit::done;
  }
  print(context, *load, *terms, *study);
  if (!context.typed.out.empty()) context.terminal.out("Report in " + context.typed.out + "\n");
  return Exit::done;
}

}  // namespace drover::cli
