#include "forecast/model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace drover::forecast {
namespace {

using RowAhead = std::vector<std::pair<std::string, double>>;

double to_scale(double value, Scale scale) { return scale == Scale::raw ? value : std::log(std::max(value, 1.0)); }

double from_scale(double value, Scale scale) {
  // A logarithm of a sensible load is far below 700; the bound keeps a wild model from giving infinity.
  return scale == Scale::raw ? value : std::exp(std::min(value, 700.0));
}

Result<const std::vector<double>*> column_of(const Table& table, const std::string& name) {
  if (const auto* values = table.find(name)) return values;
  return fail(Code::invalid_input, "the load table has no column " + name,
              "its columns must be those that the model was trained on");
}

// `values` is the column of `term`; the row is known to be late enough.
double history_value(const Term& term, const std::vector<double>& values, std::size_t row) {
  if (term.kind == Term::Kind::lag) return to_scale(values[row - term.rows], term.scale);
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(row);
  const double sum = std::accumulate(end - static_cast<std::ptrdiff_t>(term.rows), end, 0.0,
                                     [&](double total, double value) { return total + to_scale(value, term.scale); });
  return sum / static_cast<double>(term.rows);
}

Result<RowAhead> drivers_at(const Model& model, const Table& table, std::size_t row) {
  RowAhead ahead;
  for (std::size_t i = 0; i + 1 < model.equations.size(); ++i) {
    DROVER_TRY(value, evaluate(model.equations[i], table, row));
    ahead.emplace_back(model.equations[i].target, value);
  }
  return ahead;
}

}  // namespace

std::string format_term(const Term& term) {
  const std::string prefix = term.scale == Scale::logarithmic ? "log " : "";
  switch (term.kind) {
    case Term::Kind::same_row:
      return prefix + term.column;
    case Term::Kind::lag:
      return prefix + term.column + " lag " + std::to_string(term.rows);
    case Term::Kind::mean:
      return prefix + term.column + " mean " + std::to_string(term.rows);
  }
  return {};
}

double Band::spread_at(double value) const { return std::max(spread_intercept + spread_slope * value, spread_min); }

std::size_t Equation::window_rows() const {
  std::size_t rows = 0;
  for (const auto& term : terms) rows = std::max(rows, term.rows);
  return rows;
}

std::size_t Model::window_rows() const {
  std::size_t rows = 0;
  for (const auto& equation : equations) rows = std::max(rows, equation.window_rows());
  return rows;
}

Result<double> term_value(const Term& term, const Table& table, std::size_t row, const RowAhead& row_ahead) {
  if (term.kind == Term::Kind::same_row) {
    const auto known = std::ranges::find(row_ahead, term.column, &RowAhead::value_type::first);
    if (known != row_ahead.end()) return to_scale(known->second, term.scale);
  }
  DROVER_TRY(values, column_of(table, term.column));
  if (term.kind == Term::Kind::same_row) {
    if (row < values->size()) return to_scale((*values)[row], term.scale);
    return fail(Code::invalid_input, "row " + std::to_string(row) + " of " + term.column + " is not known yet");
  }
  if (term.rows == 0 || row < term.rows || row > values->size())
    return fail(Code::invalid_input, "row " + std::to_string(row) + " has not " + std::to_string(term.rows) +
                                         " rows of " + term.column + " before it");
  return history_value(term, *values, row);
}

Result<Equation> fit_equation(std::string target, Scale scale, std::vector<Term> terms, const Table& table,
                              std::size_t from, std::size_t to) {
  Equation equation{.target = std::move(target), .scale = scale, .terms = std::move(terms), .fit = {}};
  from = std::max(from, equation.window_rows());
  DROVER_TRY(truth, column_of(table, equation.target));
  to = std::min(to, truth->size());
  if (from >= to)
    return fail(Code::invalid_input, "the log is too short for a model of " + equation.target + " that looks back " +
                                         std::to_string(equation.window_rows()) + " rows");
  std::vector<std::string> names;
  std::vector<std::vector<double>> inputs;
  for (const auto& term : equation.terms) {
    auto& column = inputs.emplace_back();
    column.reserve(to - from);
    names.push_back(format_term(term));
    for (std::size_t row = from; row < to; ++row) {
      DROVER_TRY(value, term_value(term, table, row));
      column.push_back(value);
    }
  }
  std::vector<double> scaled;
  for (std::size_t row = from; row < to; ++row) scaled.push_back(to_scale((*truth)[row], scale));
  DROVER_TRY(fit, fit_least_squares(std::move(names), inputs, scaled));
  equation.fit = std::move(fit);
  return equation;
}

Result<double> evaluate(const Equation& equation, const Table& table, std::size_t row, const RowAhead& row_ahead) {
  if (equation.fit.coefficients.size() != equation.terms.size())
    return fail(Code::invalid_input, "the model of " + equation.target + " has not one coefficient for each term");
  std::vector<double> inputs;
  inputs.reserve(equation.terms.size());
  for (const auto& term : equation.terms) {
    DROVER_TRY(value, term_value(term, table, row, row_ahead));
    inputs.push_back(value);
  }
  return from_scale(equation.fit.predict(inputs), equation.scale);
}

Result<double> predict_row(const Model& model, const Table& table, std::size_t row) {
  if (model.equations.empty()) return fail(Code::invalid_input, "the model of " + model.target + " has no equations");
  DROVER_TRY(ahead, drivers_at(model, table, row));
  return evaluate(model.equations.back(), table, row, ahead);
}

Result<Forecast> forecast_next(const Model& model, const Table& table) {
  DROVER_TRY(known, column_of(table, model.target));
  if (known->empty()) return fail(Code::invalid_input, "the load table has no rows");
  const std::size_t row = known->size();
  DROVER_TRY(value, predict_row(model, table, row));
  DROVER_TRY(ahead, drivers_at(model, table, row));
  Forecast out{.target = model.target, .value = value, .low = value, .high = value, .naive = known->back()};
  out.drivers = std::move(ahead);
  if (model.band) {
    out.level = model.band->level;
    out.low = model.band->low_at(value);
    out.high = model.band->high_at(value);
    // A quantity that was never below zero will not be tomorrow either.
    if (std::ranges::min(*known) >= 0) out.low = std::clamp(out.low, std::min(0.0, value), value);
  }
  return out;
}

}  // namespace drover::forecast
