#include "cli/scale_replay_report.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/markup.hpp"
#include "base/text.hpp"

namespace drover::cli {
namespace {

/// Of the plot itself; around it there is room for axes.
constexpr double width = 1000, height = 220, left = 76, right = 14, above = 8, below = 40;
/// Points that a line is drawn with; each stands for the highest of its span, so that no peak is lost.
constexpr std::size_t points_max = 1000;
/// Grid lines that an axis has at most.
constexpr int ticks_max = 5, days_max = 12;

constexpr std::string_view blue = "#3b7dd8", orange = "#e8a33d", green = "#2f9e5f", grey = "#999",
                           black = "currentColor";

std::string number(double value) { return format_fixed(value, 1); }

/// 1, 2 or 5 times a power of ten, so that `top` has at most ticks_max of it.
double tick_of(double top) {
  double tick = std::pow(10, std::floor(std::log10(top / ticks_max)));
  for (const double times : {2.0, 2.5, 2.0})
    if (top / tick > ticks_max) tick *= times;
  return tick;
}

/// "1.5 M", "20 k", "0.05".
std::string label_of(double value) {
  const auto shortest = [](double shown, std::string_view unit) {
    std::string text = format_fixed(shown, std::abs(shown - std::round(shown)) < 1e-6 ? 0 : shown < 0.1 ? 3 : 1);
    return text.append(unit);
  };
  if (value >= 1e9) return shortest(value / 1e9, " G");
  if (value >= 1e6) return shortest(value / 1e6, " M");
  if (value >= 1e4) return shortest(value / 1e3, " k");
  return shortest(value, "");
}

struct Axes {
  std::string unit;  ///< of what is drawn
  double top = 1;
  Instant start = {};  ///< of the first step
  Duration step = {};
  std::size_t steps = 0;
};

std::string text_at(double x, double y, std::string_view anchor, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) + "\">" +
         escape_markup(text) + "</text>";
}

std::string grid_line(double x1, double y1, double x2, double y2) {
  return "<line class=\"grid\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
         number(y2) + "\"/>";
}

/// Midnights, so far apart that their labels have room; hours where the whole is short.
std::string time_axis(const Axes& axes) {
  const Duration span = static_cast<std::int64_t>(axes.steps) * axes.step;
  Duration tick = std::chrono::hours{1};
  for (const int hours : {3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 28, 24 * 91, 24 * 365})
    if (span / tick > days_max) tick = std::chrono::hours{hours};
  const bool has_hours = tick < forecast::one_day;
  std::string drawn;
  const auto since = axes.start.time_since_epoch() % tick;
  for (Instant at = since == Duration{} ? axes.start : axes.start + (tick - since); at < axes.start + span;
       at += tick) {
    const double x = width * to_seconds(at - axes.start) / to_seconds(span);
    const std::string iso = format_iso(at);
    drawn += grid_line(x, 0, x, height);
    drawn +=
        text_at(x, height + 16, "middle", has_hours ? iso.substr(5, 5) + " " + iso.substr(11, 5) : iso.substr(0, 10));
  }
  return drawn + text_at(width / 2, height + 34, "middle", has_hours ? "time (UTC)" : "day (UTC)");
}

std::string axes_of(const Axes& axes) {
  const double tick = tick_of(axes.top);
  std::string drawn;
  for (double value = 0; value <= axes.top; value += tick) {
    const double y = height * (1 - value / axes.top);
    drawn += grid_line(0, y, width, y) + text_at(-8, y + 4, "end", label_of(value));
  }
  return drawn + time_axis(axes) + "<text transform=\"translate(-60 " + number(height / 2) +
         ") rotate(-90)\" text-anchor=\"middle\">" + escape_markup(axes.unit) + "</text>";
}

struct Line {
  std::string name;  ///< in the legend
  std::string_view colour;
  double thickness = 1;
  bool is_dashed = false;
};

template <class Values>
std::string line_of(const Values& values, const Axes& axes, const Line& line) {
  const std::size_t n = values.size();
  const std::size_t span = std::max<std::size_t>(1, (n + points_max - 1) / points_max);
  std::string points;
  for (std::size_t i = 0; i < n; i += span) {
    double highest = 0;
    for (std::size_t j = i; j < std::min(n, i + span); ++j) highest = std::max(highest, static_cast<double>(values[j]));
    const double x = width * static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(1, n));
    points += number(x) + "," + number(height * (1 - std::min(1.0, highest / axes.top))) + " ";
  }
  return "<polyline fill=\"none\" stroke=\"" + std::string(line.colour) + "\" stroke-width=\"" +
         format_fixed(line.thickness, 1) + "\"" + (line.is_dashed ? " stroke-dasharray=\"4 3\"" : "") + " points=\"" +
         points + "\"/>";
}

std::string legend_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines)
    text += "<span class=\"key\"><svg width=\"26\" height=\"10\"><line x1=\"0\" x2=\"26\" y1=\"5\" y2=\"5\" stroke=\"" +
            std::string(line.colour) + "\" stroke-width=\"2\"" + (line.is_dashed ? " stroke-dasharray=\"4 3\"" : "") +
            "/></svg> " + escape_markup(line.name) + "</span>";
  return text;
}

std::string drawing(const std::string& title, const std::vector<Line>& lines, const Axes& axes,
                    const std::string& content) {
  return "<figure><figcaption><b>" + escape_markup(title) + "</b>" + legend_of(lines) +
         "</figcaption><svg class=\"plot\" viewBox=\"" + number(-left) + " " + number(-above) + " " +
         number(left + width + right) + " " + number(above + height + below) + "\" role=\"img\" aria-label=\"" +
         escape_markup(title) + "\">" + axes_of(axes) + content + "</svg></figure>\n";
}

std::string tile(const std::string& value, const std::string& words) {
  return "<div><strong>" + escape_markup(value) + "</strong>" + escape_markup(words) + "</div>";
}

/// What somebody who reads no further should know.
std::string summary_of(const scaling::Study& study, const scaling::PoolTerms& terms) {
  const auto& ours = study.rows.back();
  const auto& usual = study.rows.front();
  const double less = 1 - ours.result.node_steps / usual.result.node_steps;
  const double hours = to_seconds(terms.axis.step) / 3600;
  const std::string misses = format_fixed(100 * ours.result.violation_share(), 2) + " %";
  return "<div class=\"tiles\">" +
         tile(misses, std::string(" of the steps had too few nodes; ") +
                          format_fixed(100 * terms.violation_share_max, 2) + " % are allowed" +
                          (ours.keeps_slo ? "" : ": the SLO is missed")) +
         tile(format_fixed(100 * std::abs(less), 0) + " % " + (less >= 0 ? "less" : "more"),
              " than HPA at 70 % with cluster-autoscaler, which missed " +
                  format_fixed(100 * usual.result.violation_share(), 2) + " %") +
         tile(format_fixed(ours.cost_ratio, 3) + " x", " the cost of whoever had known the load beforehand") +
         tile(format_count(std::llround(ours.result.node_steps * hours)) + " h",
              " of nodes were billed, boots included") +
         "</div>\n";
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
    "h1{margin-bottom:.2em}.tiles{display:flex;flex-wrap:wrap;gap:1em;margin:1.2em 0}"
    ".tiles div{flex:1 1 14em;padding:.8em 1em;border:1px solid #8885;border-radius:8px}"
    ".tiles strong{display:block;font-size:1.7em;line-height:1.2}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}th{text-align:left;font-weight:500}"
    "td,th{padding:.2em .9em;border-bottom:1px solid #8884}td{text-align:right}tr.missed td:nth-child(3){color:#c33}"
    "tr:last-child th,tr:last-child td{font-weight:700}thead th,thead td{color:#888}"
    "figure{margin:1.6em 0}figcaption{margin-bottom:.3em}.key{margin-left:1.4em;white-space:nowrap}"
    "svg.plot{width:100%;height:auto}svg text{font-size:12px;fill:currentColor;opacity:.75}.grid{stroke:#8883}";

Axes axes_over(const scaling::Study& study, const forecast::ChosenLoad& load, std::string unit, double top) {
  return {.unit = std::move(unit),
          .top = std::max(1e-9, top),
          .start = load.series.start + study.first_step * load.series.step,
          .step = load.series.step,
          .steps = study.needed.size()};
}

std::string load_drawing(const scaling::Study& study, const forecast::ChosenLoad& load) {
  const auto replayed = std::span(load.series.values).subspan(static_cast<std::size_t>(study.first_step));
  double top = std::ranges::max(replayed) * 1.05;
  // A forecast that shot far over the load once must not flatten all the rest.
  if (!study.band_high.empty()) top = std::max(top, std::min(1.5 * top, std::ranges::max(study.band_high) * 1.02));
  const Axes axes = axes_over(study, load, "load: " + load.column, top);
  const std::vector<Line> lines = {
      {"load", blue, 1.2}, {"forecast", orange, 1, true}, {"two deviations above", orange}};
  return drawing("Load, and what was forecast for it a lead time before", lines, axes,
                 line_of(study.band_high, axes, lines[2]) + line_of(study.band_low, axes, lines[1]) +
                     line_of(replayed, axes, lines[0]));
}

std::string policy_drawing(const scaling::Study& study, const forecast::ChosenLoad& load,
                           const scaling::StudyRow& row) {
  // The same height for all, up to twice ours: what costs more looks it.
  const int ours = std::max(std::ranges::max(study.rows.back().result.nodes), std::ranges::max(study.needed));
  const int usual = std::min(2 * ours, std::ranges::max(study.rows.front().result.nodes));
  const int most = std::max({ours, usual, std::ranges::max(row.result.nodes)});
  const Axes axes = axes_over(study, load, "nodes", std::max(1, most) * 1.05);
  const std::vector<Line> lines = {{"billed", green, 1.4}, {"needed", grey}, {"optimum without misses", black, 0.8}};
  return drawing(row.name, lines, axes,
                 line_of(study.optimum_nodes, axes, lines[2]) + line_of(study.needed, axes, lines[1]) +
                     line_of(row.result.nodes, axes, lines[0]));
}

}  // namespace

std::string format_replay_report(const forecast::ChosenLoad& load, const scaling::PoolTerms& terms,
                                 const scaling::Study& study) {
  const auto steps = static_cast<long long>(study.needed.size());
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Replay of " +
                     escape_markup(load.column) + "</title><style>" + std::string(style) +
                     "</style></head><body>\n<h1>What scaling would have cost: " + escape_markup(load.column) +
                     "</h1>\n<p>From " + format_iso(load.series.start + study.first_step * load.series.step) + ", " +
                     format_count(steps) + " steps of " + format_duration(load.series.step) + "; a node carries " +
                     format_fixed(terms.node_capacity, 2) + " and is ready " +
                     format_duration(terms.axis.lead_steps * terms.axis.step) + " after it was asked for; at most " +
                     format_fixed(100 * terms.violation_share_max, 2) + " % of the steps may have too few nodes.";
  for (const auto& note : load.notes) page += " " + escape_markup(note);
  page += "</p>\n" + summary_of(study, terms) + load_drawing(study, load);
  // Ours and the usual one first, then the table, then all others.
  page += policy_drawing(study, load, study.rows.back()) + policy_drawing(study, load, study.rows.front());
  page += "<h2>All policies</h2>\n" + table_of(study);
  for (std::size_t i = study.rows.size() - 1; i-- > 1;) page += policy_drawing(study, load, study.rows[i]);
  return page + "</body></html>\n";
}

}  // namespace drover::cli
