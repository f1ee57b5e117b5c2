#include "cli/scale_replay_report.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/markup.hpp"
#include "base/text.hpp"
#include "scaling/headline.hpp"

namespace drover::cli {
namespace {

/// Of the plot itself; around it there is room for axes.
constexpr double width = 1000, height = 220, left = 76, right = 14, above = 8, below = 40;
/// Points that a line is drawn with; each stands for the highest of its span, so that no peak is lost.
constexpr std::size_t points_max = 1000;
/// Grid lines that an axis has at most.
constexpr int ticks_max = 5, days_max = 12;

constexpr std::string_view blue = "#3b7dd8", orange = "#e8a33d", green = "#2f9e5f", grey = "#999",
                           black = "currentColor", red = "#c33";

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

std::string hours_of(double node_steps, const scaling::PoolTerms& terms) {
  return format_count(std::llround(node_steps * to_seconds(terms.axis.step) / 3600)) + " h";
}

std::string missed_of(const scaling::StudyRow& row) {
  return format_fixed(100 * row.result.violation_share(), 2) + " %";
}

/// A saving only where both keep the SLO; else what both cost.
std::string rival_tile(const scaling::Headline& headline, const scaling::PoolTerms& terms) {
  const auto &ours = *headline.ours, &rival = *headline.rival;
  const std::string both = hours_of(ours.result.node_steps, terms) + " of nodes against " +
                           hours_of(rival.result.node_steps, terms) + ", boots included; too few nodes " +
                           missed_of(ours) + " of the time against " + missed_of(rival);
  if (!ours.keeps_slo || !rival.keeps_slo)
    return tile(hours_of(ours.result.node_steps, terms),
                " of nodes were billed. " + scaling::rival_words(rival.name) + ": " + both + ". " +
                    (ours.keeps_slo ? "It" : "Drover's choice") + " misses the SLO, so this is no saving");
  return tile(
      format_fixed(100 * std::abs(headline.saved), 1) + " % " + (headline.saved >= 0 ? "less" : "more"),
      " than " + scaling::rival_words(rival.name) + ", the cheapest of what teams run that keeps the SLO: " + both);
}

/// What somebody who reads no further should know.
std::string summary_of(const scaling::Study& study, const scaling::PoolTerms& terms) {
  const auto headline = scaling::headline_of(study);
  if (headline.ours == nullptr || headline.rival == nullptr) return "";
  const auto& ours = *headline.ours;
  return "<div class=\"tiles\">" +
         tile(missed_of(ours), std::string(" of the steps had too few nodes; ") +
                                   format_fixed(100 * terms.violation_share_max, 2) + " % are allowed" +
                                   (ours.keeps_slo ? "" : ": the SLO is missed")) +
         rival_tile(headline, terms) +
         tile(format_fixed(100 * headline.above_optimum, 1) + " %",
              " above the least possible (" + hours_of(study.optimum_node_steps, terms) +
                  "), the cost of whoever had known the load beforehand") +
         tile(format_fixed(ours.result.node_steps / std::max(1, ours.result.steps), 1),
              " nodes in the mean; " + scaling::rival_words(headline.rival->name) + ": " +
                  format_fixed(headline.rival->result.node_steps / std::max(1, headline.rival->result.steps), 1)) +
         "</div>\n";
}

std::string table_of(const scaling::Study& study, const scaling::PoolTerms& terms) {
  std::string rows;
  for (const auto& row : study.rows)
    rows += std::string("<tr") + (row.keeps_slo ? "" : " class=\"missed\"") + "><th>" + escape_markup(row.name) +
            "</th><td>" + format_fixed(row.cost_ratio, 3) + "</td><td>" + hours_of(row.result.node_steps, terms) +
            "</td><td>" + missed_of(row) + "</td><td>" + format_fixed(100 * row.result.unserved_share, 3) +
            " %</td><td>" + format_count(row.result.scale_ups) + "</td><td>" + format_fixed(row.decision_ms_p99, 3) +
            " ms</td><td class=\"words\">" + escape_markup(scaling::row_words(row.name)) + "</td></tr>\n";
  rows += "<tr><th>optimum, load known</th><td>1.000</td><td>" + hours_of(study.optimum_node_steps, terms) +
          "</td><td></td><td></td><td></td><td></td><td class=\"words\">the least possible with as many misses as the "
          "SLO allows</td></tr>\n";
  return "<table><thead><tr><th>policy</th><td>cost / optimum</td><td>node-hours</td><td>too few nodes</td>"
         "<td>load turned away</td><td>scale-ups</td><td>decision p99</td><td class=\"words\">what it does</td></tr>"
         "</thead><tbody>" +
         rows + "</tbody></table>\n";
}

constexpr std::string_view style =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1120px;margin:2em auto;padding:0 1em;color-scheme:light dark}"
    "h1{margin-bottom:.2em}.tiles{display:flex;flex-wrap:wrap;gap:1em;margin:1.2em 0}"
    ".tiles div{flex:1 1 14em;padding:.8em 1em;border:1px solid #8885;border-radius:8px}"
    ".tiles strong{display:block;font-size:1.7em;line-height:1.2}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}th{text-align:left;font-weight:500}"
    "td,th{padding:.2em .9em;border-bottom:1px solid #8884}td{text-align:right}tr.missed td:nth-child(4){color:#c33}"
    "td.words{text-align:left;color:#888}"
    "tr:nth-last-child(2) th,tr:nth-last-child(2) td{font-weight:700}thead th,thead td{color:#888}"
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

/// A mark under each step with too few nodes; those that would lie on each other are one.
std::string misses_of(const scaling::StudyRow& row, const Axes& axes) {
  std::string drawn;
  double last = -1;
  for (const int step : row.result.missed) {
    const double x = width * step / static_cast<double>(std::max<std::size_t>(1, axes.steps));
    if (x - last < 1) continue;
    last = x;
    drawn += "<line stroke=\"" + std::string(red) + "\" stroke-width=\"1.5\" x1=\"" + number(x) + "\" x2=\"" +
             number(x) + "\" y1=\"" + number(height - 10) + "\" y2=\"" + number(height) + "\"/>";
  }
  return drawn;
}

std::string policy_drawing(const scaling::Study& study, const forecast::ChosenLoad& load,
                           const scaling::StudyRow& row) {
  // The same height for all, up to twice ours: what costs more looks it.
  const int ours = std::max(std::ranges::max(study.rows.back().result.nodes), std::ranges::max(study.needed));
  const int usual = std::min(2 * ours, std::ranges::max(study.rows.front().result.nodes));
  const int most = std::max({ours, usual, std::ranges::max(row.result.nodes)});
  const Axes axes = axes_over(study, load, "nodes", std::max(1, most) * 1.05);
  const std::vector<Line> lines = {
      {"billed", green, 1.4}, {"needed", grey}, {"optimum without misses", black, 0.8}, {"too few nodes", red, 1.5}};
  return drawing(row.name, lines, axes,
                 line_of(study.optimum_nodes, axes, lines[2]) + line_of(study.needed, axes, lines[1]) +
                     line_of(row.result.nodes, axes, lines[0]) + misses_of(row, axes));
}

}  // namespace

std::string format_replay_report(const forecast::ChosenLoad& load, const scaling::PoolTerms& terms,
                                 const scaling::Study& study, const std::string& capacity) {
  const auto steps = static_cast<long long>(study.needed.size());
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Replay of " +
                     escape_markup(load.column) + "</title><style>" + std::string(style) +
                     "</style></head><body>\n<h1>What scaling would have cost: " + escape_markup(load.column) +
                     "</h1>\n<p>From " + format_iso(load.series.start + study.first_step * load.series.step) + ", " +
                     format_count(steps) + " steps of " + format_duration(load.series.step) + "; " +
                     escape_markup(capacity) + " and is ready " +
                     format_duration(terms.axis.lead_steps * terms.axis.step) + " after it was asked for; at most " +
                     format_fixed(100 * terms.violation_share_max, 2) + " % of the steps may have too few nodes.";
  for (const auto& note : load.notes) page += " " + escape_markup(note);
  page += "</p>\n" + summary_of(study, terms) + load_drawing(study, load);
  // Ours and what it is compared with first, then the table, then all others.
  const auto headline = scaling::headline_of(study);
  page += policy_drawing(study, load, study.rows.back());
  if (headline.rival != nullptr) page += policy_drawing(study, load, *headline.rival);
  page += "<h2>All policies</h2>\n" + table_of(study, terms) +
          "<details><summary>The nodes of each of the other policies</summary>\n";
  for (std::size_t i = study.rows.size() - 1; i-- > 0;)
    if (&study.rows[i] != headline.rival) page += policy_drawing(study, load, study.rows[i]);
  page += "</details>\n";
  return page + "</body></html>\n";
}

}  // namespace drover::cli
