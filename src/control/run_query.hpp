// How MLflow's clients ask for runs: filter and order, by the grammar that its documentation publishes ("Search Runs",
// MLflow 2). What is asked is a value; runs are those of tracking.hpp: {info, data: {metrics, params, tags}, inputs}.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace drover::control {

/// What a comparison or an order looks at.
struct RunField {
  enum class Of : std::uint8_t { metric, param, tag, attribute, dataset };
  Of of = Of::attribute;
  std::string key;
  bool is_number = false;  ///< an attribute that compares as a number
};

struct RunComparison {
  enum class How : std::uint8_t { equal, unequal, less, at_most, more, at_least, like, like_any_case, in, not_in };
  RunField field;
  How how = How::equal;
  std::variant<double, std::string, std::vector<std::string>> value;
};

struct RunOrder {
  RunField field;
  bool ascending = true;
};

/// Comparisons joined by AND; none for an empty text. Errors: invalid_input, with the place.
Result<std::vector<RunComparison>> parse_run_filter(std::string_view text);
/// "metrics.rmse DESC". Errors: invalid_input.
Result<RunOrder> parse_run_order(std::string_view text);

/// A run without the field matches nothing, not even an inequality. Of data that a run has read, one that matches is
/// enough.
bool matches(const nlohmann::json& run, const std::vector<RunComparison>& filter);

/// The same grammar for experiments (MLflow's "Search Experiments"): attributes name, creation_time and
/// last_update_time, and tags; orders also by experiment_id. What is found is compared as experiment_as_run gives it.
Result<std::vector<RunComparison>> parse_experiment_filter(std::string_view text);
Result<RunOrder> parse_experiment_order(std::string_view text);
/// An experiment in the form that matches and sort_runs look at.
nlohmann::json experiment_as_run(const nlohmann::json& experiment);

/// Sorts stably; runs without a field come last, whichever the direction.
void sort_runs(std::vector<nlohmann::json>& runs, const std::vector<RunOrder>& order);

}  // namespace drover::control
