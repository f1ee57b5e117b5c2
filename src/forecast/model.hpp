// A learned model as a value that can be stored, compared and applied: which equations, with which coefficients,
// learned from what, and how well they did on days that they had not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "forecast/linear.hpp"
#include "forecast/table.hpp"

namespace drover::forecast {

enum class Scale : std::uint8_t {
  raw,
  logarithmic,  ///< natural logarithm; values below 1 are taken as 1, so that a day without users is a number too
};

/// One input of an equation for row t.
struct Term {
  enum class Kind : std::uint8_t {
    same_row,  ///< the column at t itself; `rows` is 0
    lag,       ///< the column at t - rows
    mean,      ///< the mean of the column over [t - rows, t)
  };
  std::string column;
  Kind kind = Kind::lag;
  std::size_t rows = 1;
  Scale scale = Scale::raw;

  friend bool operator==(const Term&, const Term&) = default;
};

/// "end_users lag 3", "log mean 7 of config_users": unique within an equation, and what its coefficient is called.
std::string format_term(const Term& term);

/// scale(target at t) = fit(terms at t).
struct Equation {
  std::string target;
  Scale scale = Scale::raw;
  std::vector<Term> terms;
  LinearModel fit;  ///< one coefficient a term, in the order of the terms

  /// How many rows before t the terms look back.
  std::size_t window_rows() const;
};

/// How an equation or model did, in the unit of its target.
struct Metrics {
  double r2 = 0;                 ///< on the held-out rows, truth first
  double r2_original_order = 0;  ///< the same with the arguments swapped, as the workshop logged it
  double mae = 0;                ///< mean absolute one-step error on the held-out rows
  double naive_mae = 0;          ///< the error of "as the row before" on the same rows
  std::size_t held_out_rows = 0;
  double band_coverage = 0;  ///< share of held-out rows inside the band; 0 for models without one
};

/// How far the truth may lie from a forecast, measured on rows that the fit had not seen. A forecast's error depends on
/// its level (a quiet day is harder to foretell than a busy one), so the spread is a straight line over the forecast,
/// and the two factors are the quantiles of error / spread that hold `level` of the rows between them (split
/// conformal).
struct Band {
  double level = 0.9;
  double spread_intercept = 0;  ///< in the unit of the target
  double spread_slope = 0;      ///< change of the spread with the forecast
  double spread_min = 0;        ///< the line is not followed below this
  double low_factor = 0;        ///< <= 0
  double high_factor = 0;       ///< >= 0

  /// The usual absolute error of a forecast of `value`.
  double spread_at(double value) const;
  double low_at(double value) const { return value + low_factor * spread_at(value); }
  double high_at(double value) const { return value + high_factor * spread_at(value); }
};

/// Who made a model from what. Handed in by the caller; nothing here reads a clock or a file.
struct TrainingRecord {
  std::string data_digest;   ///< lower-case hexadecimal SHA-256 of the log's bytes
  std::string code_version;  ///< of the program that trained
  Instant trained_at{};
};

struct Model {
  std::string kind;    ///< "workshop" or "calibrated"
  std::string target;  ///< the column that it forecasts
  /// The last one gives the target; those before it give the columns that the last one reads at the row ahead.
  std::vector<Equation> equations;
  std::optional<Band> band = {};
  Metrics metrics = {};
  std::size_t trained_rows = 0;
  TrainingRecord record = {};

  std::size_t window_rows() const;
  /// Its held-out error is not below that of "as the row before": nobody should act on it.
  bool is_worse_than_naive() const { return !(metrics.mae < metrics.naive_mae); }
};

/// One held-out row: what was forecast for it, what came, and what "as the row before" would have said.
struct HeldOut {
  std::size_t row = 0;
  double predicted = 0;
  double actual = 0;
  double naive = 0;
};

/// The next row of a table, which nobody has seen.
struct Forecast {
  std::string target;
  double value = 0;
  double low = 0;  ///< low <= value <= high; equal when the model has no band
  double high = 0;
  double level = 0;  ///< share of rows expected inside low..high; 0 when the model has no band
  double naive = 0;  ///< the last known value
  std::vector<std::pair<std::string, double>> drivers = {};  ///< what the equations before the last one gave
};

/// The value of `term` for row `row` of `table`; same_row terms read `row_ahead` first, by column name, so that a
/// forecast can stand in for a row that is not known yet. Errors: invalid_input (missing column, row too early).
Result<double> term_value(const Term& term, const Table& table, std::size_t row,
                          const std::vector<std::pair<std::string, double>>& row_ahead = {});

/// Fits the terms to rows [from, to) of `table`, those too early for the terms left out.
/// Errors: invalid_input (missing column, no row left).
Result<Equation> fit_equation(std::string target, Scale scale, std::vector<Term> terms, const Table& table,
                              std::size_t from, std::size_t to);

/// What `equation` says for row `row`, in the unit of its target.
Result<double> evaluate(const Equation& equation, const Table& table, std::size_t row,
                        const std::vector<std::pair<std::string, double>>& row_ahead = {});

/// What `model` says for row `row` from the rows before it only; row may be table.rows() (the next row).
Result<double> predict_row(const Model& model, const Table& table, std::size_t row);

/// The row after the last one. Errors: invalid_input when the table lacks a column or is shorter than the model's
/// window.
Result<Forecast> forecast_next(const Model& model, const Table& table);

}  // namespace drover::forecast
