#include "scaling/headline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "scaling/words.hpp"

namespace drover::scaling {
namespace {

struct Words {
  std::string_view row, words;
};

constexpr std::array<Words, 3> rivals = {{{"hpa-0.7", "HPA at 70 % with cluster-autoscaler"},
                                          {"hpa+cluster-autoscaler", "a tuned HPA with cluster-autoscaler"},
                                          {"static", "a pool of constant size"}}};

constexpr std::array<Words, 23> clauses = {{
    {"hpa-0.7", "HPA at 70 % and cluster-autoscaler as they come"},
    {"static", "the highest load so far, always"},
    {"cron", "the highest load so far of this hour: a schedule"},
    {"hpa+cluster-autoscaler", "HPA and cluster-autoscaler, the target utilisation chosen as it goes"},
    {"reactive", "the load as it is, at a utilisation"},
    {"reactive-quick", "the same, giving nodes back sooner"},
    {"trend", "the load as it is and as it rises"},
    {"last-week-offset", "last week half an hour ahead, or the load if that is more"},
    {"aws-style", "an hourly forecast, or the load if that is more"},
    {"dsp-style", "yesterday's smoothed curve, or the load if that is more"},
    {"forecast", "a regression on the load's past, with a margin in proportion to the load"},
    {"forecast-local", "the same, its margin larger where the forecast expects to err"},
    {"forecast-root", "the same, its margin in proportion to the root of the load"},
    {"forecast-level", "the same, its margin the same at every load"},
    {"persistence", "the load as it is, with a margin"},
    {"blend", "half way between the forecast and the load, with a margin"},
    {"smoothed", "the mean of 15 minutes or the load, with a margin"},
    {"reserve", "the load as it is, and a reserve that stands by"},
    {"standing", "the load and a bit, never below a level that is always ready"},
    {"covering", "the forecast or the load, whichever is more, with a margin"},
    {"boosted", "the forecast, corrected by boosted trees"},
    {"portfolio", "Drover's choice: each hour the cheapest of the others that would have kept the SLO lately"},
    {"ours / utilisation", "Drover's forecast under the rule of the forecasts that were handed in"},
}};

const StudyRow* row_named(const Study& study, std::string_view name) {
  const auto found = std::ranges::find(study.rows, name, &StudyRow::name);
  return found == study.rows.end() ? nullptr : &*found;
}

/// The first keeps the SLO and the second does not; else it is cheaper, or misses less.
bool is_better(const StudyRow& a, const StudyRow& b) {
  if (a.keeps_slo != b.keeps_slo) return a.keeps_slo;
  return a.keeps_slo ? a.result.node_steps < b.result.node_steps
                     : std::pair(a.result.violations, a.result.node_steps) <
                           std::pair(b.result.violations, b.result.node_steps);
}

/// A saving of a tenth of a per mille is none.
constexpr double saved_least = 0.0005;

std::string percent(double share, int digits = 1) { return format_fixed(100 * std::abs(share), digits) + " %"; }

std::string hours(double node_steps, Duration step) {
  return format_count(std::llround(node_steps * to_seconds(step) / 3600)) + " node-hours";
}

/// "0.32 % of the time (17 min)"
std::string misses(const ReplayResult& result, Duration step) {
  return percent(result.violation_share(), 2) + " of the time (" +
         (result.violations == 0 ? "never" : format_span_of_time(result.violations * step)) + ")";
}

std::string cost_words(const Headline& headline, Duration step) {
  const std::string both = hours(headline.ours->result.node_steps, step) + ", against " +
                           hours(headline.rival->result.node_steps, step) + " of " + rival_words(headline.rival->name);
  const std::string costs = "Drover's choice costs " + both;
  // Where one of both breaks the promise, the difference is no saving.
  if (!headline.ours->keeps_slo || !headline.rival->keeps_slo) return costs + ".";
  if (std::abs(headline.saved) < saved_least) return costs + ": the same.";
  return costs + ": " + percent(headline.saved) + (headline.saved > 0 ? " less." : " more.");
}

}  // namespace

Headline headline_of(const Study& study) {
  Headline headline{.ours = row_named(study, "portfolio")};
  for (const Words& rival : rivals)
    if (const StudyRow* row = row_named(study, rival.row);
        row != nullptr && (headline.rival == nullptr || is_better(*row, *headline.rival)))
      headline.rival = row;
  if (headline.ours == nullptr || headline.rival == nullptr) return headline;
  headline.saved = 1 - headline.ours->result.node_steps / headline.rival->result.node_steps;
  headline.above_optimum = headline.ours->cost_ratio - 1;
  return headline;
}

std::string rival_words(const std::string& row) {
  const auto found = std::ranges::find(rivals, row, &Words::row);
  return found == rivals.end() ? row : std::string(found->words) + " (" + row + ")";
}

std::string headline_words(const Study& study, double violation_share_max, Duration step) {
  const Headline headline = headline_of(study);
  if (headline.ours == nullptr || headline.rival == nullptr) return "";
  std::string text;
  if (!headline.ours->keeps_slo) text += "Drover's choice misses the SLO here. ";
  if (!headline.rival->keeps_slo)
    text += "Neither HPA nor a pool of constant size keeps it; " + headline.rival->name + " comes nearest. ";
  text += cost_words(headline, step);
  text += " Too few nodes: Drover's choice " + misses(headline.ours->result, step) + ", " + headline.rival->name + " " +
          misses(headline.rival->result, step) + "; allowed are " + percent(violation_share_max, 2) + ".";
  return text + " The least possible, had the load been known beforehand, is " + hours(study.optimum_node_steps, step) +
         "; Drover's choice costs " + percent(headline.above_optimum) +
         (headline.above_optimum >= 0 ? " more than that." : " less than that, since it misses more.");
}

std::string row_words(const std::string& row) {
  const auto found = std::ranges::find(clauses, row, &Words::row);
  return found == clauses.end() ? "" : std::string(found->words);
}

}  // namespace drover::scaling
