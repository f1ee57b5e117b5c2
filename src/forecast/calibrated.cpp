#include "forecast/calibrated.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace drover::forecast {
namespace {

constexpr int folds = 6;  // enough origins to average over, few enough that a year trains in well under a second
// The share of the rows that the first fold is fitted to; below it a fit has too little to learn from.
constexpr double first_fold_share = 0.4;
// A term may look back at most this share of the rows, so that enough rows remain to fit.
constexpr double window_share_max = 0.15;
// The spread of a band never falls below this share of the mean error: a line through few rows may go to nothing.
constexpr double spread_share_min = 0.25;

/// An equation before it is fitted.
struct Shape {
  std::string target;
  Scale scale = Scale::raw;
  std::vector<Term> terms;
};
/// The shapes of a whole model: drivers first, the target last.
using Shapes = std::vector<Shape>;

/// One-step forecasts for rows that the fit had not seen.
struct Rehearsal {
  std::vector<std::size_t> rows;
  std::vector<double> predicted;
  std::vector<double> actual;

  double mae() const { return mean_absolute_error(actual, predicted); }
};

Result<Model> fit_shapes(const Shapes& shapes, const Table& table, std::size_t to) {
  Model model{.kind = "calibrated", .target = shapes.back().target};
  for (const auto& shape : shapes) {
    DROVER_TRY(equation, fit_equation(shape.target, shape.scale, shape.terms, table, 0, to));
    model.equations.push_back(std::move(equation));
  }
  model.trained_rows = to - model.window_rows();
  return model;
}

// Forecasts rows [from, to) one step ahead with a model fitted to the rows before `fit_to`.
Status rehearse_rows(const Shapes& shapes, const Table& table, std::size_t fit_to, std::size_t from, std::size_t to,
                     Rehearsal& out) {
  DROVER_TRY(model, fit_shapes(shapes, table, fit_to));
  const std::vector<double>& truth = *table.find(model.target);
  // An equation of the same row alone (completion time from user counts) is judged on the counts that came.
  const bool counts_known = model.window_rows() == 0;
  for (std::size_t row = from; row < to; ++row) {
    DROVER_TRY(value, counts_known ? evaluate(model.equations.back(), table, row) : predict_row(model, table, row));
    out.rows.push_back(row);
    out.predicted.push_back(value);
    out.actual.push_back(truth[row]);
  }
  return {};
}

// Rolling origin over [0, end): each fold is forecast by a model fitted to what came before the fold.
Result<Rehearsal> rehearse(const Shapes& shapes, const Table& table, std::size_t end) {
  const auto begin = static_cast<std::size_t>(first_fold_share * static_cast<double>(end));
  Rehearsal out;
  for (int fold = 0; fold < folds; ++fold) {
    const std::size_t from = begin + (end - begin) * static_cast<std::size_t>(fold) / folds;
    const std::size_t to = begin + (end - begin) * static_cast<std::size_t>(fold + 1) / folds;
    if (from < to) DROVER_CHECK(rehearse_rows(shapes, table, from, from, to, out));
  }
  return out;
}

// The shape with the smallest rehearsed error; the first of equals, so simpler shapes are listed first.
Result<Shape> choose_shape(const std::vector<Shape>& candidates, const Table& table, std::size_t end) {
  const Shape* best = nullptr;
  double best_mae = std::numeric_limits<double>::infinity();
  for (const auto& candidate : candidates) {
    DROVER_TRY(rehearsal, rehearse({candidate}, table, end));
    if (const double mae = rehearsal.mae(); mae < best_mae) {
      best = &candidate;
      best_mae = mae;
    }
  }
  if (!best) return fail(Code::invalid_input, "no model of " + candidates.front().target + " could be fitted");
  return *best;
}

// What a column's own past may tell: yesterday, and means over longer and longer pasts that average the noise away;
// lag 7 for loads that know weekdays.
std::vector<std::vector<Term>> own_pasts(const std::string& column, Scale scale, std::size_t window_max) {
  using enum Term::Kind;
  const std::vector<std::vector<std::pair<Term::Kind, std::size_t>>> plans = {
      {{lag, 1}},
      {{lag, 1}, {mean, 3}},
      {{mean, 2}, {mean, 5}},
      {{lag, 1}, {mean, 3}, {mean, 7}},
      {{lag, 1}, {mean, 3}, {mean, 7}, {lag, 7}},
      {{lag, 1}, {mean, 3}, {mean, 7}, {mean, 21}},
      {{lag, 1}, {mean, 7}, {lag, 7}, {lag, 14}},
  };
  std::vector<std::vector<Term>> out;
  for (const auto& plan : plans) {
    std::vector<Term> terms;
    std::size_t window = 0;
    for (const auto& [kind, rows] : plan) {
      terms.push_back({.column = column, .kind = kind, .rows = rows, .scale = scale});
      window = std::max(window, rows);
    }
    if (window <= window_max) out.push_back(std::move(terms));
  }
  return out;
}

// The recent means of other columns that may help: none, each alone, all.
std::vector<std::vector<Term>> neighbours(const std::vector<std::string>& columns, const std::string& self, Scale scale,
                                          std::size_t window_max) {
  std::vector<std::vector<Term>> out(1);
  const std::size_t rows = std::min<std::size_t>(7, window_max);
  std::vector<Term> all;
  for (const auto& column : columns)
    if (column != self) all.push_back({.column = column, .kind = Term::Kind::mean, .rows = rows, .scale = scale});
  for (const auto& term : all) out.push_back({term});
  if (all.size() > 1) out.push_back(std::move(all));
  return out;
}

std::vector<Shape> past_shapes(const std::string& target, const std::vector<std::string>& drivers,
                               std::size_t window_max) {
  std::vector<Shape> out;
  for (const Scale scale : {Scale::raw, Scale::logarithmic})
    for (const auto& own : own_pasts(target, scale, window_max))
      for (const auto& other : neighbours(drivers, target, scale, window_max)) {
        Shape shape{.target = target, .scale = scale, .terms = own};
        shape.terms.insert(shape.terms.end(), other.begin(), other.end());
        out.push_back(std::move(shape));
      }
  return out;
}

// How the target may follow from the drivers of the same row: from each alone or all, as they are or by logarithm.
std::vector<Shape> same_row_shapes(const std::string& target, const std::vector<std::string>& drivers) {
  std::vector<Shape> out;
  for (const Scale scale : {Scale::raw, Scale::logarithmic}) {
    std::vector<Term> all;
    for (const auto& driver : drivers) {
      all.push_back({.column = driver, .kind = Term::Kind::same_row, .rows = 0, .scale = scale});
      out.push_back({.target = target, .scale = Scale::raw, .terms = {all.back()}});
    }
    if (drivers.size() > 1) out.push_back({.target = target, .scale = Scale::raw, .terms = std::move(all)});
  }
  return out;
}

// Chooses the shapes of a whole model by rehearsals inside [0, end) only.
Result<Shapes> choose_shapes(const Table& table, const std::string& target, std::size_t end) {
  std::vector<std::string> drivers = table.names();
  std::erase(drivers, target);
  const auto window_max =
      std::max<std::size_t>(1, static_cast<std::size_t>(window_share_max * static_cast<double>(end)));
  DROVER_TRY(direct, choose_shape(past_shapes(target, drivers, window_max), table, end));
  if (drivers.empty()) return Shapes{std::move(direct)};
  DROVER_TRY(outcome, choose_shape(same_row_shapes(target, drivers), table, end));
  Shapes composite;
  for (const auto& term : outcome.terms) {
    DROVER_TRY(driver, choose_shape(past_shapes(term.column, drivers, window_max), table, end));
    composite.push_back(std::move(driver));
  }
  composite.push_back(std::move(outcome));
  DROVER_TRY(direct_rehearsal, rehearse({direct}, table, end));
  DROVER_TRY(composite_rehearsal, rehearse(composite, table, end));
  if (direct_rehearsal.mae() < composite_rehearsal.mae()) return Shapes{std::move(direct)};
  return composite;
}

Metrics measure(const Rehearsal& rehearsal, const Band& band, const std::vector<double>& truth) {
  std::vector<double> naive;
  std::size_t inside = 0;
  for (std::size_t i = 0; i < rehearsal.rows.size(); ++i) {
    naive.push_back(truth[rehearsal.rows[i] - 1]);
    const double predicted = rehearsal.predicted[i];
    if (rehearsal.actual[i] >= band.low_at(predicted) && rehearsal.actual[i] <= band.high_at(predicted)) ++inside;
  }
  return Metrics{.r2 = r_squared(rehearsal.actual, rehearsal.predicted),
                 .r2_original_order = r_squared(rehearsal.predicted, rehearsal.actual),
                 .mae = rehearsal.mae(),
                 .naive_mae = mean_absolute_error(rehearsal.actual, naive),
                 .held_out_rows = rehearsal.rows.size(),
                 .band_coverage = static_cast<double>(inside) / static_cast<double>(rehearsal.rows.size())};
}

Status check_request(const Table& table, const std::string& target, const CalibratedOptions& options) {
  DROVER_CHECK(check_table(table));
  if (!table.find(target)) {
    std::string names;
    for (const auto& name : table.names()) names += (names.empty() ? "" : ", ") + name;
    return fail(Code::invalid_input, "the log has no column " + target, "it has " + names);
  }
  if (table.rows() < calibrated_rows_min)
    return fail(Code::invalid_input, "a forecast needs at least " + std::to_string(calibrated_rows_min) +
                                         " days of load, the log has " + std::to_string(table.rows()));
  if (!(options.train_share >= 0.5 && options.train_share <= 0.95) ||
      !(options.band_level > 0 && options.band_level < 1))
    return fail(Code::invalid_input, "the training share must be in 0.5..0.95 and the band level between 0 and 1");
  return {};
}

}  // namespace

Band conformal_band(std::span<const double> predicted, std::span<const double> actual, double level) {
  Band band{.level = level};
  if (predicted.empty()) return band;
  std::vector<double> errors;
  for (std::size_t i = 0; i < predicted.size(); ++i) errors.push_back(std::abs(actual[i] - predicted[i]));
  const double mean_error = mean_absolute_error(actual, predicted);
  if (mean_error == 0) return band;
  const auto line = fit_least_squares({"forecast"}, {std::vector<double>(predicted.begin(), predicted.end())}, errors);
  band.spread_intercept = line ? line->intercept : mean_error;
  band.spread_slope = line ? line->coefficients.front() : 0;
  band.spread_min = mean_error * spread_share_min;
  std::vector<double> factors;
  for (std::size_t i = 0; i < predicted.size(); ++i)
    factors.push_back((actual[i] - predicted[i]) / band.spread_at(predicted[i]));
  std::ranges::sort(factors);
  const auto n = static_cast<double>(factors.size());
  const double tail = (1 - level) / 2;
  const double high = std::min(std::ceil((n + 1) * (1 - tail)), n);
  const double low = std::max(std::floor((n + 1) * tail), 1.0);
  band.high_factor = std::max(factors[static_cast<std::size_t>(high) - 1], 0.0);
  band.low_factor = std::min(factors[static_cast<std::size_t>(low) - 1], 0.0);
  return band;
}

Result<CalibratedTraining> train_calibrated(const Table& table, const std::string& target, const TrainingRecord& record,
                                            const CalibratedOptions& options) {
  DROVER_CHECK(check_request(table, target, options));
  const std::size_t rows = table.rows();
  const auto train_rows = static_cast<std::size_t>(options.train_share * static_cast<double>(rows));
  DROVER_TRY(shapes, choose_shapes(table, target, train_rows));

  DROVER_TRY(seen, rehearse(shapes, table, train_rows));
  const Band measured_band = conformal_band(seen.predicted, seen.actual, options.band_level);
  Rehearsal unseen;
  DROVER_CHECK(rehearse_rows(shapes, table, train_rows, train_rows, rows, unseen));
  const std::vector<double>& truth = *table.find(target);

  CalibratedTraining out;
  DROVER_TRY(measured, fit_shapes(shapes, table, train_rows));
  out.measured = std::move(measured);
  out.measured.band = measured_band;
  out.measured.metrics = measure(unseen, measured_band, truth);
  out.measured.record = record;
  // The model in use knows all rows, and its band all rehearsed errors, the held-out ones included.
  DROVER_TRY(model, fit_shapes(shapes, table, rows));
  out.model = std::move(model);
  for (std::size_t i = 0; i < seen.rows.size(); ++i)
    out.rehearsed.push_back({.row = seen.rows[i],
                             .predicted = seen.predicted[i],
                             .actual = seen.actual[i],
                             .naive = truth[seen.rows[i] - 1]});
  std::ranges::copy(unseen.predicted, std::back_inserter(seen.predicted));
  std::ranges::copy(unseen.actual, std::back_inserter(seen.actual));
  out.model.band = conformal_band(seen.predicted, seen.actual, options.band_level);
  out.model.metrics = out.measured.metrics;
  out.model.record = record;
  for (std::size_t i = 0; i < unseen.rows.size(); ++i)
    out.held_out.push_back({.row = unseen.rows[i],
                            .predicted = unseen.predicted[i],
                            .actual = unseen.actual[i],
                            .naive = truth[unseen.rows[i] - 1]});
  std::ranges::copy(out.held_out, std::back_inserter(out.rehearsed));
  return out;
}

}  // namespace drover::forecast
