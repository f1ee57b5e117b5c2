// The four linear models of the workshop "MS Dev Day 2020-02" and the arithmetic of its controller, defects included,
// so that its published numbers come out again. What is right instead stands in forecast/calibrated.hpp.
#pragma once

#include "forecast/model.hpp"

namespace drover::forecast {

struct WorkshopModels {
  Model admin_users;   ///< from its 5 rows before
  Model config_users;  ///< from its 7 rows before
  Model end_users;     ///< from its 21 rows before
  Model completion;    ///< avg_completion_time from the three user counts of the same row
};

/// Learns from the first 80 % of the rows by order and measures on the rest, windows not crossing the cut, as the
/// workshop's train.py does. `table` has the columns admin_users, config_users, end_users and avg_completion_time.
/// Errors: invalid_input (column missing, fewer than 120 rows: the rest must hold a window of 21 and a row to measure).
Result<WorkshopModels> train_workshop(const Table& table, const TrainingRecord& record);

/// The controller's inputs and what it makes of them.
struct WorkshopForecast {
  double admin_users = 0;
  double config_users = 0;
  double end_users = 0;
  double completion_seconds = 0;
};

/// As the controller was written: all three counts through the end_users model with its window of 21, and the window
/// that ends before the last row, so that it forecasts a day that is already known.
Result<WorkshopForecast> forecast_as_written(const WorkshopModels& models, const Table& table);
/// Each count by its own model, but still for the last, known row.
Result<WorkshopForecast> forecast_last_day(const WorkshopModels& models, const Table& table);
/// Each count by its own model, for the row after the last.
Result<WorkshopForecast> forecast_next_day(const WorkshopModels& models, const Table& table);

/// The four models as one that forecasts the next row, each count by its own model; its metrics are measured on
/// the rows from `held_out_from` on.
Result<Model> compose_workshop(const WorkshopModels& models, const Table& table, std::size_t held_out_from);

}  // namespace drover::forecast
