#include "cli/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/markup.hpp"
#include "base/text.hpp"

namespace drover::cli {
namespace {

// All lengths are user units of the SVG, which a page scales as it likes.
constexpr double width = 960;
constexpr double plot_left = 58;
constexpr double plot_top = 74;
constexpr double plot_height = 270;
constexpr double plot_bottom = plot_top + plot_height;
constexpr double history_right = 780;  // the known rows end here,
constexpr double next_right = 896;     // the row ahead has this much room to itself, as it is what the chart is about
constexpr double nodes_top = plot_bottom + 46;
constexpr double nodes_height = 56;
constexpr double letter_width = 6.4;  // of 12-unit type, on average: enough to keep labels from touching

constexpr const char* style = R"(
.drover-chart{--ink:#1f2937;--soft:#6b7280;--grid:#e5e7eb;--paper:#ffffff;--load:#2563eb;--ahead:#c2410c;
  --wanted:#15803d;--nodes:#7c3aed;font:12px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.drover-chart{--ink:#e5e7eb;--soft:#9ca3af;--grid:#30363f;--paper:#14181f;
  --load:#6ea8fe;--ahead:#fb923c;--wanted:#4ade80;--nodes:#b794f6}}
.drover-chart text{fill:var(--soft)}
.drover-chart .title{fill:var(--ink);font-size:15px;font-weight:600}
.drover-chart .strong{fill:var(--ink);font-weight:600}
.drover-chart .paper{fill:var(--paper)}
.drover-chart .grid{stroke:var(--grid);stroke-width:1}
.drover-chart .axis{stroke:var(--soft);stroke-width:1}
.drover-chart .load{fill:none;stroke:var(--load);stroke-width:1.8;stroke-linejoin:round}
.drover-chart .past{fill:none;stroke:var(--ahead);stroke-width:1.2;stroke-dasharray:4 3}
.drover-chart .band{fill:var(--ahead);fill-opacity:.13}
.drover-chart .next-band{fill:var(--ahead);fill-opacity:.22}
.drover-chart .next{fill:var(--ahead)}
.drover-chart .next-line{stroke:var(--ahead);stroke-width:1.8}
.drover-chart .wanted{fill:var(--wanted);fill-opacity:.13}
.drover-chart .wanted-edge{stroke:var(--wanted);stroke-width:1;stroke-dasharray:2 3}
.drover-chart .wanted-text{fill:var(--wanted)}
.drover-chart .zone{fill:var(--soft);fill-opacity:.07}
.drover-chart .nodes{fill:var(--nodes);fill-opacity:.18}
.drover-chart .nodes-next{fill:var(--nodes);fill-opacity:.4}
.drover-chart .nodes-line{fill:none;stroke:var(--nodes);stroke-width:1.8}
)";

std::string number(double value) {
  std::string text = format_fixed(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string quantity_text(double value, const std::string& unit) {
  const std::string text = std::abs(value) >= 1000  ? format_count(std::llround(value))
                           : std::abs(value) >= 100 ? format_fixed(value, 0)
                                                    : number(value);
  return unit.empty() ? text : text + " " + unit;
}

std::string text_at(double x, double y, std::string_view anchor, const std::string& text, std::string_view css = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) + "\"" +
         (css.empty() ? "" : " class=\"" + std::string(css) + "\"") + ">" + escape_markup(text) + "</text>\n";
}

std::string line_at(double x1, double y1, double x2, double y2, std::string_view css) {
  return "<line class=\"" + std::string(css) + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" +
         number(x2) + "\" y2=\"" + number(y2) + "\"/>\n";
}

std::string rect_at(double x, double y, double w, double h, std::string_view css, double radius = 0) {
  return "<rect class=\"" + std::string(css) + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" +
         number(w) + "\" height=\"" + number(std::max(h, 0.0)) + "\"" +
         (radius > 0 ? " rx=\"" + number(radius) + "\"" : "") + "/>\n";
}

/// The smallest of 1, 2, 5 times a power of ten that cuts `span` into at most `count` pieces.
double nice_step(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * 0.999999) return factor * power;
  return 10 * power;
}

/// What of the chart is shown, and where it goes.
struct Frame {
  std::size_t first_row = 0;
  std::size_t rows = 0;
  double low = 0;
  double high = 1;
  double tick = 1;

  double x(double row) const {
    const double share = rows > 1 ? (row - static_cast<double>(first_row)) / static_cast<double>(rows - 1) : 1;
    return plot_left + share * (history_right - plot_left);
  }
  double y(double value) const { return plot_bottom - (value - low) / (high - low) * plot_height; }
  bool shows(std::size_t row) const { return row >= first_row && row < first_row + rows; }
};

Frame make_frame(const LoadChart& chart) {
  Frame frame;
  frame.rows = std::min(chart.history.size(), std::max<std::size_t>(chart.rows_shown_max, 2));
  frame.first_row = chart.history.size() - frame.rows;
  std::vector<double> values;
  for (std::size_t row = frame.first_row; row < chart.history.size(); ++row) values.push_back(chart.history[row]);
  for (const auto& past : chart.past_forecasts)
    if (frame.shows(past.row)) values.insert(values.end(), {past.low, past.high});
  if (chart.next) values.insert(values.end(), {chart.next->low, chart.next->high, chart.next->value});
  if (chart.wanted_low < chart.wanted_high) values.insert(values.end(), {chart.wanted_low, chart.wanted_high});
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) values = {0, 1};
  auto [low, high] = std::ranges::minmax(values);
  // Loads are counts and times: an axis from nothing keeps their sizes honest unless they all lie far from it.
  if (low >= 0 && low < high * 0.6) low = 0;
  if (high - low < 1e-9) high = low + 1;
  frame.tick = nice_step(high - low, 7);
  frame.low = std::floor(low / frame.tick + 1e-9) * frame.tick;
  frame.high = std::ceil(high / frame.tick - 1e-9) * frame.tick;
  return frame;
}

std::string draw_value_axis(const LoadChart& chart, const Frame& frame) {
  std::string out;
  for (int i = 0; frame.low + i * frame.tick <= frame.high + frame.tick / 2; ++i) {
    const double value = frame.low + i * frame.tick;
    const double y = frame.y(value);
    out += line_at(plot_left, y, next_right, y, i == 0 ? "axis" : "grid");
    out += text_at(plot_left - 8, y + 4, "end", quantity_text(value, ""));
  }
  if (!chart.unit.empty()) out += text_at(plot_left - 8, plot_top - 14, "end", chart.unit);
  return out;
}

/// "12 Aug" of a day, "12 Aug 14:05" of finer steps, "day 340" without dates.
std::string row_label(const LoadChart& chart, std::size_t row) {
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (!chart.start) return (chart.step == std::chrono::hours{24} ? "day " : "row ") + std::to_string(row + 1);
  std::string iso = format_iso(*chart.start + static_cast<std::int64_t>(row) * chart.step);
  if (iso.size() < 16) return iso;
  const int month = (iso[5] - '0') * 10 + (iso[6] - '0');
  const std::string day = iso[8] == '0' ? iso.substr(9, 1) : iso.substr(8, 2);
  const std::string date = day + " " + months[static_cast<std::size_t>(std::clamp(month, 1, 12) - 1)];
  return chart.step < std::chrono::hours{24} ? date + " " + iso.substr(11, 5) : date;
}

std::string draw_time_axis(const LoadChart& chart, const Frame& frame) {
  if (frame.rows == 0) return {};
  std::string out;
  const std::size_t last = frame.first_row + frame.rows - 1;
  const double label_width = static_cast<double>(row_label(chart, last).size()) * letter_width + 28;
  const int labels = std::max(1, static_cast<int>((history_right - plot_left) / label_width));
  const auto step = static_cast<std::size_t>(std::max(
      1.0, std::ceil(nice_step(static_cast<double>(std::max<std::size_t>(frame.rows, 2)), std::min(labels, 9)))));
  // Counted back from the last row, which is the one that people know.
  for (std::size_t back = 0; back < frame.rows; back += step) {
    const double x = frame.x(static_cast<double>(last - back));
    if (x < plot_left + 12 && back > 0) break;
    out += line_at(x, plot_bottom, x, plot_bottom + 5, "axis");
    // The last label keeps to its own side of the row ahead.
    const double label_x = back == 0 ? x + 5 : x;
    out += text_at(label_x, plot_bottom + 20, back == 0 ? "end" : "middle", row_label(chart, last - back));
  }
  return out;
}

std::string draw_wanted(const LoadChart& chart, const Frame& frame) {
  if (!(chart.wanted_low < chart.wanted_high)) return {};
  const double top = frame.y(chart.wanted_high);
  const double bottom = frame.y(chart.wanted_low);
  return rect_at(plot_left, top, next_right - plot_left, bottom - top, "wanted") +
         line_at(plot_left, top, next_right, top, "wanted-edge") +
         line_at(plot_left, bottom, next_right, bottom, "wanted-edge") +
         text_at(next_right + 8, top + 4, "start", quantity_text(chart.wanted_high, chart.unit), "wanted-text") +
         text_at(next_right + 8, bottom + 4, "start", quantity_text(chart.wanted_low, chart.unit), "wanted-text");
}

std::string draw_history(const LoadChart& chart, const Frame& frame) {
  std::string path;
  bool pen_down = false;
  for (std::size_t row = frame.first_row; row < frame.first_row + frame.rows; ++row) {
    const double value = chart.history[row];
    if (std::isfinite(value))
      path += (pen_down ? "L" : "M") + number(frame.x(static_cast<double>(row))) + " " + number(frame.y(value));
    pen_down = std::isfinite(value);
  }
  return path.empty() ? "" : "<path class=\"load\" d=\"" + path + "\"/>\n";
}

std::string draw_past_forecasts(const LoadChart& chart, const Frame& frame) {
  std::string upper;
  std::string lower;
  std::string middle;
  for (const auto& past : chart.past_forecasts) {
    if (!frame.shows(past.row)) continue;
    const std::string x = number(frame.x(static_cast<double>(past.row)));
    upper += (upper.empty() ? "M" : "L") + x + " " + number(frame.y(past.high));
    lower.insert(0, "L" + x + " " + number(frame.y(past.low)));
    middle += (middle.empty() ? "M" : "L") + x + " " + number(frame.y(past.value));
  }
  if (middle.empty()) return {};
  return "<path class=\"band\" d=\"" + upper + lower + "Z\"/>\n<path class=\"past\" d=\"" + middle + "\"/>\n";
}

std::string draw_next(const LoadChart& chart, const Frame& frame) {
  if (!chart.next) return {};
  const double x = (history_right + next_right) / 2;
  const double high = frame.y(chart.next->high);
  const double low = frame.y(chart.next->low);
  const double value = frame.y(chart.next->value);
  std::string out = rect_at(x - 9, high, 18, low - high, "next-band", 4);
  out += line_at(x - 9, value, x + 9, value, "next-line");
  out += "<circle class=\"next\" cx=\"" + number(x) + "\" cy=\"" + number(value) + "\" r=\"4.5\"/>\n";
  out += text_at(x - 15, value + 4, "end", quantity_text(chart.next->value, ""), "strong");
  // The ends of the band are told when there is room for them beside the value.
  if (value - high > 16) out += text_at(x + 13, high + 9, "start", quantity_text(chart.next->high, ""));
  if (low - value > 16) out += text_at(x + 13, low, "start", quantity_text(chart.next->low, ""));
  return out;
}

std::string draw_zone(const LoadChart& chart) {
  if (!chart.next) return {};
  const double bottom = chart.nodes.empty() ? plot_bottom : nodes_top + nodes_height;
  return rect_at(history_right + 8, plot_top - 8, next_right - history_right - 8, bottom - plot_top + 8, "zone", 4) +
         text_at((history_right + 8 + next_right) / 2, plot_bottom + 20, "middle",
                 chart.step == std::chrono::hours{24} ? "tomorrow" : "next", "strong");
}

std::string draw_nodes(const LoadChart& chart, const Frame& frame) {
  if (chart.nodes.empty() || frame.rows == 0) return {};
  int most = std::max(chart.nodes_next, 1);
  for (const auto& step : chart.nodes) most = std::max(most, step.nodes);
  const double bottom = nodes_top + nodes_height;
  const auto y = [&](int nodes) { return bottom - nodes_height * std::max(nodes, 0) / most; };
  std::string out = line_at(plot_left, bottom, next_right, bottom, "axis") +
                    text_at(plot_left - 8, nodes_top + 4, "end", std::to_string(most)) +
                    text_at(plot_left - 8, bottom + 4, "end", "0") +
                    text_at(plot_left - 8, (nodes_top + bottom) / 2 + 4, "end", "nodes");
  std::string line;
  int current = chart.nodes.front().nodes;
  for (std::size_t i = 0; i < chart.nodes.size(); ++i) {
    current = chart.nodes[i].nodes;
    const double from = std::max(frame.x(static_cast<double>(chart.nodes[i].row)), plot_left);
    const double to = i + 1 < chart.nodes.size()
                          ? std::max(frame.x(static_cast<double>(chart.nodes[i + 1].row)), plot_left)
                          : history_right + 8;
    if (to <= from) continue;
    out += rect_at(from, y(current), to - from, bottom - y(current), "nodes");
    line += (line.empty() ? "M" : "L") + number(from) + " " + number(y(current)) + "L" + number(to) + " " +
            number(y(current));
  }
  if (chart.next) {
    out += rect_at(history_right + 8, y(chart.nodes_next), next_right - history_right - 8, bottom - y(chart.nodes_next),
                   "nodes-next");
    line += (line.empty() ? "M" : "L") + number(history_right + 8) + " " + number(y(chart.nodes_next)) + "L" +
            number(next_right) + " " + number(y(chart.nodes_next));
    const std::string change = current == chart.nodes_next
                                   ? std::to_string(current)
                                   : std::to_string(current) + " \xE2\x86\x92 " + std::to_string(chart.nodes_next);
    out += text_at((history_right + 8 + next_right) / 2, bottom - 8, "middle", change, "strong");
  }
  return out + "<path class=\"nodes-line\" d=\"" + line + "\"/>\n";
}

struct LegendEntry {
  std::string css;  ///< "line:load" or "box:band"
  std::string text;
};

std::string draw_legend(const LoadChart& chart) {
  const std::string share = format_fixed(chart.level * 100, 0) + " %";
  std::vector<LegendEntry> entries = {{"line:load", chart.quantity.empty() ? "load" : chart.quantity}};
  if (!chart.past_forecasts.empty()) entries.push_back({"line:past", "forecast the day before"});
  if (!chart.past_forecasts.empty() || chart.next) entries.push_back({"box:next-band", "holds " + share + " of days"});
  if (chart.wanted_low < chart.wanted_high) entries.push_back({"box:wanted", "wanted"});
  std::string out;
  double x = plot_left;
  constexpr double y = 46;
  for (const auto& [css, text] : entries) {
    out += css.starts_with("line:") ? line_at(x, y - 4, x + 20, y - 4, css.substr(5))
                                    : rect_at(x, y - 10, 20, 12, css.substr(4), 2);
    out += text_at(x + 26, y, "start", text);
    x += 26 + static_cast<double>(text.size()) * letter_width + 18;
  }
  return out;
}

bool is_finite(const ChartForecast& forecast) {
  return std::isfinite(forecast.value) && std::isfinite(forecast.low) && std::isfinite(forecast.high);
}

/// What is no number has no place on paper.
LoadChart only_finite(LoadChart chart) {
  std::erase_if(chart.past_forecasts, [](const ChartForecast& past) { return !is_finite(past); });
  if (chart.next && !is_finite(*chart.next)) chart.next.reset();
  if (!std::isfinite(chart.wanted_low) || !std::isfinite(chart.wanted_high)) chart.wanted_low = chart.wanted_high = 0;
  return chart;
}

std::string describe(const LoadChart& chart) {
  std::string text = std::to_string(chart.history.size()) + " rows are known";
  if (!chart.history.empty() && std::isfinite(chart.history.back()))
    text += "; the last is " + quantity_text(chart.history.back(), chart.unit);
  if (chart.next)
    text += "; the next is forecast as " + quantity_text(chart.next->value, chart.unit) + ", between " +
            quantity_text(chart.next->low, chart.unit) + " and " + quantity_text(chart.next->high, chart.unit);
  if (chart.wanted_low < chart.wanted_high)
    text += "; wanted is " + quantity_text(chart.wanted_low, chart.unit) + " to " +
            quantity_text(chart.wanted_high, chart.unit);
  if (!chart.nodes.empty())
    text += "; nodes go from " + std::to_string(chart.nodes.back().nodes) + " to " + std::to_string(chart.nodes_next);
  return text + ".";
}

}  // namespace

std::string draw_load_chart(const LoadChart& asked) {
  const LoadChart chart = only_finite(asked);
  const Frame frame = make_frame(chart);
  const double height = (chart.nodes.empty() ? plot_bottom + 26 : nodes_top + nodes_height) + 14;
  const std::string id = escape_markup(chart.id);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"drover-chart\" viewBox=\"0 0 " + number(width) +
                    " " + number(height) + "\" width=\"" + number(width) + "\" height=\"" + number(height) +
                    "\" role=\"img\" aria-labelledby=\"" + id + "-title " + id + "-text\">\n";
  out += "<title id=\"" + id + "-title\">" + escape_markup(chart.title) + "</title>\n";
  out += "<desc id=\"" + id + "-text\">" + escape_markup(describe(chart)) + "</desc>\n";
  out += "<style>" + std::string(style) + "</style>\n";
  out += rect_at(0, 0, width, height, "paper", 8);
  out += text_at(plot_left, 24, "start", chart.title, "title");
  out += draw_legend(chart) + draw_zone(chart) + draw_wanted(chart, frame) + draw_value_axis(chart, frame) +
         draw_time_axis(chart, frame) + draw_past_forecasts(chart, frame) + draw_history(chart, frame) +
         draw_next(chart, frame) + draw_nodes(chart, frame);
  return out + "</svg>\n";
}

}  // namespace drover::cli
