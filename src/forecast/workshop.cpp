#include "forecast/workshop.hpp"

#include <cmath>

namespace drover::forecast {
namespace {

constexpr std::size_t admin_window_rows = 5;  // The three windows are constants of the workshop's train.py.
constexpr std::size_t config_window_rows = 7;
constexpr std::size_t end_window_rows = 21;
constexpr double train_share = 0.8;    // train.py again
constexpr std::size_t rows_min = 120;  // 20 % must hold the longest window and a few rows to measure

// Oldest first, as the workshop lays its windows out, so that the coefficients come in its order.
std::vector<Term> window_terms(const std::string& column, std::size_t rows) {
  std::vector<Term> terms;
  for (std::size_t lag = rows; lag > 0; --lag)
    terms.push_back({.column = column, .kind = Term::Kind::lag, .rows = lag});
  return terms;
}

std::vector<Term> same_row_terms() {
  std::vector<Term> terms;
  for (const char* column : {"admin_users", "config_users", "end_users"})
    terms.push_back({.column = column, .kind = Term::Kind::same_row, .rows = 0});
  return terms;
}

Result<Metrics> measure(const Model& model, const Table& table, std::size_t from, bool rows_known) {
  std::vector<double> actual;
  std::vector<double> predicted;
  std::vector<double> naive;
  const std::vector<double>& truth = *table.find(model.target);
  for (std::size_t row = from; row < truth.size(); ++row) {
    DROVER_TRY(value, rows_known ? evaluate(model.equations.back(), table, row) : predict_row(model, table, row));
    predicted.push_back(value);
    actual.push_back(truth[row]);
    naive.push_back(truth[row - 1]);
  }
  return Metrics{.r2 = r_squared(actual, predicted),
                 .r2_original_order = r_squared(predicted, actual),
                 .mae = mean_absolute_error(actual, predicted),
                 .naive_mae = mean_absolute_error(actual, naive),
                 .held_out_rows = actual.size()};
}

Result<Model> train_one(const Table& table, const std::string& target, std::vector<Term> terms,
                        const TrainingRecord& record) {
  const auto train_rows = static_cast<std::size_t>(train_share * static_cast<double>(table.rows()));
  DROVER_TRY(equation, fit_equation(target, Scale::raw, std::move(terms), table, 0, train_rows));
  const std::size_t window = equation.window_rows();
  Model model{.kind = "workshop", .target = target, .equations = {std::move(equation)}, .record = record};
  model.trained_rows = train_rows - window;
  DROVER_TRY(metrics, measure(model, table, train_rows + window, true));
  model.metrics = metrics;
  return model;
}

// `model` applied to another column than the one it was trained on: the workshop's main defect, and the plain case too.
Result<double> apply_to(const Model& model, const std::string& column, const Table& table, std::size_t row) {
  Equation equation = model.equations.back();
  for (auto& term : equation.terms) term.column = column;
  return evaluate(equation, table, row);
}

Result<WorkshopForecast> forecast_row(const Model& admin, const Model& config, const Model& end,
                                      const Model& completion, const Table& table, std::size_t row) {
  WorkshopForecast out;
  DROVER_TRY(admin_users, apply_to(admin, "admin_users", table, row));
  DROVER_TRY(config_users, apply_to(config, "config_users", table, row));
  DROVER_TRY(end_users, apply_to(end, "end_users", table, row));
  out.admin_users = admin_users;
  out.config_users = config_users;
  out.end_users = end_users;
  DROVER_TRY(seconds,
             evaluate(completion.equations.back(), table, row,
                      {{"admin_users", admin_users}, {"config_users", config_users}, {"end_users", end_users}}));
  out.completion_seconds = seconds;
  return out;
}

Status check_workshop_table(const Table& table) {
  DROVER_CHECK(check_table(table));
  for (const char* column : {"admin_users", "config_users", "end_users", "avg_completion_time"})
    if (!table.find(column))
      return fail(Code::invalid_input, std::string("the workshop's models need a column ") + column,
                  "train the calibrated model alone, or give a log with admin, config and end users");
  if (table.rows() < rows_min)
    return fail(Code::invalid_input, "the workshop's models need at least " + std::to_string(rows_min) +
                                         " days, the log has " + std::to_string(table.rows()));
  return {};
}

}  // namespace

Result<WorkshopModels> train_workshop(const Table& table, const TrainingRecord& record) {
  DROVER_CHECK(check_workshop_table(table));
  const auto window_model = [&](const char* column, std::size_t rows) {
    return train_one(table, column, window_terms(column, rows), record);
  };
  DROVER_TRY(admin, window_model("admin_users", admin_window_rows));
  DROVER_TRY(config, window_model("config_users", config_window_rows));
  DROVER_TRY(end, window_model("end_users", end_window_rows));
  DROVER_TRY(completion, train_one(table, "avg_completion_time", same_row_terms(), record));
  return WorkshopModels{std::move(admin), std::move(config), std::move(end), std::move(completion)};
}

Result<WorkshopForecast> forecast_as_written(const WorkshopModels& models, const Table& table) {
  if (table.rows() == 0) return fail(Code::invalid_input, "the load table has no rows");
  return forecast_row(models.end_users, models.end_users, models.end_users, models.completion, table, table.rows() - 1);
}

Result<WorkshopForecast> forecast_last_day(const WorkshopModels& models, const Table& table) {
  if (table.rows() == 0) return fail(Code::invalid_input, "the load table has no rows");
  return forecast_row(models.admin_users, models.config_users, models.end_users, models.completion, table,
                      table.rows() - 1);
}

Result<WorkshopForecast> forecast_next_day(const WorkshopModels& models, const Table& table) {
  return forecast_row(models.admin_users, models.config_users, models.end_users, models.completion, table,
                      table.rows());
}

Result<Model> compose_workshop(const WorkshopModels& models, const Table& table, std::size_t held_out_from) {
  Model model{.kind = "workshop", .target = models.completion.target, .record = models.completion.record};
  for (const Model* part : {&models.admin_users, &models.config_users, &models.end_users, &models.completion})
    model.equations.push_back(part->equations.back());
  model.trained_rows = models.completion.trained_rows;
  if (held_out_from < model.window_rows() + 1 || held_out_from >= table.rows())
    return fail(Code::invalid_input, "there are no held-out rows from row " + std::to_string(held_out_from) + " on");
  DROVER_TRY(metrics, measure(model, table, held_out_from, false));
  model.metrics = metrics;
  return model;
}

}  // namespace drover::forecast
