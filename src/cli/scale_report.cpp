#include "cli/scale_report.hpp"

#include "base/markup.hpp"
#include "base/text.hpp"
#include "scaling/words.hpp"

namespace drover::cli {
namespace {

using scaling::format_number;
using scaling::format_quantity;

constexpr double hours_a_month = 730;  // as Azure's price pages reckon

constexpr const char* style = R"(
:root{color-scheme:light dark;--ink:#1f2937;--soft:#6b7280;--line:#e5e7eb;--page:#f6f7f9;--paper:#fff;
  --accent:#7c3aed;--good:#15803d;--bad:#b45309}
@media (prefers-color-scheme:dark){:root{--ink:#e5e7eb;--soft:#9ca3af;--line:#30363f;--page:#0d1015;
  --paper:#14181f;--accent:#b794f6;--good:#4ade80;--bad:#fbbf24}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1010px;margin:0 auto;padding:28px 24px 40px}
h1{font-size:22px;margin:0}
h2{font-size:16px;margin:0 0 10px}
p{margin:0}
.soft{color:var(--soft)}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin-top:16px}
.decision{display:flex;gap:24px;align-items:center;flex-wrap:wrap}
.count{font-size:34px;font-weight:650;color:var(--accent);white-space:nowrap;font-variant-numeric:tabular-nums}
.decision div{flex:1 1 20em}
.decision .count{flex:0 0 auto}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px 24px;margin:0}
dt{color:var(--soft);font-size:13px}
dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
dd small{display:block;font-weight:400;font-size:13px;color:var(--soft)}
.chart{padding:8px}
.chart svg{display:block;width:100%;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;font-size:13px;color:var(--soft);text-align:left;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
.n{text-align:right;white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}
ul{margin:0;padding-left:20px}
code{font-size:13px;overflow-wrap:anywhere}
@media print{body{background:none}section{break-inside:avoid}}
)";

std::string nodes_text(const ScaleReport& report) {
  const auto& decision = report.decision;
  if (decision.acts()) return std::to_string(decision.from) + " \xE2\x86\x92 " + std::to_string(decision.to) + " nodes";
  return std::to_string(decision.from) + (decision.from == 1 ? " node stays" : " nodes stay");
}

std::string outcome_text(const ScaleReport& report) {
  if (report.decision.verdict == scaling::Decision::Verdict::refuse) return "Refused; nothing was changed.";
  if (!report.decision.acts()) return "Nothing to do.";
  return report.was_done ? "Done." : "Not done (dry run).";
}

std::string decision_section(const ScaleReport& report) {
  std::string why = report.decision.explanation();
  if (!why.empty() && why.front() >= 'a' && why.front() <= 'z')
    why.front() = static_cast<char>(why.front() - 'a' + 'A');
  return "<section class=\"decision\"><p class=\"count\">" + nodes_text(report) + "</p><div><p>" + escape_markup(why) +
         ".</p><p class=\"soft\">Policy " + scaling::policy_name(report.policy.kind) + ". " + outcome_text(report) +
         "</p></div></section>\n";
}

std::string fact(const std::string& name, const std::string& value, const std::string& detail = "") {
  return "<div><dt>" + escape_markup(name) + "</dt><dd>" + escape_markup(value) +
         (detail.empty() ? "" : "<small>" + escape_markup(detail) + "</small>") + "</dd></div>\n";
}

std::string facts_section(const ScaleReport& report) {
  const auto& input = report.input;
  const auto& policy = report.policy;
  const std::string& unit = policy.unit;
  std::string out = "<section><dl>\n";
  out += fact("Forecast for tomorrow", format_quantity(input.forecast, unit),
              input.level > 0 ? format_fixed(input.level * 100, 0) + " % between " + format_number(input.low) +
                                    " and " + format_number(input.high)
                              : "");
  out += fact("Wanted", format_number(policy.sla - policy.threshold) + " to " +
                            format_quantity(policy.sla + policy.threshold, unit));
  out += fact("Error of " + input.model_label, format_quantity(input.model_error, unit),
              format_quantity(input.naive_error, unit) + " for a naive forecast, which says " +
                  format_quantity(input.naive_forecast, unit));
  const Money change = report.per_hour_after - report.per_hour_before;
  out += fact("Cost of the pool", format_money(report.per_hour_after) + "/h",
              report.decision.acts()
                  ? format_money(report.per_hour_before) + "/h before, " + (change.micro_usd >= 0 ? "+" : "") +
                        format_money(change * hours_a_month) + " a month if it stays"
                  : "unchanged");
  return out + "</dl></section>\n";
}

std::string model_row(const ReportModel& model) {
  const bool better = model.mae < model.naive_mae;
  std::string out = "<tr><td>" + std::string(model.in_use ? "<strong>" : "") + escape_markup(model.name) +
                    (model.in_use ? "</strong>" : "") + "<br><span class=\"soft\">" + escape_markup(model.inputs) +
                    "</span></td>";
  out += "<td>" + escape_markup(model.target) + "</td>";
  out += "<td class=\"n\">" + format_fixed(model.r2, 3) + "</td>";
  out += "<td class=\"n " + std::string(better ? "good" : "bad") + "\">" +
         escape_markup(format_quantity(model.mae, model.unit)) + "</td>";
  out += "<td class=\"n\">" + escape_markup(format_quantity(model.naive_mae, model.unit)) + "</td>";
  out += "<td class=\"n\">" +
         (model.band_coverage > 0 ? format_fixed(model.band_coverage * 100, 0) + " %" : "\xE2\x80\x93") + "</td>";
  return out + "<td class=\"n\">" + std::to_string(model.held_out) + "</td></tr>\n";
}

std::string models_section(const ScaleReport& report) {
  if (report.models.empty()) return {};
  std::string out =
      "<section><h2>What was learned</h2><div class=\"scroll\"><table>\n<tr><th>model</th><th>forecasts</th>"
      "<th class=\"n\">R\xC2\xB2</th><th class=\"n\">error</th><th class=\"n\">naive error</th>"
      "<th class=\"n\">in band</th><th class=\"n\">days held out</th></tr>\n";
  for (const auto& model : report.models) out += model_row(model);
  return out +
         "</table></div><p class=\"soft\">Errors are mean absolute ones, measured on days that the model had not seen. "
         "Naive is \xE2\x80\x9C"
         "as the day before\xE2\x80\x9D. The decision rests on the model in bold.</p></section>\n";
}

std::string timings_section(const ScaleReport& report) {
  if (report.timings.empty()) return {};
  std::string out = "<section><h2>How long it took</h2><table>\n";
  for (const auto& timing : report.timings)
    out += "<tr><td>" + escape_markup(timing.what) + "</td><td class=\"n\">" +
           (timing.took < std::chrono::milliseconds{50} ? "under 0.1 s" : format_human(timing.took)) + "</td></tr>\n";
  return out + "</table></section>\n";
}

std::string notes_section(const ScaleReport& report) {
  if (report.notes.empty()) return {};
  std::string out = "<section><h2>Notes</h2><ul>";
  for (const auto& note : report.notes) out += "<li>" + escape_markup(note) + "</li>";
  return out + "</ul></section>\n";
}

std::string origin_section(const ScaleReport& report) {
  return "<p class=\"soft\" style=\"margin-top:16px\">Learned from <code>" + escape_markup(report.log_name) +
         "</code> (SHA-256 <code title=\"" + escape_markup(report.data_digest) + "\">" +
         escape_markup(report.data_digest.substr(0, 12)) + "</code>) by drover " + escape_markup(report.code_version) +
         ".</p>\n";
}

}  // namespace

std::string format_scale_report(const ScaleReport& report) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      escape_markup(report.estate + ": " + report.pool) + "</title>\n<style>" + style +
      "</style>\n</head>\n<body>\n<main>\n";
  out += "<h1>" + escape_markup(report.pool) + "</h1>\n<p class=\"soft\">Estate " + escape_markup(report.estate) +
         " on " + escape_markup(report.cloud) + ", " + format_iso(report.made_at).substr(0, 16).replace(10, 1, " ") +
         " UTC</p>\n";
  out += decision_section(report) + facts_section(report);
  out += "<section class=\"chart\">" + draw_load_chart(report.chart) + "</section>\n";
  out += models_section(report) + timings_section(report) + notes_section(report) + origin_section(report);
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace drover::cli
