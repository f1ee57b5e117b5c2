#include "cli/scale_replay_report.hpp"

#include <algorithm>
#include <cmath>

#include "base/markup.hpp"
#include "base/text.hpp"

namespace drover::cli {
namespace {

constexpr double width = 1080, height = 220;
/// Points that a line is drawn with; each stands for the highest of its span, so that no peak is lost.
constexpr std::size_t points_max = 1080;

template <class Values>
std::string line_of(const Values& values, double top, const std::string& style) {
  const std::size_t n = values.size();
  const std::size_t span = std::max<std::size_t>(1, (n + points_max - 1) / points_max);
  std::string points;
  for (std::size_t i = 0; i < n; i += span) {
    double highest = 0;
    for (std::size_t j = i; j < std::min(n, i + span); ++j) highest = std::max(highest, static_cast<double>(values[j]));
    const double x = width * static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(1, n));
    points += format_fixed(x, 1) + "," + format_fixed(height * (1 - highest / top), 1) + " ";
  }
  return "<polyline fill=\"none\" vector-effect=\"non-scaling-stroke\" " + style + " points=\"" + points + "\"/>";
}

std::string drawing(const std::string& title, const std::string& content) {
  return "<figure><figcaption>" + escape_markup(title) + "</figcaption><svg viewBox=\"0 0 " + format_fixed(width, 0) +
         " " + format_fixed(height, 0) + "\" role=\"img\" aria-label=\"" + escape_markup(title) + "\">" + content +
         "</svg></figure>\n";
}

std::string table_of(const scaling::Study& study) {
  std::string rows;
  for (const auto& row : study.rows)
    rows += std::string("<tr") + (row.keeps_slo ? "" : " class=\"missed\"") + "><th>" + escape_markup(row.name) +
            "</th><td>" + format_fixed(row.cost_ratio, 3) + "</td><td>" +
            format_fixed(100 * row.result.violation_share(), 2) + " %</td><td>" +
            format_fixed(100 * row.result.unserved_share, 3) + " %</td><td>" + format_count(row.result.scale_ups) +
            "</td><td>" + format_fixed(row.decision_ms_p99, 3) + " ms</td></tr>\n";
  return "<table><thead><tr><th>policy</th><td>cost / "
         "optimum</td><td>violations</td><td>unserved</td><td>scale-ups</td>"
         "<td>decision p99</td></tr></thead><tbody>" +
         rows + "</tbody></table>\n";
}

constexpr std::string_view style =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1120px;margin:2em auto;padding:0 1em;color-scheme:light dark}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}th{text-align:left;font-weight:500}"
    "td,th{padding:.2em .9em;border-bottom:1px solid #8884}td{text-align:right}tr.missed td:nth-child(3){color:#c33}"
    "figure{margin:1.2em 0}figcaption{margin-bottom:.3em}svg{width:100%;height:auto;background:#8881;overflow:visible}";

}  // namespace

std::string format_replay_report(const forecast::ChosenLoad& load, const scaling::PoolTerms& terms,
                                 const scaling::Study& study) {
  const auto replayed = std::span(load.series.values).subspan(static_cast<std::size_t>(study.first_step));
  double load_top = std::max(1e-9, std::ranges::max(replayed) * 1.05);
  if (!study.band_high.empty()) load_top = std::max(load_top, std::ranges::max(study.band_high) * 1.02);
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Replay of " +
                     escape_markup(load.column) + "</title><style>" + std::string(style) +
                     "</style></head><body>\n<h1>Replay of " + escape_markup(load.column) + "</h1>\n<p>From " +
                     format_iso(load.series.start + study.first_step * load.series.step) + ", " +
                     format_count(static_cast<long long>(replayed.size())) + " steps of " +
                     format_duration(load.series.step) + "; a node carries " + format_fixed(terms.node_capacity, 2) +
                     " and is ready after " + format_duration(terms.axis.lead_steps * terms.axis.step) + "; at most " +
                     format_fixed(100 * terms.violation_share_max, 2) +
                     " % of the steps may have too few nodes.</p>\n" + table_of(study);
  std::string drawn;
  if (!study.band_low.empty()) {
    drawn += line_of(study.band_high, load_top, "stroke=\"#e8a33d\" stroke-width=\"1\"");
    drawn += line_of(study.band_low, load_top, "stroke=\"#e8a33d\" stroke-width=\"1\" stroke-dasharray=\"3 2\"");
  }
  drawn += line_of(replayed, load_top, "stroke=\"#3b7dd8\" stroke-width=\"1.2\"");
  page += drawing(
      "Load (blue), and what was forecast for it a lead time before: the middle (dashed) and two deviations "
      "above (orange)",
      drawn);
  // Ours first: it is last in the table.
  for (std::size_t i = study.rows.size(); i-- > 0;) {
    const auto& row = study.rows[i];
    const double top = std::max(1, std::max(std::ranges::max(row.result.nodes), std::ranges::max(study.needed))) * 1.05;
    page += drawing(row.name + ": nodes billed (green), needed (grey), and those of the optimum (black)",
                    line_of(row.result.nodes, top, "stroke=\"#2f9e5f\" stroke-width=\"1.2\"") +
                        line_of(study.needed, top, "stroke=\"#888\" stroke-width=\"1\"") +
                        line_of(study.optimum_nodes, top, "stroke=\"currentColor\" stroke-width=\"0.8\""));
  }
  return page + "</body></html>\n";
}

}  // namespace drover::cli
