// Draws load, forecast and node counts as one SVG: no scripts, no external resources, light and dark by the reader's
// own setting. What to draw comes in as plain values; nothing is looked up or decided here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace drover::cli {

/// A forecast for one row and the band around it, low <= value <= high.
struct ChartForecast {
  std::size_t row = 0;
  double value = 0;
  double low = 0;
  double high = 0;
};

/// From row `row` on the pool has `nodes` nodes.
struct ChartNodes {
  std::size_t row = 0;
  int nodes = 0;
};

struct LoadChart {
  std::string id = "load-chart";      ///< prefix of ids in the SVG; letters, digits, '-'
  std::string title;                  ///< "Completion time of jobs a day": the heading, and what a screen reader says
  std::string quantity;               ///< legend word for the history: "completion time"
  std::string unit;                   ///< "s"; may be empty
  std::optional<Instant> start = {};  ///< of row 0; nullopt numbers the rows
  Duration step = std::chrono::hours{24};
  std::vector<double> history;                     ///< row 0 on; not finite values leave a gap
  std::size_t rows_shown_max = 120;                ///< the last ones; more do not fit the width
  std::vector<ChartForecast> past_forecasts = {};  ///< what was forecast for rows that have come since, in row order
  std::optional<ChartForecast> next = {};          ///< of the row after the history
  double level = 0.9;                              ///< share of rows that the bands are to hold
  double wanted_low = 0;                           ///< the wanted range; not drawn unless low < high
  double wanted_high = 0;
  std::vector<ChartNodes> nodes = {};  ///< in row order; the part below the chart is left out when empty
  int nodes_next = 0;                  ///< decided for the next row
};

/// A whole SVG document. Same chart, same bytes.
std::string draw_load_chart(const LoadChart& chart);

}  // namespace drover::cli
